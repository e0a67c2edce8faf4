// What the pictures of "Kafka in practice" show of groups, with Sarama: one partition with a member in reserve, three
// partitions with three members; and static members of other people's clients, which keep their partitions over a restart.

import assert from 'node:assert/strict';
import { after, before, suite, type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Producer } from 'kafkajs';
import type { Broker } from '../peers/broker.ts';
import { getConfluent } from '../peers/confluent.ts';
import { getGo, type Line, lines } from '../peers/go.ts';
import { startKlamm } from '../peers/klamm.ts';
import { usePeer } from '../peers/peers.ts';
import type { RunningProgram } from '../peers/program.ts';
import { kafkaJs, newTopic } from '../peers/topics.ts';

const DEADLINE_MS = 45_000;
const CONFLUENT = fileURLToPath(new URL('../peers/members/confluent.py', import.meta.url));

const [go, confluent] = await Promise.all([usePeer(getGo), usePeer(getConfluent)]);

/** What a member has printed; its last line may still be on its way. */
const eventsOf = ({ printed }: RunningProgram): Line[] =>
  lines(printed.stdout.slice(0, printed.stdout.lastIndexOf('\n') + 1));

const messagesOf = (member: RunningProgram): string[] =>
  eventsOf(member)
    .filter(({ event }) => event === 'message')
    .map(({ partition, offset }) => `${partition}/${offset}`);

/** The partitions a member holds by what it was told: `assigned` adds, `revoked` takes away. */
function heldBy(member: RunningProgram): number[] {
  const held = new Set<number>();
  for (const { event, partitions } of eventsOf(member)) {
    for (const partition of (partitions ?? []) as number[]) {
      if (event === 'assigned') held.add(partition);
      else if (event === 'revoked') held.delete(partition);
    }
  }
  return [...held].sort();
}

async function until(what: string, isSo: () => boolean, members: readonly RunningProgram[]): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!isSo()) {
    if (performance.now() > deadline) {
      const printed = members.map(
        ({ printed: { stdout, stderr } }) => stdout.slice(-1000) + stderr.slice(-1000),
      );
      assert.fail(`not within ${DEADLINE_MS} ms: ${what}\n${printed.join('\n---\n')}`);
    }
    await wait(50);
  }
}

suite('group members', { concurrency: 3 }, () => {
  let broker: Broker;
  let producer: Producer;
  before(async () => {
    broker = await startKlamm({ settings: { 'group.initial.rebalance.delay.ms': '0' } });
    producer = kafkaJs(broker.bootstrap).producer();
    await producer.connect();
  });
  after(async () => {
    await producer?.disconnect();
    await broker?.[Symbol.asyncDispose]();
  });

  /** A topic, its group's members as they are started, and the messages sent to it. */
  async function groupOf(t: TestContext, partitions: number) {
    const topic = await newTopic(broker.bootstrap, 'group-members', { partitions });
    const members: RunningProgram[] = [];
    t.after(() => Promise.all(members.map((member) => member.stop('SIGKILL'))));
    let rounds = 0;
    return {
      topic,
      group: `${topic}-readers`,
      members,
      add: (member: RunningProgram): RunningProgram => {
        members.push(member);
        return member;
      },
      /** One more message to each partition; `partition/offset` of each. */
      send: async (): Promise<string[]> => {
        const all = Array.from({ length: partitions }, (_, partition) => ({ partition, value: 'v' }));
        await producer.send({ topic, messages: all });
        const offset = rounds++;
        return all.map(({ partition }) => `${partition}/${offset}`);
      },
    };
  }

  const sarama = (group: string, topic: string, ...flags: string[]): RunningProgram =>
    go
      .get()
      .start('sarama-group-consumer', [
        ...['-brokers', broker.bootstrap, '-group', group, '-topic', topic, '-commit-every', '5us'],
        ...flags,
      ]);

  test('Sarama, one partition: one member reads, another takes over when it leaves and when it dies', {
    skip: go.skip,
  }, async (t) => {
    const { topic, group, members, add, send } = await groupOf(t, 1);
    const [a, b, c] = [0, 1, 2].map(() => add(sarama(group, topic)));
    assert.ok(a && b && c);
    // Every member is set up in the last generation, the ones without a claim too.
    await until(
      'the three are one group',
      () => {
        const generations = members.map((member) =>
          Number(eventsOf(member).findLast(({ event }) => event === 'setup')?.generation),
        );
        return new Set(generations).size === 1 && Number(generations[0]) > 0 && readers().length === 1;
      },
      members,
    );
    function readers(): RunningProgram[] {
      return members.filter((member) => {
        const last = eventsOf(member).findLast(({ event }) => event === 'setup' || event === 'closed');
        return last?.event === 'setup' && Object.keys((last.claims ?? {}) as object).length > 0;
      });
    }
    const everyRead = (sent: readonly string[]) => () =>
      sent.every((each) => members.some((member) => messagesOf(member).includes(each)));

    const sent = await send();
    await until('the first message is read', everyRead(sent), members);
    const [reader] = readers();
    assert.ok(reader);
    assert.deepEqual(messagesOf(reader), sent, 'by the member with the claim');

    await reader.stop('SIGTERM');
    sent.push(...(await send()));
    await until('another reads on when it has left', everyRead(sent), members);
    const all = (): string[] => members.flatMap(messagesOf);
    assert.deepEqual(all().sort(), sent, 'nothing is read twice');

    const next = members.find((member) => messagesOf(member).includes('0/1'));
    assert.ok(next && next !== reader);
    await next.stop('SIGKILL');
    sent.push(...(await send()));
    await until('the last reads on when it was killed', everyRead(sent), members);
    const last = members.find((member) => member !== reader && member !== next);
    assert.ok(last);
    assert.equal(messagesOf(last).at(-1), '0/2');
  });

  test('Sarama, three partitions: three members read one each', { skip: go.skip }, async (t) => {
    const { topic, group, members, add, send } = await groupOf(t, 3);
    for (let i = 0; i < 3; i++) add(sarama(group, topic));
    const claims = (): number[][] =>
      members.map((member) => {
        const last = eventsOf(member).findLast(({ event }) => event === 'setup');
        return ((last?.claims ?? {}) as Record<string, number[] | null>)[topic] ?? [];
      });
    await until(
      'each has one claim',
      () => claims().every(({ length }) => length === 1) && new Set(claims().flat()).size === 3,
      members,
    );
    const owners = claims().flat();
    const sent = await send();
    await until('all is read', () => members.every((member) => messagesOf(member).length > 0), members);
    assert.deepEqual(
      members.map(messagesOf),
      owners.map((partition) => sent.filter((each) => each.startsWith(`${partition}/`))),
    );
  });

  function staticMembers(
    name: string,
    skip: string | false,
    start: (group: string, topic: string, instance: string) => RunningProgram,
  ): void {
    test(`${name}: a static member that comes back has its partitions, and the other hears nothing of it`, {
      skip,
    }, async (t) => {
      const { topic, group, members, add, send } = await groupOf(t, 4);
      const a = add(start(group, topic, 'a'));
      await until('the first has all partitions', () => heldBy(a).length === 4, members);
      const b = add(start(group, topic, 'b'));
      const shared = (): boolean =>
        heldBy(a).length === 2 && heldBy(b).length === 2 && new Set([...heldBy(a), ...heldBy(b)]).size === 4;
      await until('the two share the partitions', shared, members);
      const sent = await send();
      const hasRead = (member: RunningProgram, wanted: readonly string[]) => () =>
        wanted.every((each) => messagesOf(member).includes(each));
      const of = (held: readonly number[], all: readonly string[]): string[] =>
        all.filter((each) => held.includes(Number(each.split('/')[0])));
      const [heldByA, heldByB] = [heldBy(a), heldBy(b)];
      await until('the first reads its own', hasRead(a, of(heldByA, sent)), members);
      await until('the second reads its own', hasRead(b, of(heldByB, sent)), members);
      const revocations = (): number =>
        eventsOf(b).filter(({ event, partitions }) => event === 'revoked' && partitions !== null).length;
      const before = revocations();

      await a.stop('SIGTERM');
      const fresh = await send();
      await until('the second goes on', hasRead(b, of(heldByB, fresh)), members);
      const back = add(start(group, topic, 'a'));
      await until('the first is back and reads on', hasRead(back, of(heldByA, fresh)), members);
      assert.deepEqual(heldBy(back), heldByA);
      assert.deepEqual(messagesOf(back).sort(), of(heldByA, fresh), 'it reads nothing again');
      assert.deepEqual([heldBy(b), revocations()], [heldByB, before]);
    });
  }

  const rdkafka =
    (...settings: string[]) =>
    (group: string, topic: string, instance: string): RunningProgram =>
      confluent
        .get()
        .start(CONFLUENT, [
          ...[broker.bootstrap, group, topic, `group.instance.id=${instance}`],
          ...settings,
        ]);
  const slow = 'session.timeout.ms=30000';
  staticMembers(
    'confluent-kafka, range',
    confluent.skip,
    rdkafka('partition.assignment.strategy=range', slow),
  );
  staticMembers(
    'confluent-kafka, cooperative-sticky',
    confluent.skip,
    rdkafka('partition.assignment.strategy=cooperative-sticky', slow),
  );
  staticMembers('confluent-kafka, consumer protocol', confluent.skip, rdkafka('group.protocol=consumer'));
  // With the consumer protocol franz-go does not say that a static member goes: see FINDINGS.md.
  staticMembers('franz-go, cooperative', go.skip, (group, topic, instance) =>
    go
      .get()
      .start('franz-group-consumer', [
        ...['-brokers', broker.bootstrap, '-group', group, '-topic', topic, '-instance', instance],
      ]),
  );
});

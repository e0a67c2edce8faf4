// What every client's group members are held to: the partitions of a topic are shared out, each record is read once, a
// member that leaves or dies is replaced, and a group that starts again goes on where it was.
//
// A member is a program that prints each message before it is committed; see tests/peers/members and tests/peers/go.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { RunningProgram } from '../peers/program.ts';
import { kafkaJs, newTopic } from '../peers/topics.ts';

export interface GroupUnderTest {
  readonly bootstrap: string;
  readonly name: string;
  /** Starts one member; `index` tells members apart. */
  start(group: string, topic: string, index: number): RunningProgram;
  /** How long a member that is killed may be missed, ms; 0 where killing is not tried. */
  readonly sessionTimeoutMs: number;
}

const PARTITIONS = 3;
const DEADLINE_MS = 45_000;
/** Our own programs print JSON, Java's console consumer and kcat print in forms of their own. */
const MESSAGE =
  /"offset":(\d+),"partition":(\d+)|"partition":\s?(\d+),\s?"offset":\s?(\d+)|Partition:(\d+)\tOffset:(\d+)|^message (\d+) (\d+)/;

/** `partition/offset` of each message that a member has printed, in order. */
function messagesOf(member: RunningProgram): string[] {
  return member.printed.stdout.split('\n').flatMap((line) => {
    const match = MESSAGE.exec(line);
    if (match === null) return [];
    const [, offsetFirst, partitionSecond, ...rest] = match;
    const [partition, offset] =
      offsetFirst === undefined ? rest.filter((text) => text !== undefined) : [partitionSecond, offsetFirst];
    return [`${partition}/${offset}`];
  });
}

async function until(what: string, isSo: () => boolean, members: readonly RunningProgram[]): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!isSo()) {
    const printed = (): string =>
      members
        .map((member) => `${member.printed.stdout.slice(-1000)}\n${member.printed.stderr.slice(-2000)}`)
        .join('\n---\n');
    assert.ok(performance.now() < deadline, `not within ${DEADLINE_MS} ms: ${what}\n${printed()}`);
    await wait(50);
  }
}

/** The life of a group, from its first member to its restart. */
export async function liveAsGroup(t: TestContext, peer: GroupUnderTest): Promise<void> {
  const topic = await newTopic(peer.bootstrap, `group-${peer.name}`, { partitions: PARTITIONS });
  const group = `${topic}-readers`;
  const producer = kafkaJs(peer.bootstrap).producer();
  await producer.connect();
  const members: RunningProgram[] = [];
  t.after(async () => {
    await producer.disconnect();
    await Promise.all(members.map((member) => member.stop('SIGKILL')));
  });
  const start = (): RunningProgram => {
    const member = peer.start(group, topic, members.length);
    members.push(member);
    return member;
  };
  const sent: string[] = [];
  const send = async (rounds: number): Promise<string[]> => {
    const messages = Array.from({ length: rounds * PARTITIONS }, (_, i) => ({
      partition: i % PARTITIONS,
      value: `${sent.length + i}`,
    }));
    await producer.send({ topic, messages });
    const first = sent.length / PARTITIONS;
    const added = messages.map(({ partition }, i) => `${partition}/${first + Math.floor(i / PARTITIONS)}`);
    sent.push(...added);
    return added;
  };
  const read = (): Set<string> => new Set(members.flatMap(messagesOf));
  const allOf = (wanted: readonly string[]) => () => {
    const have = read();
    return wanted.every((each) => have.has(each));
  };

  await send(5);
  const a = start();
  await until('the first member reads all there is', allOf(sent), members);

  const b = start();
  await until(
    'the second member reads something',
    () => {
      void send(1);
      return messagesOf(b).length > 0;
    },
    members,
  );
  await until('both read all', allOf(sent), members);
  const settled = await send(10);
  await until('both read all that came since', allOf(settled), members);
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const mine = settled.filter((each) => each.startsWith(`${partition}/`));
    const readers = [a, b].filter((member) => messagesOf(member).some((each) => mine.includes(each)));
    assert.equal(readers.length, 1, `partition ${partition} has one reader`);
  }

  const left = messagesOf(a).length;
  assert.ok(left > 0);
  await a.stop('SIGTERM');
  await until('the other reads all when one has left', allOf(await send(5)), members);

  let last = b;
  if (peer.sessionTimeoutMs > 0) {
    last = start();
    await until(
      'the third member reads something',
      () => {
        void send(1);
        return messagesOf(last).length > 0;
      },
      members,
    );
    await b.stop('SIGKILL');
    await until('the other reads all when one was killed', allOf(await send(5)), members);
  }

  await until('all is read before the end', allOf(sent), members);
  await last.stop('SIGTERM');
  const before = read();
  const fresh = await send(5);
  const back = start();
  await until('a group that starts again reads what is new', allOf(fresh), members);
  assert.deepEqual(
    messagesOf(back).filter((each) => before.has(each)),
    [],
    'a group that was closed cleanly reads nothing again',
  );
  await back.stop('SIGTERM');
}

// A group's reader against a group that gives, takes and forgets, and a program that is slow, stuck or in a hurry.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { sleep, systemClock } from '@klamm/base/clock';
import { Fetch } from '@klamm/protocol/api/01-fetch';
import { ListOffsets } from '@klamm/protocol/api/02-list-offsets';
import { Metadata } from '@klamm/protocol/api/03-metadata';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { partitionText } from '@klamm/protocol/groups/topic-partition';
import { BatchBuilder } from '@klamm/protocol/records/builder';
import { Cluster } from '../cluster.ts';
import { ScriptedBroker, TOPIC_ID } from '../network/scripted-broker.ts';
import { clientSettings } from '../options.ts';
import { GroupEvents, type GroupNotice } from './group-events.ts';
import type { GroupMessage } from './group-message.ts';
import { GroupReading } from './group-reading.ts';
import { type GroupOptions, groupSettings } from './options.ts';
import type { GroupHandler, Session } from './session.ts';
import { FakeMembership } from './testing/fake-membership.ts';

/** Records in each partition. */
const COUNT = 10;
const [first, second] = [
  { topic: 't', partition: 0 },
  { topic: 't', partition: 1 },
];

function recordsFrom(offset: number): Buffer | null {
  if (offset >= COUNT) return null;
  const builder = new BatchBuilder();
  for (let i = offset; i < COUNT; i++) builder.append(null, `${i}`, [], 0);
  return builder.build({ baseOffset: offset });
}

/** The topic `t` with two partitions of COUNT records each. */
async function startBroker(): Promise<ScriptedBroker> {
  const broker = await ScriptedBroker.start();
  broker.on(Metadata, () => ({
    brokers: [{ nodeId: 1, host: '127.0.0.1', port: broker.port }],
    topics: [
      {
        name: 't',
        topicId: TOPIC_ID,
        partitions: [0, 1].map((partitionIndex) => ({ partitionIndex, leaderId: 1 })),
      },
    ],
  }));
  broker.on(ListOffsets, ({ topics }) => ({
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, offset: 0 })),
    })),
  }));
  broker.on(Fetch, async ({ topics }) => {
    const asked = topics[0]?.partitions ?? [];
    if (asked.every(({ fetchOffset }) => Number(fetchOffset) >= COUNT)) await sleep(systemClock, 5);
    const partitions = asked.map(({ partition, fetchOffset }) => ({
      partitionIndex: partition,
      highWatermark: COUNT,
      records: recordsFrom(Number(fetchOffset)),
    }));
    return { responses: [{ topic: 't', topicId: TOPIC_ID, partitions }] };
  });
  return broker;
}

async function start(
  context: TestContext,
  handler?: GroupHandler,
  options: Partial<GroupOptions> = {},
): Promise<Group> {
  const broker = await startBroker();
  const settings = clientSettings({ brokers: broker.bootstrap, retryBackOff: { firstMs: 1, mostMs: 2 } });
  const group = new Group(new Cluster(settings, { name: 'klamm', version: '0' }), options);
  context.after(async () => {
    await group.reading.close();
    group.release();
    await broker[Symbol.asyncDispose]();
  });
  group.reading.start(handler);
  return group;
}

class Group {
  readonly membership = new FakeMembership();
  readonly notices: GroupNotice[] = [];
  readonly failures: unknown[] = [];
  readonly reading: GroupReading<Buffer, Buffer>;
  readonly release: () => void;

  constructor(cluster: Cluster, options: Partial<GroupOptions>) {
    this.release = cluster.use();
    const events = new GroupEvents((cause) => assert.fail(String(cause)));
    events.on('event', (notice) => void this.notices.push(notice));
    this.reading = new GroupReading<Buffer, Buffer>({
      cluster,
      settings: groupSettings({ groupId: 'g', topics: 't', autoOffsetReset: 'earliest', ...options }),
      events,
      value: undefined,
      key: undefined,
      onFailure: (cause) => void this.failures.push(cause),
      newMembership: (_cluster, _options, owner) => this.membership.attach(owner),
    });
  }

  /** The next message of the stream. */
  async next(): Promise<GroupMessage> {
    for (;;) {
      const message = this.reading.stream.take((records) => records.read());
      if (message !== undefined) return message;
      await this.reading.stream.changed();
    }
  }

  get commits(): string[] {
    return this.membership.log.filter((line) => line.startsWith('commit'));
  }
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(systemClock, 1);
}

/** A promise, and what resolves it. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

test('a partition that goes waits for the message in hand, and is committed before it is gone', async (context) => {
  const group = await start(context);
  await group.membership.give(first);
  const message = await group.next();
  let isTaken = false;
  const taken = group.membership.take(first).then(() => {
    isTaken = true;
  });
  await until(() => group.notices.some(({ type }) => type === 'revoked'));
  await sleep(systemClock, 5);
  assert.deepEqual([isTaken, group.commits], [false, []]);
  message.mark('done');
  await taken;
  assert.deepEqual(group.membership.offsets.get('t-0'), { offset: 1, metadata: 'done' });
  assert.equal(group.reading.partitions.length, 0);
});

test('without automatic commits nothing is committed for a partition that goes', async (context) => {
  const group = await start(context, undefined, { autoCommit: false });
  await group.membership.give(first);
  (await group.next()).mark();
  await group.membership.take(first);
  assert.deepEqual(group.commits, []);
});

test('what is lost is not committed, whoever marks it', async (context) => {
  const group = await start(context);
  await group.membership.give(first);
  const message = await group.next();
  message.mark();
  await group.membership.lose(first);
  message.mark();
  await group.reading.commitMarked();
  assert.deepEqual(group.commits, []);
});

test('who works on what is lost is no member any more, though the group takes it in again meanwhile', async (context) => {
  let session: Session | undefined;
  let finish = (): void => {};
  const handler: GroupHandler = {
    consumeClaim: (_, current) => {
      session = current;
      return new Promise((resolve) => {
        finish = resolve;
      });
    },
  };
  const group = await start(context, handler);
  await group.membership.give(first);
  await until(() => session !== undefined);
  assert.deepEqual([session?.memberId, session?.generation], ['member', 1]);
  const lost = group.membership.lose(first);
  group.membership.generation = 2;
  await until(() => session?.signal.aborted === true);
  assert.deepEqual([session?.memberId, session?.generation], ['', -1]);
  finish();
  await lost;
  assert.deepEqual([group.reading.member.memberId, group.reading.member.generation], ['member', 2]);
});

test('a message in hand of a partition that is lost keeps its reader from being a member until it asks for more', async (context) => {
  const group = await start(context);
  await group.membership.give(first);
  await group.next();
  const lost = group.membership.lose(first);
  await until(() => group.notices.some(({ type }) => type === 'lost'));
  assert.equal(group.reading.member.memberId, '');
  group.reading.stream.letGo();
  await lost;
  assert.equal(group.reading.member.memberId, 'member');
});

test('the last commit outlives close: a refusal that passes is not its end', async (context) => {
  const group = await start(context);
  await group.membership.give(first);
  (await group.next()).mark();
  const codes = [ErrorCode.REBALANCE_IN_PROGRESS, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS];
  group.membership.onCommit = () => codes.shift() ?? 0;
  await group.reading.close();
  assert.equal(group.membership.offsets.get('t-0')?.offset, 1);
  assert.ok(group.membership.log.includes('leave'));
});

test('a handler that never comes back keeps close neither from committing nor from leaving', async (context) => {
  const stuck = gate();
  context.after(stuck.open);
  const handler: GroupHandler = {
    async consumeClaim(claim) {
      for await (const message of claim) {
        message.mark();
        await stuck.opened;
      }
    },
  };
  for (const isRevoked of [false, true]) {
    const group = await start(context, handler, { closeTimeoutMs: 20 });
    await group.membership.give(first);
    await until(() => group.reading.partitions[0]?.uncommitted !== undefined);
    if (isRevoked) void group.membership.take(first);
    await group.reading.close();
    assert.equal(group.membership.offsets.get('t-0')?.offset, 1);
    assert.ok(group.membership.log.includes('leave'));
  }
});

test('a member that took too long with a message comes back when its handler does, not before', async (context) => {
  const stuck = gate();
  const handler: GroupHandler = {
    async consumeClaim(claim) {
      for await (const _ of claim) await stuck.opened;
    },
  };
  const group = await start(context, handler, { maxPollIntervalMs: 20 });
  await group.membership.give(first);
  await until(() => group.notices.some(({ type }) => type === 'lost'));
  await sleep(systemClock, 10);
  assert.deepEqual(
    group.notices.map(({ type }) => type),
    ['assigned', 'pollTimeout', 'lost'],
  );
  assert.ok(!group.membership.log.includes('resume'), 'it would hold partitions that nobody reads');
  stuck.open();
  await until(() => group.membership.log.includes('resume'));
});

test('a session goes on behind what the one before has committed by hand', async (context) => {
  const offsets: number[] = [];
  const handler: GroupHandler = {
    async consumeClaim(claim) {
      for await (const { topic, partition, offset } of claim) {
        if (partition !== 0) continue;
        offsets.push(offset);
        await group.reading.commit([{ topic, partition, offset: offset + 1 }]);
        if (offset === 3) return;
      }
    },
  };
  const group = await start(context, handler, { autoCommit: false });
  await group.membership.give(first);
  await until(() => offsets.length === 4);
  await group.membership.give(second);
  await until(() => offsets.length === COUNT);
  assert.deepEqual(
    offsets,
    Array.from({ length: COUNT }, (_, i) => i),
  );
});

test('a rebalance that leaves the partitions as they are leaves the session, and it knows the generation', async (context) => {
  const log: string[] = [];
  let generation = (): number => -1;
  const handler: GroupHandler = {
    setup: (session) => {
      log.push('setup');
      generation = () => session.generation;
    },
    async consumeClaim(claim) {
      for await (const _ of claim);
    },
    cleanup: () => void log.push('cleanup'),
  };
  const group = await start(context, handler);
  await group.membership.give(first);
  group.membership.generation = 2;
  await group.membership.give();
  assert.deepEqual([log, generation()], [['setup'], 2]);
  await group.membership.take(first);
  assert.deepEqual(log, ['setup', 'cleanup']);
});

test('a partition whose offset a transaction may change begins when it is decided, and keeps nobody waiting', async (context) => {
  const group = await start(context);
  let isOpen = true;
  group.membership.onFetch = (partition) =>
    partition === 't-0' && isOpen ? ErrorCode.UNSTABLE_OFFSET_COMMIT : 0;
  await group.membership.give(first, second);
  for (let i = 0; i < COUNT; i++) {
    const message = await group.next();
    assert.equal(message.partition, 1);
    message.mark();
  }
  const told = group.notices.find(({ type }) => type === 'error');
  assert.match(
    told !== undefined && 'reason' in told ? told.reason : '',
    /open transaction .* of t-0: reading/,
  );
  await group.membership.take(second);
  group.membership.offsets.set('t-0', { offset: 7, metadata: '' });
  isOpen = false;
  const message = await group.next();
  assert.deepEqual([partitionText(message), message.offset], ['t-0', 7]);
  assert.deepEqual(group.failures, []);
});

test('a partition that still waits for a transaction can go, or be read from where the program says', async (context) => {
  const group = await start(context);
  group.membership.onFetch = () => ErrorCode.UNSTABLE_OFFSET_COMMIT;
  await group.membership.give(first, second);
  await group.membership.take(first);
  group.reading.get(second)?.go(4);
  const message = await group.next();
  assert.deepEqual([partitionText(message), message.offset], ['t-1', 4]);
  message.mark();
  await group.membership.take(second);
  const fetches = group.membership.log.length;
  await sleep(systemClock, 10);
  assert.equal(group.membership.log.length, fetches, 'nothing is asked for what is gone');
});

test('an offset that nobody may read ends the reader, by name', async (context) => {
  const group = await start(context);
  group.membership.onFetch = () => ErrorCode.TOPIC_AUTHORIZATION_FAILED;
  await group.membership.give(first);
  assert.match(String(group.failures[0]), /offset of t-0 in the group "g" cannot be fetched/);
});

// The disk dies at any write or sync of a few transactions, and a broker starts on what is left: whatever was
// acknowledged is there, each transaction is in all of its partitions and its group's offsets or in none, and none
// stands in the way of readers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Clock, systemClock } from '@klamm/base/clock';
import { type Random, seededRandom } from '@klamm/base/random';
import { Fetch } from '@klamm/protocol/api/01-fetch';
import { OffsetFetch } from '@klamm/protocol/api/09-offset-fetch';
import { DescribeTransactions } from '@klamm/protocol/api/65-describe-transactions';
import { ErrorCode } from '@klamm/protocol/error-codes';
import {
  forEachBatch,
  isControl,
  isTransactional,
  lastOffsetOf,
  producerIdOf,
} from '@klamm/protocol/records/batch';
import { ControlType, controlRecordsOf } from '@klamm/protocol/records/control';
import { recordsOf } from '@klamm/protocol/records/record';
import { type Broker, startBroker } from './broker.ts';
import { diskError, type MemoryDisk, memoryDisk } from './storage/disk-memory.ts';
import { RawClient } from './testing/raw-client.ts';
import { RawTransactions } from './testing/raw-transactions.ts';

const PARTITIONS = 3;
const CONFIG = { 'offsets.topic.num.partitions': 1, 'transaction.state.log.num.partitions': 1 };
/** Longer than anything takes here: a request that is not answered by then never is. */
const HANGS_AFTER_MS = 20_000;

/** Markers that cannot be written are tried again after a second, which here is a twentieth of one. */
const HASTE = 20;
const BEGUN = Date.now();
const HASTY: Clock = {
  now: () => BEGUN + (Date.now() - BEGUN) * HASTE,
  monotonic: () => performance.now() * HASTE,
  after: (delayMs, callback, hold) => systemClock.after(delayMs / HASTE, callback, hold),
  every: (intervalMs, callback) => systemClock.every(intervalMs / HASTE, callback),
};

const start = (disk: MemoryDisk): Promise<Broker> =>
  startBroker({ port: 0, disk, clock: HASTY, dataDirectory: '/data', config: CONFIG });

interface Told {
  /** Transactions whose end was acknowledged. */
  readonly committed: Set<number>;
  readonly aborted: Set<number>;
  /** The end that was asked for last, where nobody knows what became of it. */
  ending: { n: number; isCommit: boolean } | undefined;
}

/** Six transactions, each with records in two partitions and an offset; the third and sixth are aborted. */
async function work(client: RawClient, told: Told): Promise<void> {
  const producer = new RawTransactions(client, 'x');
  await producer.must(producer.init(900_000));
  for (let n = 1; n <= 6; n++) {
    const isCommit = n % 3 !== 0;
    await producer.must(producer.send('t', 0, `${n}`));
    await producer.must(producer.send('t', 1, `${n}`));
    await producer.must(producer.commitOffset('g', 't', n));
    told.ending = { n, isCommit };
    await producer.must(producer.end(isCommit));
    told.ending = undefined;
    (isCommit ? told.committed : told.aborted).add(n);
  }
  // One is left open.
  await producer.must(producer.send('t', 0, '7'));
  await producer.must(producer.send('t', 1, '7'));
}

/** Labels of the records that a reader of committed ones sees; undefined where it is kept from the end of the partition. */
async function seen(client: RawClient, partition: number): Promise<string[] | undefined> {
  const partitions = [{ partition, fetchOffset: 0, partitionMaxBytes: 1 << 20 }];
  const request = {
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: 1 << 20,
    isolationLevel: 1,
    topics: [{ topic: 't', partitions }],
  };
  const { responses } = await client.request(Fetch, 12, request);
  const answer = responses[0]?.partitions[0];
  assert.ok(answer?.errorCode === ErrorCode.NONE);
  if (answer.lastStableOffset !== answer.highWatermark) return undefined;
  const ahead = (answer.abortedTransactions ?? []).toSorted((a, b) => a.firstOffset - b.firstOffset);
  const aborting = new Set<number>();
  const labels: string[] = [];
  const bytes = answer.records ?? Buffer.alloc(0);
  forEachBatch(bytes, 0, bytes.length, (at) => {
    while (ahead[0] !== undefined && ahead[0].firstOffset <= lastOffsetOf(bytes, at))
      aborting.add(ahead.shift()?.producerId ?? -1);
    const producerId = producerIdOf(bytes, at);
    if (isControl(bytes, at)) {
      if (controlRecordsOf(bytes, at)[0]?.type === ControlType.ABORT) aborting.delete(producerId);
    } else if (!(isTransactional(bytes, at) && aborting.has(producerId)))
      for (const { key } of recordsOf(bytes, at)) labels.push(`${key}`.replace(/-0$/, ''));
    return true;
  });
  return labels;
}

async function offsetOf(client: RawClient): Promise<number> {
  const groups = [{ groupId: 'g', topics: [{ name: 't', partitionIndexes: [0] }] }];
  const { groups: answers } = await client.request(OffsetFetch, 8, { groups, requireStable: true });
  const found = answers[0]?.topics[0]?.partitions[0];
  assert.equal(found?.errorCode, ErrorCode.NONE, 'the offset is not pending');
  return found?.committedOffset ?? -2;
}

async function check(disk: MemoryDisk, told: Told, isOpenLeft: boolean): Promise<void> {
  await using broker = await start(disk);
  const client = await RawClient.open('127.0.0.1', broker.port);
  const { transactionStates } = await client.request(DescribeTransactions, 0, { transactionalIds: ['x'] });
  if (isOpenLeft) assert.equal(transactionStates[0]?.transactionState, 'Ongoing', 'what was open still is');
  const producer = new RawTransactions(client, 'x');
  // Takes over: what is open is aborted, what is decided completed.
  await producer.must(producer.init());
  const committed = [...told.committed];
  const unknown = told.ending?.isCommit === true ? told.ending.n : undefined;
  const numbers = (await seen(client, 0))?.map(Number);
  const possible = unknown === undefined ? [committed] : [committed, [...committed, unknown]];
  const found = possible.find((each) => each.join() === numbers?.join());
  assert.ok(found, `transactions ${committed} are committed, ${unknown} perhaps, but readers see ${numbers}`);
  assert.deepEqual((await seen(client, 1))?.map(Number), found, 'in the other partition');
  assert.equal(await offsetOf(client), found.at(-1) ?? -1, 'the offset of the last one');
  await producer.must(producer.send('t', 0, '8'));
  await producer.must(producer.end(true));
  assert.deepEqual((await seen(client, 0))?.map(Number), [...found, 8], 'and it goes on');
  client.close();
}

test('the disk dies at any moment of a few transactions', { timeout: 120_000 }, async () => {
  for (let deadAt = 1; ; deadAt++) {
    const disk = memoryDisk({ crashable: true });
    const broker = await start(disk);
    await broker.createTopic('t', 2);
    const client = await RawClient.open('127.0.0.1', broker.port);
    let operations = 0;
    let left: MemoryDisk | undefined;
    disk.fault = (_operation, path) => {
      if (++operations < deadAt) return;
      left ??= disk.crash(seededRandom(deadAt));
      throw diskError('EIO', path);
    };
    const told: Told = { committed: new Set(), aborted: new Set(), ending: undefined };
    const hangs = new AbortController();
    const worked = await Promise.race([
      work(client, told).then(
        () => 'done',
        () => 'failed',
      ),
      sleep(HANGS_AFTER_MS, 'hangs', { signal: hangs.signal, ref: false }).catch(() => ''),
    ]);
    hangs.abort();
    assert.notEqual(worked, 'hangs', `a request is not answered after operation ${deadAt} fails`);
    const isDone = worked === 'done' && left === undefined;
    left ??= disk.crash(seededRandom(deadAt));
    client.close();
    await broker.close();
    await check(left, told, isDone);
    if (isDone) {
      assert.ok(deadAt > 40, `only ${deadAt} operations`);
      return;
    }
  }
});

type Fate = 'open' | 'committing' | 'aborting' | 'committed' | 'aborted';

/** What is known of a transaction by who made it. */
interface Made {
  readonly partitions: Set<number>;
  fate: Fate;
}

/** One transaction after the other, each in some of the partitions, until something fails. */
async function workAtRandom(
  client: RawClient,
  id: string,
  random: Random,
  made: Map<string, Made>,
): Promise<void> {
  const producer = new RawTransactions(client, id);
  await producer.must(producer.init(900_000));
  for (let n = 0; ; n++) {
    const label = `${id}.${n}`;
    const transaction: Made = { partitions: new Set(), fate: 'open' };
    made.set(label, transaction);
    const sends = 1 + Math.floor(random() * 4);
    for (let i = 0; i < sends; i++) {
      const partition = Math.floor(random() * PARTITIONS);
      const sent = producer.send('t', partition, label);
      transaction.partitions.add(partition);
      await producer.must(sent);
    }
    const isCommit = random() < 0.6;
    transaction.fate = isCommit ? 'committing' : 'aborting';
    await producer.must(producer.end(isCommit));
    transaction.fate = isCommit ? 'committed' : 'aborted';
  }
}

test('the disk dies while several producers are at work', { timeout: 120_000 }, async (t) => {
  const seed = Number(process.env.KLAMM_SEED ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(
    `seed ${seed} (KLAMM_SEED=${seed} repeats it, but for the order of what happens at the same time)`,
  );
  const random = seededRandom(seed);
  const ids = ['a', 'b', 'c'];
  let committed = 0;
  for (let round = 0; round < 60; round++) {
    const disk = memoryDisk({ crashable: true });
    const broker = await start(disk);
    await broker.createTopic('t', PARTITIONS);
    const clients = await Promise.all(ids.map(() => RawClient.open('127.0.0.1', broker.port)));
    let left = 20 + Math.floor(random() * 300);
    let after: MemoryDisk | undefined;
    disk.fault = (_operation, path) => {
      if (--left > 0) return;
      after ??= disk.crash(random);
      throw diskError('EIO', path);
    };
    const made = new Map<string, Made>();
    const works = clients.map((client, i) => workAtRandom(client, ids[i] ?? '', random, made));
    const outcomes = await Promise.allSettled(works);
    assert.ok(outcomes.every(({ status }) => status === 'rejected') && after !== undefined);
    for (const client of clients) client.close();
    await broker.close();

    await using again = await start(after);
    const client = await RawClient.open('127.0.0.1', again.port);
    for (const id of ids) {
      const producer = new RawTransactions(client, id);
      await producer.must(producer.init());
    }
    const partitions: string[][] = [];
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const labels = await seen(client, partition);
      assert.ok(labels, `partition ${partition} is open to its end`);
      partitions.push(labels);
    }
    for (const [label, { partitions: of, fate }] of made) {
      const isIn = [...of].map((partition) => partitions[partition]?.includes(label) === true);
      const isWhole = isIn.every((each) => each === isIn[0]);
      assert.ok(isWhole, `round ${round}: transaction ${label} (${fate}) is seen in some of its partitions`);
      if (fate !== 'committing')
        assert.equal(isIn[0], fate === 'committed', `round ${round}: ${label} (${fate})`);
      if (isIn[0]) committed++;
    }
    client.close();
  }
  t.diagnostic(`${committed} transactions were committed`);
  assert.ok(committed > 60);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { systemClock } from '@klamm/base/clock';
import { silentLogger } from '@klamm/base/logger';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { BatchBuilder } from '@klamm/protocol/records/builder';
import { buildEndTransactionBatch } from '@klamm/protocol/records/control';
import type { Partition } from '../partitions/partition.ts';
import { diskError, memoryDisk } from '../storage/disk-memory.ts';
import { openPartition } from '../testing/open-partition.ts';
import { decodeGroupRecord, encodeGroupRecord, type GroupRecord } from './group-record.ts';
import { type Machines, Runtime } from './runtime.ts';
import { answer, type Respond, type Step, together } from './step.ts';

const recordOf = (partition: number, offset: number): GroupRecord => ({
  type: 1,
  key: { group: 'g', topic: 't', partition },
  value: {
    offset,
    leaderEpoch: -1,
    metadata: '',
    commitTimestamp: 0,
    expireTimestamp: -1,
    topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
  },
});

/** Machines that keep the offsets they are told of, in order. */
class Notes implements Machines {
  readonly kept: string[] = [];
  deadline = Number.POSITIVE_INFINITY;
  waiting: Respond<string> | undefined;

  keep(offset: number, respond: Respond<string>): Step {
    this.kept.push(`${offset}`);
    return together([{ records: [recordOf(0, offset)], replies: [] }, answer(respond, this.kept.join())]);
  }

  expire(): Step {
    this.deadline = Number.POSITIVE_INFINITY;
    const { waiting } = this;
    this.waiting = undefined;
    return waiting === undefined ? { records: [], replies: [] } : answer(waiting, 'at last');
  }

  replay(key: Buffer, value: Buffer | null, producerId: number): void {
    const record = decodeGroupRecord(key, value);
    const offset = record?.type === 1 ? record.value?.offset : '?';
    this.kept.push(producerId < 0 ? `${offset}` : `${offset} of ${producerId}`);
  }

  transactionEnded(producerId: number, committed: boolean): void {
    this.kept.push(`${producerId} ${committed ? 'committed' : 'aborted'}`);
  }

  loaded(): void {
    this.kept.push('loaded');
  }
}

const open = (partition: Partition) => {
  const runtime = new Runtime({
    partition,
    encode: encodeGroupRecord,
    newMachines: () => new Notes(),
    clock: systemClock,
    logger: silentLogger,
  });
  const keep = (offset: number) =>
    runtime.call<string | number>(
      (notes, respond) => notes.keep(offset, respond),
      (errorCode) => errorCode,
    );
  const look = () =>
    runtime.call<string | number>(
      (notes, respond) => answer(respond, notes.kept.join()),
      (errorCode) => errorCode,
    );
  return { runtime, keep, look };
};

test('a log is replayed in order, records of transactions and their ends included', async () => {
  const { partition } = await openPartition();
  const append = (offsets: readonly number[], producerId = -1): void => {
    const builder = new BatchBuilder();
    for (const offset of offsets) {
      const { key, value } = encodeGroupRecord(recordOf(0, offset));
      builder.append(key, value, [], 0);
    }
    const transaction = { producerId, producerEpoch: 0, baseSequence: 0, transactional: true };
    partition.appendOwn(builder.build(producerId < 0 ? {} : transaction));
  };
  append([1, 2]);
  append([3], 7);
  partition.appendOwn(
    buildEndTransactionBatch({ committed: false, coordinatorEpoch: 0 }, 0, {
      producerId: 7,
      producerEpoch: 0,
    }),
  );
  append([4]);
  const { look } = open(partition);
  assert.equal(await look(), '1,2,3 of 7,7 aborted,4,loaded');
});

test('nothing is answered before it is durable, what was only read included', async () => {
  let release: () => void = () => {};
  const { partition } = await openPartition();
  const { runtime, keep, look } = open(partition);
  await runtime.loading;
  // Answers come with the log's own word that it has been synced.
  const whenDurable = partition.whenDurable.bind(partition);
  partition.whenDurable = (offset, done) => {
    release = () => whenDurable(offset, done);
  };
  let answered = 0;
  const kept = keep(1).then(() => answered++);
  const read = look().then(() => answered++);
  await turn();
  assert.equal(answered, 0);
  partition.whenDurable = whenDurable;
  release();
  await read;
  await Promise.race([kept, turn()]);
  assert.equal(answered, 1, 'the one whose word has come');
});

test('a full disk: who waits is told to ask again, and the machines know what the log knows', async () => {
  const disk = memoryDisk();
  const { partition } = await openPartition({}, disk);
  const { keep, look } = open(partition);
  assert.equal(await keep(1), 'loaded,1');
  disk.fault = (operation, path) => {
    if (operation === 'write') throw diskError('ENOSPC', path);
  };
  assert.equal(await keep(2), ErrorCode.COORDINATOR_NOT_AVAILABLE);
  disk.fault = undefined;
  assert.equal(await look(), '1,loaded', 'what was refused is not remembered');
  assert.equal(await keep(3), '1,loaded,3');
});

test('machines that fail in the middle of a decision start again from the log; others are told to ask again', async () => {
  const { partition } = await openPartition();
  const { runtime, keep, look } = open(partition);
  await keep(1);
  const waiting = runtime.call<string | number>(
    (notes, respond) => {
      notes.waiting = respond;
      return { records: [], replies: [] };
    },
    (errorCode) => errorCode,
  );
  const failing = runtime.call<string>(
    (notes) => {
      notes.kept.push('half');
      throw new Error('a bug');
    },
    () => '',
  );
  await assert.rejects(failing, /a bug/);
  assert.equal(await waiting, ErrorCode.COORDINATOR_NOT_AVAILABLE);
  assert.equal(await look(), '1,loaded');
});

test('what is due is done when it is due, and whoever waited for it is answered', async () => {
  const { partition } = await openPartition();
  const { runtime } = open(partition);
  const answered = runtime.call<string | number>(
    (notes, respond, now) => {
      notes.waiting = respond;
      notes.deadline = now + 5;
      return { records: [], replies: [] };
    },
    (errorCode) => errorCode,
  );
  // Housekeeping holds no process; this test does.
  const hold = setTimeout(() => {}, 60_000);
  assert.equal(await answered, 'at last');
  clearTimeout(hold);
});

test('closing answers whoever waits, and whoever comes later', async () => {
  const { partition } = await openPartition();
  const { runtime, look } = open(partition);
  const waiting = runtime.call<number>(
    () => ({ records: [], replies: [] }),
    (errorCode) => errorCode,
  );
  await runtime.loading;
  await turn();
  runtime.close();
  assert.deepEqual([await waiting, await look()], [ErrorCode.NOT_COORDINATOR, ErrorCode.NOT_COORDINATOR]);
});

test('a disk that has died: everybody is answered, and the log is not replayed again and again', async () => {
  const disk = memoryDisk();
  const { partition, directory } = await openPartition({}, disk);
  directory.onOffline = (cause) => partition.goOffline(cause);
  let loads = 0;
  /** Has something due as soon as it is loaded, as a transaction that is decided is. */
  class Eager extends Notes {
    override loaded(): void {
      loads++;
      this.deadline = 0;
    }

    override expire(): Step {
      this.deadline = Number.POSITIVE_INFINITY;
      return answer(() => {}, 'due');
    }
  }
  const runtime = new Runtime({
    partition,
    encode: encodeGroupRecord,
    newMachines: () => new Eager(),
    clock: systemClock,
    logger: silentLogger,
  });
  const keep = () =>
    runtime.call<string | number>(
      (notes, respond) => notes.keep(1, respond),
      (errorCode) => errorCode,
    );
  assert.equal(await keep(), '1');
  disk.fault = (operation, path) => {
    if (operation === 'sync') throw diskError('EIO', path);
  };
  assert.equal(await keep(), ErrorCode.COORDINATOR_NOT_AVAILABLE);
  for (let i = 0; i < 50; i++) await turn();
  assert.equal(await keep(), ErrorCode.NOT_COORDINATOR);
  assert.equal(loads, 1);
  runtime.close();
});

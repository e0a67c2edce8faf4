// What a partition keeps of transactions: whose is open, who may end it, and when it forgets a producer.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorName } from '@klamm/protocol/error-codes';
import { diskError, type MemoryDisk, memoryDisk } from '../storage/disk-memory.ts';
import { decodeSnapshot } from '../storage/producer-snapshot.ts';
import { batchOf } from '../testing/batches.ts';
import { openPartition } from '../testing/open-partition.ts';
import type { Partition } from './partition.ts';
import type { TransactionMarker } from './producers.ts';

interface Which {
  readonly producerId?: number;
  readonly epoch?: number;
  readonly sequence?: number;
  readonly count?: number;
  readonly transactional?: boolean;
  readonly timestamp?: number;
}

/** Appends a batch; an offset, or the name of an error. */
function send(partition: Partition, which: Which, epochPerTransaction = false): number | string {
  const {
    producerId = 7,
    epoch = 0,
    sequence = 0,
    count = 1,
    transactional = true,
    timestamp = Date.now(),
  } = which;
  const producer = { producerId, producerEpoch: epoch, baseSequence: sequence, transactional };
  const appended = partition.append(batchOf(count, { timestamp, ...producer }), epochPerTransaction);
  return 'baseOffset' in appended ? appended.baseOffset : errorName(appended.errorCode);
}

function end(partition: Partition, marker: Partial<TransactionMarker>): number | string {
  const appended = partition.appendMarker({
    producerId: 7,
    producerEpoch: 0,
    committed: true,
    coordinatorEpoch: 0,
    epochPerTransaction: false,
    ...marker,
  });
  return 'baseOffset' in appended ? appended.baseOffset : errorName(appended.errorCode);
}

const known = (partition: Partition) =>
  partition.producers
    .entries()
    .map(({ producerId, epoch, lastSequence, lastOffset, currentTxnFirstOffset }) => ({
      producerId,
      epoch,
      lastSequence,
      lastOffset,
      currentTxnFirstOffset,
    }));

test('a transaction begins with the first batch and ends with the marker; the last stable offset follows when that is durable', async () => {
  const { partition } = await openPartition();
  send(partition, { transactional: false, producerId: 1 });
  send(partition, { count: 2 });
  send(partition, { producerId: 8 });
  await partition.flush();
  assert.equal(partition.lastStableOffset, 1);
  assert.equal(end(partition, {}), 4);
  assert.equal(partition.lastStableOffset, 1, 'the marker could still be lost');
  await partition.flush();
  assert.equal(partition.lastStableOffset, 3, 'the other one is open');
  assert.equal(end(partition, { producerId: 8, committed: false }), 5);
  await partition.flush();
  assert.equal(partition.lastStableOffset, 6);
  assert.deepEqual(partition.log.abortedTransactions(0, 6), [
    { producerId: 8, firstOffset: 3, lastOffset: 5, lastStableOffset: 6 },
  ]);
});

test('while its transaction is open a producer writes nothing outside of it', async () => {
  const { partition } = await openPartition();
  assert.equal(send(partition, {}), 0);
  assert.equal(send(partition, { sequence: 1, transactional: false }), 'INVALID_TXN_STATE');
  assert.equal(end(partition, {}), 1);
  assert.equal(send(partition, { sequence: 1, transactional: false }), 2);
});

test('one epoch for all transactions: a marker of the epoch or a later one ends it, and sequences go on', async () => {
  const { partition } = await openPartition();
  send(partition, { epoch: 3, count: 2 });
  assert.equal(end(partition, { producerEpoch: 2 }), 'INVALID_PRODUCER_EPOCH');
  assert.equal(end(partition, { producerEpoch: 3, coordinatorEpoch: 5 }), 2);
  assert.equal(end(partition, { producerEpoch: 3, coordinatorEpoch: 4 }), 'TRANSACTION_COORDINATOR_FENCED');
  assert.equal(send(partition, { epoch: 3, sequence: 0, count: 2 }), 0, 'a repeat is known after the marker');
  assert.equal(send(partition, { epoch: 3, sequence: 3 }), 'OUT_OF_ORDER_SEQUENCE_NUMBER');
  assert.equal(send(partition, { epoch: 3, sequence: 2 }), 3);
  assert.equal(
    end(partition, { producerEpoch: 4, coordinatorEpoch: 5, committed: false }),
    4,
    'somebody took over',
  );
  assert.equal(send(partition, { epoch: 3, sequence: 3 }), 'INVALID_PRODUCER_EPOCH');
});

test('an epoch for each transaction: only the next one ends it, and in it sequences begin anew', async () => {
  const { partition } = await openPartition();
  const marker = (producerEpoch: number) => end(partition, { producerEpoch, epochPerTransaction: true });
  assert.equal(
    send(partition, { sequence: 5 }, true),
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
    'nobody knows it, so it begins',
  );
  assert.equal(send(partition, { count: 2 }, true), 0);
  assert.equal(marker(0), 'INVALID_PRODUCER_EPOCH', 'late, of the transaction before');
  assert.equal(marker(1), 2);
  assert.equal(marker(1), 3, 'written again after a crash');
  assert.equal(send(partition, { sequence: 2 }, true), 'INVALID_PRODUCER_EPOCH');
  assert.equal(send(partition, { epoch: 1, sequence: 2 }, true), 'OUT_OF_ORDER_SEQUENCE_NUMBER');
  assert.equal(send(partition, { epoch: 1 }, true), 4);
  assert.equal(marker(1), 'INVALID_PRODUCER_EPOCH', 'late, it would end the next transaction');
  assert.equal(marker(2), 5);
});

test('offsets that a coordinator writes in a transaction have no sequence, and are part of it', async () => {
  const { partition } = await openPartition();
  const own = { producerId: 7, producerEpoch: 2, transactional: true };
  partition.appendOwn(batchOf(2, own));
  partition.appendOwn(batchOf(1, own));
  await partition.flush();
  assert.equal(partition.lastStableOffset, 0);
  assert.equal(partition.producers.checkEpoch(7, 1) !== undefined, true);
  assert.equal(partition.producers.checkEpoch(7, 2), undefined);
  assert.deepEqual(known(partition), [
    { producerId: 7, epoch: 2, lastSequence: -1, lastOffset: 2, currentTxnFirstOffset: 0 },
  ]);
  end(partition, { producerEpoch: 2 });
  await partition.flush();
  assert.equal(partition.lastStableOffset, 4);
});

test('a producer that was silent for too long is forgotten, unless its transaction is open', async () => {
  const { partition } = await openPartition();
  const longAgo = Date.now() - 1_000_000;
  send(partition, { producerId: 1, transactional: false, timestamp: longAgo });
  send(partition, { producerId: 2, transactional: true, timestamp: longAgo });
  send(partition, { producerId: 3, transactional: false });
  partition.retain(Date.now() - 10_000);
  assert.deepEqual(
    known(partition).map(({ producerId }) => producerId),
    [2, 3],
  );
  assert.equal(
    send(partition, { producerId: 1, sequence: 9, transactional: false }),
    3,
    'it begins wherever it is',
  );
  end(partition, { producerId: 2 });
  partition.retain(Date.now() - 10_000);
  assert.deepEqual(
    known(partition).map(({ producerId }) => producerId),
    [2, 3, 1],
    'a marker is a sign of life',
  );
});

for (const how of ['closed', 'killed'] as const) {
  test(`what is known of transactions is known again by a broker that comes after one that was ${how}`, async () => {
    const disk: MemoryDisk = memoryDisk();
    const { partition, directory } = await openPartition({}, disk);
    send(partition, { producerId: 1, count: 3 });
    partition.log.roll();
    send(partition, { producerId: 2, epoch: 4, count: 2 });
    send(partition, { producerId: 3 });
    end(partition, {
      producerId: 3,
      producerEpoch: 1,
      epochPerTransaction: true,
      coordinatorEpoch: 6,
      committed: false,
    });
    partition.log.roll();
    send(partition, { producerId: 1, sequence: 3 });
    await partition.flush();
    const before = [known(partition), partition.lastStableOffset, partition.log.abortedTransactions(0, 10)];
    if (how === 'closed') {
      await partition.close();
      directory.close(1);
    } else directory.abandon();
    const { partition: again } = await openPartition({}, disk);
    assert.deepEqual([known(again), again.lastStableOffset, again.log.abortedTransactions(0, 10)], before);
    assert.equal(
      end(again, { producerId: 3, producerEpoch: 1, coordinatorEpoch: 5 }),
      'TRANSACTION_COORDINATOR_FENCED',
    );
    end(again, { producerId: 1 });
    await again.flush();
    assert.equal(again.lastStableOffset, 3, 'producer 2 is still open');
  });
}

test('a disk that stays full: each time what is known goes back to what is stored, without reading it again', async () => {
  const disk = memoryDisk();
  const { partition } = await openPartition({}, disk);
  for (let i = 0; i < 5; i++) send(partition, { sequence: i });
  send(partition, { producerId: 8, transactional: false });
  await partition.flush();
  const before = [known(partition), partition.lastStableOffset];
  let reads = 0;
  const readSync = Reflect.get(partition.log, 'readSync').bind(
    partition.log,
  ) as typeof partition.log.readSync;
  Object.defineProperty(partition.log, 'readSync', {
    value: (offset: number, upTo: number) => {
      reads++;
      return readSync(offset, upTo);
    },
  });
  for (let attempt = 0; attempt < 3; attempt++) {
    disk.fault = (operation, path) => {
      if (operation === 'write' && path.endsWith('.log')) throw diskError('ENOSPC', path);
    };
    assert.equal(send(partition, { sequence: 5 }), 6);
    end(partition, { committed: false });
    if (attempt === 1) partition.log.roll();
    await partition.flush();
    assert.deepEqual([known(partition), partition.lastStableOffset], before, `attempt ${attempt}`);
    assert.equal(send(partition, { sequence: 1 }), 1, 'a repeat is known');
  }
  assert.equal(reads, 2, 'once, and once more after a segment was begun');
  disk.fault = undefined;
  assert.equal(send(partition, { sequence: 5 }), 6);
  assert.equal(end(partition, {}), 7);
  await partition.flush();
  assert.equal(partition.lastStableOffset, 8);
});

test('there is a snapshot of producers for the start of each segment that is there, and of no other', async () => {
  const disk = memoryDisk();
  const { partition } = await openPartition({}, disk);
  for (let i = 0; i < 4; i++) {
    send(partition, { sequence: i });
    await partition.flush();
    partition.log.roll();
  }
  const snapshots = () =>
    disk
      .list(partition.path)
      .filter((name) => name.endsWith('.snapshot'))
      .map((name) => Number.parseInt(name, 10));
  assert.deepEqual(snapshots(), [1, 2, 3, 4]);
  const [first] = decodeSnapshot(disk.readFile(`${partition.path}/00000000000000000002.snapshot`)) ?? [];
  assert.deepEqual([first?.lastSequence, first?.lastOffset, first?.currentTxnFirstOffset], [1, 1, 0]);
  partition.deleteRecordsBefore(2);
  assert.deepEqual(snapshots(), [2, 3, 4]);
  assert.equal(partition.lastStableOffset, 2, 'what was deleted does not keep readers below the start');
});

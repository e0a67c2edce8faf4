import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode, errorName } from '@klamm/protocol/error-codes';
import { Compression, compressionOf, setLogAppendTime } from '@klamm/protocol/records/batch';
import { BatchBuilder } from '@klamm/protocol/records/builder';
import { recordsOf } from '@klamm/protocol/records/record';
import { memoryDisk } from '../storage/disk-memory.ts';
import { batchOf } from '../testing/batches.ts';
import { openPartition } from '../testing/open-partition.ts';
import type { Partition } from './partition.ts';

const fromProducer = (sequence: number, count = 1, epoch = 0): Buffer =>
  batchOf(count, { producerId: 7, producerEpoch: epoch, baseSequence: sequence, timestamp: Date.now() });

const outcome = (partition: Partition, batch: Buffer | null): string | number => {
  const result = partition.append(batch);
  return 'baseOffset' in result ? result.baseOffset : errorName(result.errorCode);
};

test('sequences of an idempotent producer: next, repeated, out of order, fenced', async () => {
  const { partition } = await openPartition();
  assert.equal(outcome(partition, fromProducer(0, 2)), 0);
  assert.equal(outcome(partition, fromProducer(2, 3)), 2);
  assert.equal(outcome(partition, fromProducer(0, 2)), 0, 'sent again, it is answered with where it is');
  assert.equal(outcome(partition, fromProducer(9)), 'OUT_OF_ORDER_SEQUENCE_NUMBER');
  assert.equal(partition.logEndOffset, 5);
  for (let sequence = 5; sequence < 10; sequence++)
    assert.equal(outcome(partition, fromProducer(sequence)), sequence);
  assert.equal(outcome(partition, fromProducer(5)), 5, 'the fifth last batch is remembered');
  assert.equal(
    outcome(partition, fromProducer(2, 3)),
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
    'the sixth last is not',
  );
  assert.equal(
    outcome(partition, fromProducer(3, 1, 1)),
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
    'a new epoch begins at 0',
  );
  assert.equal(outcome(partition, fromProducer(0, 1, 1)), 10);
  assert.equal(outcome(partition, fromProducer(10)), 'INVALID_PRODUCER_EPOCH');
});

test('the sequence wraps from 2^31 - 1 to 0', async () => {
  const { partition } = await openPartition();
  assert.equal(outcome(partition, fromProducer(2 ** 31 - 2, 2)), 0);
  assert.equal(outcome(partition, fromProducer(0)), 2);
});

test('a producer is known again after a restart, by snapshot and by the log behind it', async () => {
  for (const closed of [true, false]) {
    const disk = memoryDisk();
    const { partition, directory } = await openPartition({}, disk);
    outcome(partition, fromProducer(0, 4));
    outcome(partition, fromProducer(4, 2));
    await partition.flush();
    if (closed) {
      await partition.close();
      directory.close(1);
    } else directory.abandon();
    const { partition: again, directory: held } = await openPartition({}, disk);
    assert.equal(outcome(again, fromProducer(4, 2)), 4, 'a repeat');
    assert.equal(outcome(again, fromProducer(7)), 'OUT_OF_ORDER_SEQUENCE_NUMBER');
    assert.equal(outcome(again, fromProducer(6)), 6);
    held.abandon();
  }
});

const REFUSALS: Record<string, () => Buffer | null> = {
  INVALID_RECORD: () => null,
  CORRUPT_MESSAGE: () => {
    const batch = batchOf(2);
    batch[80] = (batch[80] ?? 0) ^ 1;
    return batch;
  },
  MESSAGE_TOO_LARGE: () => batchOf(1, { bytes: 2_000_000 }),
  UNSUPPORTED_FOR_MESSAGE_FORMAT: () => {
    const batch = batchOf(1);
    batch[16] = 1;
    return batch;
  },
  INVALID_TIMESTAMP: () => batchOf(1, { timestamp: Date.now() + 7_200_000 }),
};

for (const [name, make] of Object.entries(REFUSALS)) {
  test(`${name} where it belongs, and nothing is appended`, async () => {
    const { partition } = await openPartition();
    assert.equal(outcome(partition, make()), name);
    assert.equal(partition.logEndOffset, 0);
  });
}

test('two batches in one request, control batches and gaps are refused', async () => {
  const { partition } = await openPartition();
  assert.equal(outcome(partition, Buffer.concat([batchOf(1), batchOf(1)])), 'INVALID_RECORD');
  assert.equal(outcome(partition, batchOf(1, { control: true })), 'INVALID_RECORD');
});

test('the largest batch that max.message.bytes allows, and one byte more', async () => {
  const batch = batchOf(1, { bytes: 1000 });
  const { partition } = await openPartition({ 'max.message.bytes': String(batch.length) });
  assert.equal(outcome(partition, batch), 0);
  assert.equal(outcome(partition, batchOf(1, { bytes: 1001 })), 'MESSAGE_TOO_LARGE');
});

test('a compacted topic takes no record without a key, and says which one', async () => {
  const { partition } = await openPartition({ 'cleanup.policy': 'compact' });
  const builder = new BatchBuilder();
  builder.append('key', 'value', [], Date.now());
  builder.append(null, 'value', [], Date.now());
  const refused = partition.append(builder.build({ compression: Compression.gzip }));
  assert.equal(refused.errorCode, ErrorCode.INVALID_RECORD);
  assert.ok('recordErrors' in refused);
  assert.equal(refused.recordErrors?.[0]?.batchIndex, 1);
});

test('compression.type of the topic is what is stored', async () => {
  const { partition } = await openPartition({ 'compression.type': 'zstd' });
  assert.equal(outcome(partition, fromProducer(0, 50)), 0);
  await partition.flush();
  const stored = await partition.read(0, 1 << 20, true, false);
  assert.equal(compressionOf(stored, 0), Compression.zstd);
  assert.equal([...recordsOf(stored, 0)].length, 50);
  assert.equal(outcome(partition, fromProducer(50)), 50, 'the producer goes on');
});

test('LogAppendTime: the broker dates the records', async () => {
  const { partition } = await openPartition({ 'message.timestamp.type': 'LogAppendTime' });
  const before = Date.now();
  const result = partition.append(batchOf(2, { timestamp: 1000 }));
  assert.ok('logAppendTimeMs' in result && result.logAppendTimeMs >= before);
  await partition.flush();
  const stored = await partition.read(0, 1 << 20, true, false);
  for (const { timestamp } of recordsOf(stored, 0)) assert.equal(timestamp, result.logAppendTimeMs);
  const twin = Buffer.from(stored);
  setLogAppendTime(twin, 0, result.logAppendTimeMs);
  assert.deepEqual(twin, stored, 'and the checksum fits');
});

test('records are found by time: the first that is not older', async () => {
  const { partition } = await openPartition();
  const base = Date.now() - 100_000;
  for (let b = 0; b < 20; b++)
    partition.append(
      batchOf(5, {
        timestamp: base + b * 1000,
        compression: b % 2 === 0 ? Compression.lz4 : Compression.none,
      }),
    );
  await partition.flush();
  const at = async (timestamp: number): Promise<number | undefined> =>
    (await partition.offsetForTimestamp(timestamp, partition.highWatermark))?.offset;
  assert.equal(await at(0), 0);
  assert.equal(await at(base + 7003), 38);
  assert.equal(await at(base + 7005), 40);
  assert.equal(await at(base + 20_000), undefined);
  assert.equal((await partition.offsetOfMaxTimestamp())?.offset, 99);
});

test('who waits is told: when it is durable, and when the disk fails', async () => {
  const disk = memoryDisk();
  const { partition, directory } = await openPartition({}, disk);
  const first = partition.append(batchOf(1));
  assert.ok('endOffset' in first);
  await new Promise<void>((resolve, reject) =>
    partition.whenDurable(first.endOffset, (error) => (error ? reject(error) : resolve())),
  );
  directory.onOffline = (cause) => partition.goOffline(cause);
  disk.fault = (operation) => {
    if (operation === 'sync') throw new Error('EIO');
  };
  const second = partition.append(batchOf(1));
  assert.ok('endOffset' in second);
  const error = await new Promise<Error | undefined>((resolve) =>
    partition.whenDurable(second.endOffset, resolve),
  );
  assert.match(error?.message ?? '', /EIO/);
  assert.equal(outcome(partition, batchOf(1)), 'KAFKA_STORAGE_ERROR');
  assert.equal(directory.isOnline, false);
});

test('a full disk: the producer state goes back with the log, so that the same batch can be sent again', async () => {
  const disk = memoryDisk();
  const { partition } = await openPartition({}, disk);
  outcome(partition, fromProducer(0, 2));
  await partition.flush();
  disk.fault = (operation, path) => {
    if (operation === 'write' && path.endsWith('.log'))
      throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
  };
  const lost = partition.append(fromProducer(2, 2));
  assert.ok('endOffset' in lost);
  const error = await new Promise<Error | undefined>((resolve) =>
    partition.whenDurable(lost.endOffset, resolve),
  );
  assert.match(error?.message ?? '', /ENOSPC/);
  disk.fault = undefined;
  assert.equal(outcome(partition, fromProducer(2, 2)), 2);
});

test('records before an offset are gone for readers at once', async () => {
  const { partition } = await openPartition();
  partition.append(batchOf(10, { timestamp: Date.now() }));
  await partition.flush();
  partition.deleteRecordsBefore(4);
  assert.equal(partition.logStartOffset, 4);
  assert.equal((await partition.offsetForTimestamp(0, 10))?.offset, 4);
});

test('a full disk while a segment begins: refused, nothing lost, and taken again when there is room', async () => {
  const disk = memoryDisk();
  const { partition, directory } = await openPartition({ 'segment.bytes': '1048576' }, disk);
  partition.append(batchOf(1, { bytes: 900_000 }));
  await partition.flush();
  disk.fault = (_operation, path) => {
    throw Object.assign(new Error(`ENOSPC: no space left on device, write '${path}'`), { code: 'ENOSPC' });
  };
  const refused = partition.append(batchOf(1, { bytes: 900_000 }));
  assert.equal(errorName(refused.errorCode), 'KAFKA_STORAGE_ERROR');
  assert.match('errorMessage' in refused ? refused.errorMessage : '', /disk is full/);
  assert.equal(directory.isOnline, true);
  disk.fault = undefined;
  assert.equal(outcome(partition, batchOf(1, { bytes: 900_000 })), 1);
  await partition.flush();
  assert.equal(partition.highWatermark, 2);
});

test('a snapshot of batches that a full disk took back is not believed later', async () => {
  const disk = memoryDisk();
  const { partition, directory } = await openPartition({ 'segment.bytes': '1048576' }, disk);
  const large = (sequence: number): Buffer =>
    batchOf(1, {
      bytes: 700_000,
      producerId: 7,
      producerEpoch: 0,
      baseSequence: sequence,
      timestamp: Date.now(),
    });
  assert.equal(outcome(partition, large(0)), 0);
  await partition.flush();
  disk.fault = (operation, path) => {
    if (operation === 'write' && path.endsWith('.log'))
      throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
  };
  // The third begins a segment, with a snapshot that knows the second; the disk then refuses both.
  assert.equal(outcome(partition, fromProducer(1)), 1);
  assert.equal(outcome(partition, large(2)), 2);
  await new Promise((resolve) => setImmediate(resolve));
  disk.fault = undefined;
  assert.equal(partition.logEndOffset, 1);
  // Two records of another producer take the offsets that the snapshot spoke of.
  partition.append(batchOf(2, { timestamp: Date.now() }));
  await partition.flush();
  directory.abandon();
  const { partition: again } = await openPartition({ 'segment.bytes': '1048576' }, disk);
  assert.equal(outcome(again, fromProducer(1)), 3, 'sequence 1 never was stored, so it is the next');
});

test('retention that a full disk stops is told, harms nothing, and goes on when there is room', async () => {
  const disk = memoryDisk();
  const { partition, directory } = await openPartition({ 'retention.ms': '1000' }, disk);
  for (let i = 0; i < 4; i++) partition.append(batchOf(40, { bytes: 1000 }));
  await partition.flush();
  disk.fault = (_operation, path) => {
    throw Object.assign(new Error(`ENOSPC: no space left on device, write '${path}'`), { code: 'ENOSPC' });
  };
  partition.retain();
  assert.equal(directory.isOnline, true);
  disk.fault = undefined;
  partition.retain();
  assert.deepEqual([partition.logStartOffset, partition.logEndOffset], [160, 160]);
  assert.equal(outcome(partition, batchOf(1)), 160);
});

test('who waits for what will never be written is told so at once, also where the waiting begins later', async () => {
  const ends: Record<string, (partition: Partition, takeOffline: (cause: Error) => void) => void> = {
    removed: (partition) => partition.abandon(),
    offline: (_partition, takeOffline) => takeOffline(new Error('the disk is gone')),
  };
  for (const [how, end] of Object.entries(ends)) {
    const disk = memoryDisk();
    const { partition, directory } = await openPartition({}, disk);
    directory.onOffline = (cause) => partition.goOffline(cause);
    outcome(partition, batchOf(1));
    await partition.flush();
    outcome(partition, batchOf(1));
    const told: string[] = [];
    const tell = (when: string) => (error?: Error) =>
      told.push(`${when}: ${error === undefined ? 'done' : 'never'}`);
    partition.whenDurable(2, tell('before'));
    end(partition, (cause) => directory.takeOffline(cause));
    partition.whenDurable(1, tell('what is there'));
    partition.whenDurable(2, tell('durable'));
    partition.whenWritten(2, tell('written'));
    await partition.settled();
    assert.deepEqual(told, ['before: never', 'what is there: done', 'durable: never', 'written: never'], how);
  }
});

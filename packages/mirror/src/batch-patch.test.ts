import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ATTRIBUTES_AT,
  attributesOf,
  batchSizeOf,
  Compression,
  checkBatch,
  DELETE_HORIZON_BIT,
  LAST_OFFSET_DELTA_AT,
  setBaseOffset,
  setPartitionLeaderEpoch,
  writeCrc,
} from '@klamm/protocol/records/batch';
import { BatchBuilder, type BatchOptions } from '@klamm/protocol/records/builder';
import { recordsOf } from '@klamm/protocol/records/record';
import { isSendable, patchBatch } from './batch-patch.ts';

const SENDER = { producerId: 4711, producerEpoch: 2 };

/** A batch as a log keeps it. */
function stored(options: BatchOptions = {}): Buffer {
  const builder = new BatchBuilder();
  for (let i = 0; i < 3; i++) builder.append(`k${i}`, `v${i}`, [{ key: 'h', value: String(i) }], 1000 + i);
  return builder.build({ baseOffset: 50, partitionLeaderEpoch: 9, ...options });
}

const withoutOffset = (batch: Buffer): unknown[] =>
  Array.from(recordsOf(batch, 0), ({ offset: _, ...record }) => record);

for (const [name, compression] of Object.entries(Compression)) {
  test(`a stored batch (${name}) becomes one of a producer, its records as they are`, () => {
    const batch = stored({
      compression,
      producerId: 7,
      producerEpoch: 1,
      baseSequence: 3,
      transactional: true,
    });
    const records = withoutOffset(batch);
    const payload = Buffer.from(batch.subarray(61));
    patchBatch(batch, 0, SENDER, 42);
    assert.equal(checkBatch(batch, 0, batch.length), 'ok');
    assert.deepEqual(batch.subarray(61), payload);
    assert.deepEqual(withoutOffset(batch), records);
    const expected = stored({
      compression,
      ...SENDER,
      baseSequence: 42,
      baseOffset: 0,
      partitionLeaderEpoch: -1,
    });
    assert.deepEqual(batch.subarray(0, 61), expected.subarray(0, 61));
  });
}

test('a batch is patched where it lies, and nothing beside it', () => {
  const batch = stored();
  const around = Buffer.concat([Buffer.alloc(10, 1), batch, Buffer.alloc(10, 2)]);
  patchBatch(around, 10, SENDER, 0);
  assert.deepEqual(around.subarray(0, 10), Buffer.alloc(10, 1));
  assert.deepEqual(around.subarray(10 + batchSizeOf(around, 10)), Buffer.alloc(10, 2));
  assert.equal(checkBatch(around, 10, around.length), 'ok');
});

test('the time at which the source drops tombstones does not go along', () => {
  const batch = stored();
  batch.writeUInt16BE(attributesOf(batch, 0) | DELETE_HORIZON_BIT, ATTRIBUTES_AT);
  writeCrc(batch, 0);
  patchBatch(batch, 0, SENDER, 0);
  assert.equal(attributesOf(batch, 0) & DELETE_HORIZON_BIT, 0);
});

test('what compaction thinned out, or a broker has set the time of, cannot be sent as it is', () => {
  assert.ok(isSendable(stored(), 0));
  assert.ok(!isSendable(stored({ logAppendTimeMs: 5000 }), 0));
  const thin = stored();
  setBaseOffset(thin, 0, 50);
  setPartitionLeaderEpoch(thin, 0, 1);
  thin.writeInt32BE(7, LAST_OFFSET_DELTA_AT);
  assert.ok(!isSendable(thin, 0));
});

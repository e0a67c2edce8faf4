import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import * as batch from './batch.ts';

// One record without key, value "v", no headers; base offset 0, leader epoch 7: 69 bytes in all.
function sample(): Buffer {
  const buffer = Buffer.alloc(batch.BATCH_HEADER_BYTES + 8);
  buffer.writeInt32BE(buffer.length - batch.LOG_OVERHEAD, batch.LENGTH_AT);
  buffer.writeInt32BE(7, batch.PARTITION_LEADER_EPOCH_AT);
  buffer.writeInt8(2, batch.MAGIC_AT);
  buffer.writeBigInt64BE(1_756_600_851_217n, batch.BASE_TIMESTAMP_AT);
  buffer.writeBigInt64BE(1_756_600_851_300n, batch.MAX_TIMESTAMP_AT);
  buffer.writeBigInt64BE(4434n, batch.PRODUCER_ID_AT);
  buffer.writeInt16BE(6, batch.PRODUCER_EPOCH_AT);
  buffer.writeInt32BE(978, batch.BASE_SEQUENCE_AT);
  buffer.writeInt32BE(1, batch.RECORD_COUNT_AT);
  buffer.write('0e00000001027600', batch.BATCH_HEADER_BYTES, 'hex');
  batch.writeCrc(buffer, 0);
  return buffer;
}

function judged(change: (buffer: Buffer) => void): batch.BatchCheck {
  const buffer = sample();
  change(buffer);
  batch.writeCrc(buffer, 0);
  return batch.checkBatch(buffer, 0, buffer.length);
}

// Apache Kafka 4.3.1's own bytes for one record with an empty value.
const KAFKA_HEADER = Buffer.from(
  '0000000000000000000000c80000000702ae28d11100000000000000000198fd91db1100000198fd91db11ffffffffffffffffffffffffffff00000001' +
    'aa020000009c029408a3654b815aa577184873e6fa621b9d00032d0b14950a57d1b64d4d4d9c4a41a214d4ea8286f3cfde6af456695ba1155995205b' +
    '0c98444cbafc02a905a98ed7c76ccf0cae682ed8043563ae6469b69ecb462b023a31b868dfd7d95268bcda53feedec021a727272f45c100a9e64845f' +
    '6ca70f33652fe1c30626f71787c45ba571a7da002c26ca8e198fa20ca10000',
  'hex',
);

test("the header of Apache Kafka's own batch is read field by field", () => {
  const buffer = Buffer.concat([Buffer.from('junk'), KAFKA_HEADER]);
  assert.equal(batch.checkBatch(buffer, 4, buffer.length), 'ok');
  assert.deepEqual(
    {
      baseOffset: batch.baseOffsetOf(buffer, 4),
      size: batch.batchSizeOf(buffer, 4),
      epoch: batch.partitionLeaderEpochOf(buffer, 4),
      magic: batch.magicOf(buffer, 4),
      crc: batch.crcOf(buffer, 4),
      attributes: batch.attributesOf(buffer, 4),
      lastOffset: batch.lastOffsetOf(buffer, 4),
      baseTimestamp: batch.baseTimestampOf(buffer, 4),
      maxTimestamp: batch.maxTimestampOf(buffer, 4),
      producerId: batch.producerIdOf(buffer, 4),
      producerEpoch: batch.producerEpochOf(buffer, 4),
      baseSequence: batch.baseSequenceOf(buffer, 4),
      lastSequence: batch.lastSequenceOf(buffer, 4),
      count: batch.recordCountOf(buffer, 4),
      compression: batch.compressionOf(buffer, 4),
      timestampType: batch.timestampTypeOf(buffer, 4),
    },
    {
      baseOffset: 0,
      size: KAFKA_HEADER.length,
      epoch: 7,
      magic: 2,
      crc: 0xae28d111,
      attributes: 0,
      lastOffset: 0,
      baseTimestamp: 1_756_600_851_217,
      maxTimestamp: 1_756_600_851_217,
      producerId: -1,
      producerEpoch: -1,
      baseSequence: -1,
      lastSequence: -1,
      count: 1,
      compression: 0,
      timestampType: 'createTime',
    },
  );
});

test('offset and leader epoch are patched without touching the checksum', () => {
  const buffer = sample();
  batch.setBaseOffset(buffer, 0, 2 ** 40 + 5);
  batch.setPartitionLeaderEpoch(buffer, 0, 12);
  assert.equal(batch.baseOffsetOf(buffer, 0), 2 ** 40 + 5);
  assert.equal(batch.partitionLeaderEpochOf(buffer, 0), 12);
  assert.equal(batch.checkBatch(buffer, 0, buffer.length), 'ok');
});

test('a log append time sets the bit and the maximum, and the checksum fits again', () => {
  const buffer = sample();
  batch.setLogAppendTime(buffer, 0, 1_756_700_000_000);
  assert.equal(batch.timestampTypeOf(buffer, 0), 'logAppendTime');
  assert.equal(batch.maxTimestampOf(buffer, 0), 1_756_700_000_000);
  assert.equal(batch.baseTimestampOf(buffer, 0), 1_756_600_851_217);
  assert.equal(batch.checkBatch(buffer, 0, buffer.length), 'ok');
});

test('a sequence number wraps to 0 after the largest int32', () => {
  const buffer = sample();
  buffer.writeInt32BE(0x7ffffffe, batch.BASE_SEQUENCE_AT);
  buffer.writeInt32BE(3, batch.LAST_OFFSET_DELTA_AT);
  assert.equal(batch.lastSequenceOf(buffer, 0), 1);
});

test('each kind of damage is named', () => {
  assert.equal(
    judged(() => {}),
    'ok',
  );
  const checks: readonly [batch.BatchCheck, (buffer: Buffer) => void][] = [
    ['unsupportedMagic', (b) => b.writeInt8(1, batch.MAGIC_AT)],
    ['unsupportedMagic', (b) => b.writeInt8(3, batch.MAGIC_AT)],
    ['badCompression', (b) => b.writeInt16BE(5, batch.ATTRIBUTES_AT)],
    ['badCount', (b) => b.writeInt32BE(-1, batch.RECORD_COUNT_AT)],
    ['badCount', (b) => b.writeInt32BE(2, batch.RECORD_COUNT_AT)],
    ['badCount', (b) => b.writeInt32BE(-1, batch.LAST_OFFSET_DELTA_AT)],
    ['badNumber', (b) => b.writeInt32BE(-1, batch.BASE_OFFSET_AT)],
    ['badNumber', (b) => b.writeInt32BE(0x00200000, batch.BASE_OFFSET_AT)],
    ['badNumber', (b) => b.writeInt32BE(0x00200000, batch.PRODUCER_ID_AT)],
    ['badNumber', (b) => b.writeInt32BE(0x7fffffff, batch.MAX_TIMESTAMP_AT)],
  ];
  for (const [expected, change] of checks) assert.equal(judged(change), expected);
  const damaged = sample();
  damaged[damaged.length - 1] = 1;
  assert.equal(batch.checkBatch(damaged, 0, damaged.length), 'badCrc');
  const shrunk = sample();
  shrunk.writeInt32BE(batch.BATCH_HEADER_BYTES - batch.LOG_OVERHEAD - 1, batch.LENGTH_AT);
  assert.equal(batch.checkBatch(shrunk, 0, shrunk.length), 'badLength');
});

test('a count that the bytes cannot hold is refused before anything believes it', () => {
  const claimed = judged((b) => {
    b.writeInt32BE(0x7fffffff, batch.RECORD_COUNT_AT);
    b.writeInt32BE(0x7ffffffe, batch.LAST_OFFSET_DELTA_AT);
  });
  assert.equal(claimed, 'badCount');
});

test('a batch that compaction thinned out is in order, but not fresh', () => {
  const buffer = sample();
  buffer.writeInt32BE(4, batch.LAST_OFFSET_DELTA_AT);
  batch.writeCrc(buffer, 0);
  assert.equal(batch.checkBatch(buffer, 0, buffer.length), 'ok');
  assert.equal(batch.isFreshCount(buffer, 0), false);
  assert.equal(batch.isFreshCount(sample(), 0), true);
});

test('a batch cut anywhere is truncated, not an exception', () => {
  const buffer = sample();
  for (let end = 0; end < buffer.length; end++) {
    assert.equal(batch.checkBatch(buffer, 0, end), 'truncated');
    assert.equal(batch.nextBatch(buffer, 0, end), batch.BATCH_TRUNCATED);
  }
});

test('the walk visits whole batches and stops at the truncated last one', () => {
  const one = sample();
  const many = Buffer.concat([one, one, one, one.subarray(0, 30)]);
  const seen: [number, number][] = [];
  const stopped = batch.forEachBatch(many, 0, many.length, (at, size) => {
    seen.push([at, size]);
    return undefined;
  });
  assert.deepEqual(
    seen,
    [0, 1, 2].map((n) => [n * one.length, one.length]),
  );
  assert.equal(stopped, 3 * one.length);
  assert.equal(batch.nextBatch(many, stopped, many.length), batch.BATCH_TRUNCATED);
  assert.equal(
    batch.forEachBatch(many, 0, 2 * one.length, () => true),
    2 * one.length,
  );
  assert.equal(
    batch.forEachBatch(many, 0, many.length, (at) => at === 0),
    one.length,
  );
});

test('the walk stops where a length cannot be one', () => {
  const one = sample();
  const broken = sample();
  broken.writeInt32BE(-5, batch.LENGTH_AT);
  const many = Buffer.concat([one, broken]);
  const stopped = batch.forEachBatch(many, 0, many.length, () => true);
  assert.equal(stopped, one.length);
  assert.equal(batch.nextBatch(many, stopped, many.length), batch.BATCH_BROKEN);
});

test('no bytes make the check throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(199), (bytes, at) => {
      const buffer = Buffer.from(bytes);
      batch.checkBatch(buffer, Math.min(at, buffer.length), buffer.length);
      const mutated = sample();
      if (bytes.length > 0) mutated[at % mutated.length] = bytes[0] as number;
      batch.checkBatch(mutated, 0, mutated.length);
      batch.forEachBatch(buffer, 0, buffer.length, () => true);
    }),
    { numRuns: 300 },
  );
});

// Record batches as Apache Kafka 4.3.1's own builder wrote them (batches.jsonl.gz, a batch a line), read and
// written again by Klamm. Batches without compression must come out byte for byte; compressed bytes may differ
// between encoders, so those are compared after decoding.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { KlammError } from '@klamm/base/errors';
import * as header from '@klamm/protocol/records/batch';
import { BatchBuilder } from '@klamm/protocol/records/builder';
import { type CompressionName, compressionName } from '@klamm/protocol/records/compression';
import { type DecodedRecord, recordsOf } from '@klamm/protocol/records/record';

interface VectorRecord {
  readonly offset: number;
  readonly timestamp: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: readonly { readonly key: string; readonly value: string | null }[];
}

interface Vector {
  readonly compression: CompressionName;
  readonly baseOffset: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly transactional: boolean;
  readonly timestampType: 'CreateTime' | 'LogAppendTime';
  readonly logAppendTime: number;
  readonly partitionLeaderEpoch: number;
  readonly records: readonly VectorRecord[];
  readonly hex: string;
}

const vectors = gunzipSync(readFileSync(new URL('batches.jsonl.gz', import.meta.url)))
  .toString()
  .trimEnd()
  .split('\n')
  .map((line): Vector => JSON.parse(line));

const hexOf = (bytes: Buffer | null): string | null => bytes?.toString('hex') ?? null;

function asVector(records: Iterable<DecodedRecord>): VectorRecord[] {
  return Array.from(records, ({ offset, timestamp, key, value, headers }) => ({
    offset,
    timestamp,
    key: hexOf(key),
    value: hexOf(value),
    headers: headers.map((one) => ({ key: one.key, value: hexOf(one.value) })),
  }));
}

/** The records with the timestamps that the producer gave them, which a broker's append time hides. */
function withProducerTimestamps(batch: Buffer): DecodedRecord[] {
  const bare = Buffer.from(batch);
  bare.writeUInt16BE(header.attributesOf(bare, 0) & ~0x08, header.ATTRIBUTES_AT);
  return [...recordsOf(bare, 0)];
}

function buildAgain(vector: Vector, batch: Buffer): Buffer {
  const builder = new BatchBuilder();
  for (const { key, value, headers, timestamp } of withProducerTimestamps(batch)) {
    builder.append(key, value, headers, timestamp);
  }
  return builder.build({
    baseOffset: vector.baseOffset,
    producerId: vector.producerId,
    producerEpoch: vector.producerEpoch,
    baseSequence: vector.baseSequence,
    transactional: vector.transactional,
    partitionLeaderEpoch: vector.partitionLeaderEpoch,
    compression: header.Compression[vector.compression],
    ...(vector.timestampType === 'LogAppendTime' ? { logAppendTimeMs: vector.logAppendTime } : {}),
  });
}

test('the vectors hold every compression, producers of all kinds, and both kinds of timestamps', () => {
  assert.equal(vectors.length, 40);
  assert.deepEqual([...new Set(vectors.map(({ compression }) => compression))].sort(), [
    'gzip',
    'lz4',
    'none',
    'snappy',
    'zstd',
  ]);
  assert.equal(new Set(vectors.map(({ transactional }) => transactional)).size, 2);
  assert.equal(new Set(vectors.map(({ timestampType }) => timestampType)).size, 2);
});

for (const [index, vector] of vectors.entries()) {
  const batch = Buffer.from(vector.hex, 'hex');
  const name = `batch ${index + 1}: ${vector.compression}, ${vector.records.length} records`;

  test(`${name}: every field is read`, () => {
    assert.equal(header.checkBatch(batch, 0, batch.length), 'ok');
    assert.deepEqual(
      {
        compression: compressionName(header.compressionOf(batch, 0)),
        baseOffset: header.baseOffsetOf(batch, 0),
        lastOffset: header.lastOffsetOf(batch, 0),
        producerId: header.producerIdOf(batch, 0),
        producerEpoch: header.producerEpochOf(batch, 0),
        baseSequence: header.baseSequenceOf(batch, 0),
        transactional: header.isTransactional(batch, 0),
        timestampType: header.timestampTypeOf(batch, 0),
        partitionLeaderEpoch: header.partitionLeaderEpochOf(batch, 0),
        size: header.batchSizeOf(batch, 0),
        count: header.recordCountOf(batch, 0),
        fresh: header.isFreshCount(batch, 0),
        maxTimestamp: header.maxTimestampOf(batch, 0),
        control: header.isControl(batch, 0),
        deleteHorizon: header.hasDeleteHorizon(batch, 0),
      },
      {
        compression: vector.compression,
        baseOffset: vector.baseOffset,
        lastOffset: vector.baseOffset + vector.records.length - 1,
        producerId: vector.producerId,
        producerEpoch: vector.producerEpoch,
        baseSequence: vector.baseSequence,
        transactional: vector.transactional,
        timestampType: vector.timestampType === 'CreateTime' ? 'createTime' : 'logAppendTime',
        partitionLeaderEpoch: vector.partitionLeaderEpoch,
        size: batch.length,
        count: vector.records.length,
        fresh: true,
        maxTimestamp: Math.max(...vector.records.map(({ timestamp }) => timestamp)),
        control: false,
        deleteHorizon: false,
      },
    );
    assert.deepEqual(asVector(recordsOf(batch, 0)), vector.records);
  });

  test(`${name}: it is written again`, () => {
    const again = buildAgain(vector, batch);
    if (vector.compression === 'none') {
      assert.ok(again.equals(batch));
      return;
    }
    assert.equal(header.checkBatch(again, 0, again.length), 'ok');
    assert.deepEqual(asVector(recordsOf(again, 0)), vector.records);
    // Everything of the header but length and checksum, which depend on the encoder.
    for (const [from, to] of [
      [0, header.LENGTH_AT],
      [header.PARTITION_LEADER_EPOCH_AT, header.CRC_AT],
      [header.ATTRIBUTES_AT, header.BATCH_HEADER_BYTES],
    ]) {
      assert.equal(again.toString('hex', from, to), batch.toString('hex', from, to));
    }
  });

  test(`${name}: it is refused when cut at any byte`, () => {
    for (let end = 0; end < batch.length; end++) assert.equal(header.checkBatch(batch, 0, end), 'truncated');
    // The same with a length field that hides the cut, so that the records themselves end early.
    const step = Math.max(1, Math.floor(batch.length / 1500));
    for (let end = header.BATCH_HEADER_BYTES; end < batch.length; end += step) {
      const cut = Buffer.from(batch.subarray(0, end));
      cut.writeInt32BE(end - header.LOG_OVERHEAD, header.LENGTH_AT);
      assert.equal(header.checkBatch(cut, 0, end), 'badCrc');
      assert.throws(
        () => assert.deepEqual(asVector(recordsOf(cut, 0)), vector.records),
        (thrown) => thrown instanceof KlammError && thrown.code === 'CORRUPT_MESSAGE',
        `cut at ${end} of ${batch.length}`,
      );
    }
  });

  test(`${name}: a count that lies is refused without believing it`, () => {
    for (const count of [-1, vector.records.length + 1, 1_000_000, 0x7fffffff]) {
      const liar = Buffer.from(batch);
      liar.writeInt32BE(count, header.RECORD_COUNT_AT);
      header.writeCrc(liar, 0);
      assert.equal(header.checkBatch(liar, 0, liar.length), 'badCount');
      liar.writeInt32BE(Math.max(count - 1, 0), header.LAST_OFFSET_DELTA_AT);
      header.writeCrc(liar, 0);
      assert.throws(() => [...recordsOf(liar, 0)], { code: 'CORRUPT_MESSAGE' });
    }
  });
}

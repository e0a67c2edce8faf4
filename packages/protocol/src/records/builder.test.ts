import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionError } from '@klamm/base/assert';
import fc from 'fast-check';
import {
  BATCH_HEADER_BYTES,
  baseTimestampOf,
  batchSizeOf,
  Compression,
  checkBatch,
  isFreshCount,
  isTransactional,
  maxTimestampOf,
  producerIdOf,
  setProducer,
  timestampTypeOf,
} from './batch.ts';
import { BatchBuilder, type HeaderInput, type RecordBytes, recordSizeMax } from './builder.ts';
import { decompressRecords } from './compression.ts';
import { RecordCursor, recordsOf } from './record.ts';

const NOW = 1_756_600_000_000;

interface Input {
  readonly key: RecordBytes;
  readonly value: RecordBytes;
  readonly headers: readonly HeaderInput[];
  readonly timestamp: number;
}

const asBuffer = (part: RecordBytes): Buffer | null => (part === null ? null : Buffer.from(part as string));

function built(inputs: readonly Input[], capacityBytes?: number): BatchBuilder {
  const builder = new BatchBuilder(capacityBytes);
  for (const { key, value, headers, timestamp } of inputs) builder.append(key, value, headers, timestamp);
  return builder;
}

function assertHolds(batch: Buffer, baseOffset: number, inputs: readonly Input[]): void {
  assert.equal(checkBatch(batch, 0, batch.length), 'ok');
  assert.deepEqual(
    [...recordsOf(batch, 0)],
    inputs.map(({ key, value, headers, timestamp }, index) => ({
      offset: baseOffset + index,
      timestamp,
      key: asBuffer(key),
      value: asBuffer(value),
      headers: headers.map((header) => ({
        key: Buffer.from(header.key).toString(),
        value: asBuffer(header.value),
      })),
    })),
  );
}

const part: fc.Arbitrary<RecordBytes> = fc.oneof(
  fc.constant(null),
  fc.constant(''),
  fc.uint8Array({ maxLength: 150 }),
  fc.string({ maxLength: 150 }),
  fc.string({ unit: 'binary', maxLength: 100 }),
);
const input: fc.Arbitrary<Input> = fc.record({
  key: part,
  value: part,
  headers: fc.array(fc.record({ key: fc.string({ unit: 'grapheme', maxLength: 40 }), value: part }), {
    maxLength: 4,
  }),
  timestamp: fc.oneof(
    fc.integer({ min: NOW - 100, max: NOW + 100 }),
    fc.constant(-1),
    fc.integer({ min: -(2 ** 52), max: 2 ** 52 - 1 }),
  ),
});

test('whatever goes in comes out, in every compression and with every growth of the buffer', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(input, { minLength: 1, maxLength: 20 }),
      fc.constantFrom(...Object.values(Compression)),
      fc.constantFrom(0, 200, 65_536),
      fc.nat(1e12),
      async (inputs, compression, capacityBytes, baseOffset) => {
        assertHolds(built(inputs, capacityBytes).build({ compression, baseOffset }), baseOffset, inputs);
        const later = await built(inputs, capacityBytes).buildAsync({ compression, baseOffset });
        assertHolds(later, baseOffset, inputs);
      },
    ),
    { numRuns: 150 },
  );
});

test('text is written as UTF-8 at every length around the size boundaries', () => {
  for (const unit of ['a', 'é', '☃', '😀', '\ud800']) {
    for (const count of [0, 1, 20, 21, 31, 32, 40, 41, 62, 63, 64, 2047, 2048, 4096, 4097, 8191, 8192]) {
      const text = unit.repeat(count);
      const inputs = [
        { key: text, value: `${text}a`, headers: [{ key: text, value: text }], timestamp: NOW },
      ];
      assertHolds(built(inputs).build(), 0, inputs);
    }
  }
});

test('the size is known at every step, and never above the estimate', () => {
  fc.assert(
    fc.property(fc.array(input, { minLength: 1, maxLength: 10 }), (inputs) => {
      const builder = new BatchBuilder();
      assert.equal(builder.sizeInBytes, BATCH_HEADER_BYTES);
      for (const { key, value, headers, timestamp } of inputs) {
        const before: number = builder.sizeInBytes;
        const estimate = recordSizeMax(key, value, headers);
        assert.equal(builder.hasRoomFor(before + estimate, key, value, headers), true);
        assert.equal(builder.hasRoomFor(before + estimate - 1, key, value, headers), false);
        const size = builder.append(key, value, headers, timestamp);
        assert.ok(size <= estimate);
        assert.equal(builder.sizeInBytes, before + size);
      }
      assert.equal(builder.count, inputs.length);
      const batch = builder.build();
      assert.equal(batch.length, builder.sizeInBytes);
      assert.equal(batchSizeOf(batch, 0), batch.length);
    }),
    { numRuns: 100 },
  );
});

test('the first timestamp is the base, the largest the maximum', () => {
  const builder = new BatchBuilder();
  for (const timestamp of [NOW, NOW + 50, NOW - 70]) builder.append(null, 'v', [], timestamp);
  assert.equal(builder.maxTimestamp, NOW + 50);
  const batch = builder.build({ producerId: 7, producerEpoch: 1, baseSequence: 3, transactional: true });
  assert.equal(baseTimestampOf(batch, 0), NOW);
  assert.equal(maxTimestampOf(batch, 0), NOW + 50);
  assert.equal(isTransactional(batch, 0), true);
  assert.equal(isFreshCount(batch, 0), true);
});

test('a log append time becomes the timestamp of every record', () => {
  const builder = new BatchBuilder();
  builder.append(null, 'a', [], NOW);
  builder.append(null, 'b', [], NOW + 9);
  const batch = builder.build({ logAppendTimeMs: NOW + 1000 });
  assert.equal(timestampTypeOf(batch, 0), 'logAppendTime');
  assert.deepEqual(
    [...recordsOf(batch, 0)].map(({ timestamp }) => timestamp),
    [NOW + 1000, NOW + 1000],
  );
});

test('the producer of a built batch can be changed, and the checksum fits', () => {
  const builder = new BatchBuilder();
  builder.append('k', 'v');
  const batch = builder.build();
  setProducer(batch, 0, 2 ** 40, 3, 17);
  assert.equal(producerIdOf(batch, 0), 2 ** 40);
  assert.equal(checkBatch(batch, 0, batch.length), 'ok');
});

test('a timestamp that is none is a bug of the caller', () => {
  for (const timestamp of [Number.NaN, 1.5, 2 ** 53]) {
    assert.throws(() => new BatchBuilder().append(null, 'v', [], timestamp), AssertionError);
    const builder = new BatchBuilder();
    builder.append(null, 'v', [], NOW);
    assert.throws(() => builder.append(null, 'v', [], timestamp), AssertionError);
  }
});

test('a builder that is reset leaves the batch it handed out alone', () => {
  const builder = new BatchBuilder();
  builder.append(null, 'first', [], NOW);
  const first = builder.build();
  assert.throws(() => builder.append(null, 'late'), AssertionError);
  builder.reset();
  assert.equal(builder.count, 0);
  builder.append(null, 'second', [], NOW + 1);
  const second = builder.build({ compression: Compression.lz4 });
  builder.reset();
  builder.append(null, 'third', [], NOW + 2);
  assert.deepEqual(
    [first, second, builder.build()].map((batch) => {
      const cursor = new RecordCursor();
      cursor.open(batch, 0, decompressRecords(batch, 0));
      cursor.next();
      return [cursor.valueText(), cursor.timestamp];
    }),
    [
      ['first', NOW],
      ['second', NOW + 1],
      ['third', NOW + 2],
    ],
  );
});

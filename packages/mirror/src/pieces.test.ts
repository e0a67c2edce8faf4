import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  baseOffsetOf,
  Compression,
  LAST_OFFSET_DELTA_AT,
  MAGIC_AT,
  RECORD_COUNT_AT,
  writeCrc,
} from '@klamm/protocol/records/batch';
import { BatchBuilder, type BatchOptions } from '@klamm/protocol/records/builder';
import { buildEndTransactionBatch } from '@klamm/protocol/records/control';
import { recordsOf } from '@klamm/protocol/records/record';
import fc from 'fast-check';
import { type Aborted, cutPieces, endOf, type Piece } from './pieces.ts';

interface Rec {
  readonly offset: number;
  readonly timestamp: number;
  readonly value: string;
}

function batchOf(count: number, baseOffset: number, options: BatchOptions = {}): Buffer {
  const builder = new BatchBuilder();
  for (let i = 0; i < count; i++)
    builder.append(`k${baseOffset + i}`, `v${baseOffset + i}`, [], 1000 + baseOffset + i);
  return builder.build({ baseOffset, ...options });
}

/** As compaction leaves one: some offsets of `size` are gone. */
function thinned(
  baseOffset: number,
  kept: readonly number[],
  size: number,
  options: BatchOptions = {},
): Buffer {
  // Records whose deltas have gaps: made of batches of one, as the builder counts by itself.
  const records = kept.map((delta) => {
    const builder = new BatchBuilder();
    for (let i = 0; i <= delta; i++)
      builder.append(`k${baseOffset + i}`, `v${baseOffset + i}`, [], 1000 + baseOffset + i);
    const all = builder.build(options.logAppendTimeMs === undefined ? {} : options);
    const at = [...recordsOf(all, 0)].length - 1;
    return bytesOfRecord(all, at);
  });
  const first = new BatchBuilder();
  first.append(`k${baseOffset}`, `v${baseOffset}`, [], 1000 + baseOffset);
  const header = first.build({ baseOffset, ...options }).subarray(0, 61);
  const batch = Buffer.concat([header, ...records]);
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeInt32BE(size - 1, LAST_OFFSET_DELTA_AT);
  batch.writeInt32BE(kept.length, RECORD_COUNT_AT);
  writeCrc(batch, 0);
  return batch;
}

/** The bytes of the record `index`, its size in front. */
function bytesOfRecord(batch: Buffer, index: number): Buffer {
  let at = 61;
  for (let i = 0; ; i++) {
    // These are small: their size is one byte, doubled by zigzag.
    const end = at + 1 + (batch.readUInt8(at) >> 1);
    if (i === index) return batch.subarray(at, end);
    at = end;
  }
}

function recordsIn(pieces: readonly Piece[]): Rec[] {
  return pieces.flatMap((piece) =>
    piece.kind === 'hole'
      ? []
      : Array.from(recordsOf(piece.records, 0), ({ offset, timestamp, value }) => ({
          offset: offset - baseOffsetOf(piece.records, 0) + piece.offset,
          timestamp,
          value: String(value),
        })),
  );
}

const recordAt = (offset: number): Rec => ({ offset, timestamp: 1000 + offset, value: `v${offset}` });
const shapeOf = (pieces: readonly Piece[]): unknown =>
  pieces.map(({ kind, offset, count }) => [kind, offset, count]);

test('batches are handed on as they are, and what is before the position is left out', () => {
  const bytes = Buffer.concat([batchOf(3, 0), batchOf(2, 3, { compression: Compression.lz4 })]);
  assert.deepEqual(shapeOf(cutPieces(bytes, 0, [])), [
    ['batch', 0, 3],
    ['batch', 3, 2],
  ]);
  const [second] = cutPieces(bytes, 3, []);
  assert.ok(second?.kind === 'batch');
  assert.deepEqual(second.records, batchOf(2, 3, { compression: Compression.lz4 }));
});

test('markers and aborted transactions are holes, which know what was committed', () => {
  const left = { producerId: 1, producerEpoch: 0, baseSequence: 0, transactional: true };
  const right = { ...left, producerId: 2 };
  const end = (committed: boolean, producerId: number, baseOffset: number): Buffer =>
    buildEndTransactionBatch(
      { committed, coordinatorEpoch: 0 },
      5,
      { producerId, producerEpoch: 0 },
      { baseOffset },
    );
  const bytes = Buffer.concat([
    batchOf(2, 0, left),
    batchOf(1, 2, right),
    batchOf(1, 3, left),
    end(false, 1, 4),
    end(true, 2, 5),
    batchOf(1, 6, left),
    end(true, 1, 7),
    batchOf(1, 8),
  ]);
  const aborted: Aborted[] = [{ producerId: 1, firstOffset: 0 }];
  const pieces = cutPieces(bytes, 0, aborted);
  assert.deepEqual(shapeOf(pieces), [
    ['hole', 0, 2],
    ['batch', 2, 1],
    ['hole', 3, 3],
    ['batch', 6, 1],
    ['hole', 7, 1],
    ['batch', 8, 1],
  ]);
  assert.deepEqual(
    pieces.flatMap((piece) => (piece.kind === 'hole' ? piece.commits : [])),
    [5, 7],
  );
});

test('an aborted transaction that began before the position is aborted here, too', () => {
  const bytes = batchOf(2, 10, { producerId: 1, producerEpoch: 0, baseSequence: 5, transactional: true });
  assert.deepEqual(shapeOf(cutPieces(bytes, 10, [{ producerId: 1, firstOffset: 3 }])), [['hole', 10, 2]]);
  assert.deepEqual(shapeOf(cutPieces(bytes, 10, [{ producerId: 1, firstOffset: 12 }])), [['batch', 10, 2]]);
});

test('a batch whose time the broker has set is built anew with that time', () => {
  const pieces = cutPieces(batchOf(3, 4, { logAppendTimeMs: 77, compression: Compression.zstd }), 4, []);
  assert.deepEqual(
    recordsIn(pieces),
    [4, 5, 6].map((offset) => ({ ...recordAt(offset), timestamp: 77 })),
  );
});

test('records of before Kafka 0.11 are refused by what they are', () => {
  const old = batchOf(1, 0);
  old.writeInt8(1, MAGIC_AT);
  assert.throws(() => cutPieces(old, 0, []), /before Kafka 0\.11/);
});

test('the pieces of compacted batches follow each other without a gap, and hold every record once', () => {
  const batch = fc.record({
    gap: fc.integer({ min: 0, max: 5 }),
    size: fc.integer({ min: 1, max: 8 }),
    kept: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
  });
  fc.assert(
    fc.property(
      fc.array(batch, { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 0, max: 20 }),
      (all, from) => {
        let next = 0;
        const expected: Rec[] = [];
        const bytes = all.map(({ gap, size, kept }) => {
          const base = next + gap;
          const deltas = kept.slice(0, size).flatMap((is, delta) => (is ? [delta] : []));
          expected.push(...deltas.map((delta) => recordAt(base + delta)));
          next = base + size;
          return thinned(base, deltas, size);
        });
        const position = Math.min(from, next);
        const pieces = cutPieces(Buffer.concat(bytes), position, []);
        let at = position;
        for (const piece of pieces) {
          assert.equal(piece.offset, at);
          assert.ok(piece.count > 0);
          at = endOf(piece);
        }
        assert.equal(at, next);
        assert.deepEqual(
          recordsIn(pieces),
          expected.filter(({ offset }) => offset >= position),
        );
        assert.ok(pieces.every((piece, i) => piece.kind === 'batch' || pieces[i + 1]?.kind !== 'hole'));
      },
    ),
  );
});

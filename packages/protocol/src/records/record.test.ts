import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KlammError } from '@klamm/base/errors';
import fc from 'fast-check';
import {
  BATCH_HEADER_BYTES,
  Compression,
  LAST_OFFSET_DELTA_AT,
  LENGTH_AT,
  LOG_OVERHEAD,
  RECORD_COUNT_AT,
} from './batch.ts';
import { BatchBuilder } from './builder.ts';
import { RecordCursor, readHeaders, recordsOf } from './record.ts';

const NOW = 1_756_600_000_000;

function sample(): Buffer {
  const builder = new BatchBuilder();
  builder.append(
    'key',
    'value',
    [
      { key: 'h', value: 'x' },
      { key: 'h', value: null },
    ],
    NOW,
  );
  builder.append(null, null, [], NOW + 300);
  builder.append('', 'y'.repeat(200), [], NOW - 1);
  return builder.build({ baseOffset: 100 });
}

/** A batch around these bytes of records, which need not be any. */
function around(records: Buffer, count: number): Buffer {
  const batch = Buffer.concat([sample().subarray(0, BATCH_HEADER_BYTES), records]);
  batch.writeInt32BE(batch.length - LOG_OVERHEAD, LENGTH_AT);
  batch.writeInt32BE(count, RECORD_COUNT_AT);
  batch.writeInt32BE(count - 1, LAST_OFFSET_DELTA_AT);
  return batch;
}

/** Reads everything there is to read, and returns how many records that were. */
function readAll(batch: Buffer, at = 0): number {
  const cursor = new RecordCursor();
  cursor.open(batch, at);
  let count = 0;
  while (cursor.next()) {
    const { key, value, headers } = cursor.decode();
    assert.ok((key?.length ?? 0) + (value?.length ?? 0) + headers.length <= batch.length);
    count++;
  }
  return count;
}

const refused = (hex: string, count = 1): void =>
  assert.throws(() => readAll(around(Buffer.from(hex, 'hex'), count)), { code: 'CORRUPT_MESSAGE' }, hex);

test('a cursor gives offset, timestamp, key, value and headers of each record', () => {
  const cursor = new RecordCursor();
  const prefix = Buffer.from('before');
  cursor.open(Buffer.concat([prefix, sample(), Buffer.from('after')]), prefix.length);
  assert.equal(cursor.recordsLeft, 3);
  assert.equal(cursor.next(), true);
  assert.deepEqual(
    [cursor.offset, cursor.timestamp, cursor.keyText(), cursor.valueText()],
    [100, NOW, 'key', 'value'],
  );
  assert.deepEqual(cursor.headers(), [
    { key: 'h', value: Buffer.from('x') },
    { key: 'h', value: null },
  ]);
  const kept = {
    buffer: cursor.buffer,
    at: cursor.headersAt,
    end: cursor.recordEnd,
    count: cursor.headerCount,
  };
  assert.equal(cursor.next(), true);
  assert.deepEqual(
    [cursor.offset, cursor.timestamp, cursor.key(), cursor.value()],
    [101, NOW + 300, null, null],
  );
  assert.deepEqual([cursor.keyText(), cursor.valueText(), cursor.headers()], [null, null, []]);
  assert.equal(cursor.next(), true);
  assert.deepEqual([cursor.timestamp, cursor.keyText(), cursor.valueSize], [NOW - 1, '', 200]);
  assert.equal(cursor.next(), false);
  assert.equal(readHeaders(kept.buffer, kept.at, kept.end, kept.count).length, 2);
});

test('keys and values are views of the batch, not copies', () => {
  const batch = sample();
  const cursor = new RecordCursor();
  cursor.open(batch, 0);
  cursor.next();
  batch[cursor.valueAt] = 'V'.charCodeAt(0);
  assert.equal(cursor.value()?.toString(), 'Value');
  assert.equal(cursor.value()?.buffer, batch.buffer);
});

test('one cursor reads batch after batch, also after a damaged one', () => {
  const cursor = new RecordCursor();
  cursor.open(around(Buffer.from('7f', 'hex').fill(0x7f, 0, 1), 0), 0);
  assert.throws(() => cursor.next(), KlammError);
  cursor.open(sample(), 0);
  assert.equal(cursor.next(), true);
  assert.equal(cursor.offset, 100);
});

test('a batch without records has none', () => {
  assert.equal(readAll(around(Buffer.alloc(0), 0)), 0);
});

test('damage in a record is refused', () => {
  assert.equal(readAll(around(Buffer.from('0e00000001027600', 'hex'), 1)), 1);
  refused('0c00000001027600'); // the record ends before its value
  refused('1000000001027600'); // it ends after the batch
  refused('0100000001027600'); // it has a negative size
  refused('0e00000001047600'); // the value is longer than the record
  refused('0e00000002027600'); // key and value together are
  refused('0e00000003027600'); // the key's size is -2
  refused('0e00000001037600'); // the value's size is -2
  refused('0e00000001027601'); // a negative number of headers
  refused('0e00000001027602'); // a header without bytes
  refused('10000000010276' + '0000'); // a byte left over in the record
  refused('0e00000001027600' + '00'); // a byte left over in the batch
  refused('0e000000ffffffff0f'); // a key of 2 GiB
  refused('ffffffff7f000000010276'); // a varint of more than 32 bits
  refused('0e00000001ffffffff0f'); // a value of 2 GiB
  refused('1c00feffffffffffffffff010001027600'); // a timestamp beyond 2^53
  refused('0e00000001027600', 2); // a second record that is not there
});

test('damage in headers is refused when they are asked for, and only then', () => {
  // One header whose key is longer than the record; then one with bytes left over behind it.
  for (const hex of ['1000000001010208' + '01', '1400000001010202' + '610100']) {
    const cursor = new RecordCursor();
    cursor.open(around(Buffer.from(hex, 'hex'), 1), 0);
    assert.equal(cursor.next(), true);
    assert.throws(() => cursor.headers(), { code: 'CORRUPT_MESSAGE' });
  }
});

test('counts that the bytes cannot hold are refused before anything is read', () => {
  for (const count of [-1, 2, 1000, 0x7fffffff]) {
    const cursor = new RecordCursor();
    const batch = around(Buffer.from('0e00000001027600', 'hex'), count);
    assert.throws(() => cursor.open(batch, 0), { code: 'CORRUPT_MESSAGE', message: /offset 100/ });
  }
});

test('a compressed batch is not read as if it were plain', () => {
  const builder = new BatchBuilder();
  builder.append(null, 'v');
  const batch = builder.build({ compression: Compression.gzip });
  assert.throws(() => new RecordCursor().open(batch, 0), { code: 'CORRUPT_MESSAGE' });
  assert.equal([...recordsOf(batch, 0)].length, 1);
  assert.throws(() => [...recordsOf(batch, 0, 5)], { code: 'MESSAGE_TOO_LARGE' });
});

test('timestamps of any safe size are exact', () => {
  const builder = new BatchBuilder();
  const timestamps = [
    0,
    2 ** 52,
    -(2 ** 52),
    2 ** 31 - 1,
    2 ** 31,
    -(2 ** 31),
    -(2 ** 31) - 1,
    2 ** 28,
    2 ** 35 + 1,
  ];
  for (const timestamp of timestamps) builder.append(null, null, [], timestamp);
  assert.deepEqual(
    [...recordsOf(builder.build(), 0)].map(({ timestamp }) => timestamp),
    timestamps,
  );
});

test('no bytes do more than be refused', () => {
  const valid = sample();
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 120 }),
      fc.integer({ min: 0, max: 20 }),
      fc.array(fc.tuple(fc.nat(valid.length - BATCH_HEADER_BYTES - 1), fc.nat(255)), { maxLength: 3 }),
      (noise, count, changes) => {
        const mutated = Buffer.from(valid);
        for (const [at, byte] of changes) mutated[BATCH_HEADER_BYTES + at] = byte;
        for (const batch of [around(Buffer.from(noise), count), mutated]) {
          try {
            readAll(batch);
          } catch (thrown) {
            assert.ok(thrown instanceof KlammError);
            assert.equal(thrown.code, 'CORRUPT_MESSAGE');
          }
        }
      },
    ),
    { numRuns: 500 },
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Compression, checkBatch } from '@klamm/protocol/records/batch';
import { BatchBuilder } from '@klamm/protocol/records/builder';
import { recordsOf } from '@klamm/protocol/records/record';
import fc from 'fast-check';
import { filteredBatch } from './batch-filter.ts';
import { OffsetMap } from './offset-map.ts';

const NOW_MS = 1_750_000_000_000;
const BASE_OFFSET = 1000;
const FATE = { isObsolete: false, staysEmpty: false };

const record = fc.record({
  key: fc.constantFrom('a', 'b', 'c', 'd', 'a key that is longer than others'),
  // A tombstone has no value.
  value: fc.option(fc.string({ maxLength: 40 }), { freq: 4 }),
  headers: fc.array(fc.record({ key: fc.string({ maxLength: 5 }), value: fc.string() }), { maxLength: 2 }),
  age: fc.nat(1_000_000),
});
const codecs = fc.constantFrom(...Object.values(Compression));

test('what stays of a batch is the newest record of each key, as it was, whatever the compression', () => {
  fc.assert(
    fc.property(
      fc.array(record, { minLength: 1, maxLength: 60 }),
      codecs,
      fc.boolean(),
      (records, compression, isAppendTime) => {
        const builder = new BatchBuilder();
        for (const { key, value, headers, age } of records) builder.append(key, value, headers, NOW_MS - age);
        const times = isAppendTime ? { logAppendTimeMs: NOW_MS } : {};
        const batch = builder.build({ baseOffset: BASE_OFFSET, compression, ...times });
        const map = new OffsetMap(100_000);
        for (const [i, { key }] of records.entries())
          map.put(Buffer.from(key), 0, key.length, BASE_OFFSET + i);
        const left = filteredBatch(Buffer.from(batch), FATE, { map, nowMs: NOW_MS, deleteRetentionMs: 1000 });
        assert.equal(checkBatch(left, 0, left.length), 'ok');
        const newest = new Map<string, number>(records.map(({ key }, i) => [key, BASE_OFFSET + i]));
        const expected = [...recordsOf(batch, 0)].filter(
          ({ key, offset }) => newest.get(`${key}`) === offset,
        );
        assert.deepEqual([...recordsOf(left, 0)], expected);
      },
    ),
  );
});

test('a batch of which all stays is the same bytes, and one of which nothing stays is none', () => {
  const builder = new BatchBuilder();
  builder.append('a', 'value', [], NOW_MS);
  const batch = builder.build({ baseOffset: BASE_OFFSET });
  const rulesFor = (offset: number) => {
    const map = new OffsetMap(1000);
    map.put(Buffer.from('a'), 0, 1, offset);
    return { map, nowMs: NOW_MS, deleteRetentionMs: 1000 };
  };
  assert.equal(filteredBatch(batch, FATE, rulesFor(BASE_OFFSET)), batch);
  assert.equal(filteredBatch(batch, FATE, rulesFor(BASE_OFFSET + 1)).length, 0);
});

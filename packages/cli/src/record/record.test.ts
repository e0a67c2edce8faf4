// Records as JSON, there and back.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseRecord, recordRow } from './record.ts';

const bytes = fc.option(
  fc.oneof(
    fc.string().map((text) => Buffer.from(text)),
    fc.uint8Array().map((array) => Buffer.from(array)),
  ),
);

test('what consume prints as ndjson, produce reads back byte for byte', () => {
  const headers = fc.array(fc.record({ key: fc.string(), value: bytes }, { noNullPrototype: true }), {
    maxLength: 3,
  });
  fc.assert(
    fc.property(bytes, bytes, headers, fc.nat(), (key, value, headers, timestamp) => {
      const row = recordRow({ topic: 't', partition: 0, offset: 1, timestamp, key, value, headers });
      assert.deepEqual(parseRecord(JSON.stringify(row), 'line 1'), { key, value, headers, timestamp });
    }),
  );
});

test('JSON written by hand may hold any JSON as a value, and headers as an object', () => {
  assert.deepEqual(parseRecord('{"value": {"id": 1}, "key": 7, "headers": {"h": "x"}}', 'line 1'), {
    key: Buffer.from('7'),
    value: Buffer.from('{"id":1}'),
    headers: [{ key: 'h', value: Buffer.from('x') }],
    timestamp: undefined,
  });
});

test('a line that is no record is refused with its number', () => {
  for (const line of [
    '{',
    '1',
    '[]',
    'null',
    '{}',
    '{"value":"x","timestamp":-1}',
    '{"value":"x","headers":7}',
    '{"value":"x","headers":[{}]}',
    '{"valueBase64":3}',
  ]) {
    assert.throws(() => parseRecord(line, 'line 3'), { code: 'USAGE', message: /^line 3/ }, line);
  }
});

// Format strings, row by row.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileFormat } from './format.ts';

const record = {
  topic: 'orders',
  partition: 2,
  offset: 47,
  timestamp: 1_700_000_000_000,
  key: Buffer.from('k1'),
  value: Buffer.from([0xff, 0x00]),
  headers: [
    { key: 'a', value: Buffer.from('1') },
    { key: 'b', value: null },
  ],
};

test('each token and escape writes what it stands for', () => {
  const rows: readonly (readonly [string, Buffer | string])[] = [
    ['%t/%p/%o', 'orders/2/47'],
    ['%T', '1700000000000'],
    ['%k', 'k1'],
    ['%s', record.value],
    ['%K %S', '2 2'],
    ['%R', Buffer.from([0, 0, 0, 2])],
    ['%h', 'a=1,b=NULL'],
    ['100%%', '100%'],
    ['\\n\\t\\r\\\\', '\n\t\r\\'],
    ['\\x1f\\0', '\u001f\0'],
    ['', ''],
    ['plain é', 'plain é'],
  ];
  for (const [format, expected] of rows) {
    assert.deepEqual(compileFormat(format)(record), Buffer.from(expected as string), format);
  }
});

test('no key and no value are empty, with size -1', () => {
  const none = { ...record, key: null, value: null };
  assert.equal(compileFormat('[%k|%s|%K|%S]')(none).toString(), '[||-1|-1]');
});

test('an unknown token, escape or a lone % is refused', () => {
  for (const format of ['%q', '50%', '\\q', 'end\\']) {
    assert.throws(() => compileFormat(format), { code: 'USAGE' }, format);
  }
});

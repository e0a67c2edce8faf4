import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressText, parseAddresses } from './address.ts';

test('addresses are read as people write them', () => {
  assert.deepEqual(parseAddresses('a:1, b'), [
    { host: 'a', port: 1 },
    { host: 'b', port: 9092 },
  ]);
  assert.deepEqual(parseAddresses(['[::1]:9093', '10.0.0.1:9092']).map(addressText), [
    '[::1]:9093',
    '10.0.0.1:9092',
  ]);
});

test('what is no address is refused by name', () => {
  for (const wrong of ['', ' , ', 'a:0', 'a:70000', 'http://a:1', 'a b', ':9092']) {
    assert.throws(() => parseAddresses(wrong), { code: 'INVALID_CONFIG' }, wrong);
  }
});

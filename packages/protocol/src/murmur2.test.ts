import assert from 'node:assert/strict';
import { test } from 'node:test';
import { murmur2, toPositive } from './murmur2.ts';

// As Apache Kafka 4.3.1's Utils.murmur2 answers.
const KNOWN: readonly [key: string, hash: number][] = [
  ['', 275646681],
  ['a', -1563381124],
  ['ab', 316155434],
  ['abc', 479470107],
  ['abcd', -1323649548],
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['grüße, Welt ☃', 778392785],
];

test("hashes are those of Java's client", () => {
  for (const [key, hash] of KNOWN) assert.equal(murmur2(Buffer.from(key)), hash, key);
  assert.equal(murmur2(Uint8Array.from({ length: 256 }, (_, index) => index)), -1948347274);
});

test('toPositive clears the sign and is not the absolute value', () => {
  assert.equal(toPositive(-1), 0x7fffffff);
  assert.equal(toPositive(-0x80000000), 0);
  assert.equal(toPositive(-973932308), 1173551340);
  assert.equal(toPositive(5), 5);
});

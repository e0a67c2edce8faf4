import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { keyHash } from './key-hash.ts';
import { OffsetMap } from './offset-map.ts';

test('a key is hashed where it lies, as MD5 has it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(5), (key, at) => {
      const bytes = Buffer.concat([Buffer.alloc(at, 1), key, Buffer.alloc(3, 2)]);
      const words = Buffer.alloc(16);
      for (const [i, word] of keyHash(bytes, at, key.length).entries()) words.writeUInt32LE(word, 4 * i);
      assert.equal(words.toString('hex'), hash('md5', key));
    }),
  );
});

test('the newest offset of each of many keys is found, and none of a key that was never there', () => {
  const map = new OffsetMap(4 * 1024 * 1024);
  const keyOf = (i: number): Buffer => Buffer.from(`key-${i}`);
  const put = (i: number, offset: number): void => map.put(keyOf(i), 0, keyOf(i).length, offset);
  const get = (i: number): number => map.get(keyOf(i), 0, keyOf(i).length);
  const first = 2 ** 40;
  for (let i = 0; i < 50_000; i++) put(i, first + i);
  for (let i = 0; i < 50_000; i += 3) put(i, first + 100_000 + i);
  for (let i = 0; i < 50_000; i++) assert.equal(get(i), first + i + (i % 3 === 0 ? 100_000 : 0));
  assert.equal(get(50_001), -1);
  assert.equal(map.isFull, false);
  assert.equal(map.latestOffset, first + 149_998);
});

test('a map that is full keeps what it has, and takes nothing more', () => {
  const map = new OffsetMap(16 * 100);
  let offset = 0;
  for (; !map.isFull; offset++) map.put(Buffer.from(`${offset}`), 0, `${offset}`.length, offset);
  assert.equal(offset, 90);
  map.put(Buffer.from('more'), 0, 4, offset);
  assert.equal(map.latestOffset, 89);
  assert.equal(map.get(Buffer.from('more'), 0, 4), -1);
  assert.equal(map.get(Buffer.from('89'), 0, 2), 89);
});

test('offsets too far apart for one map fill it: the pass ends before the one that is', () => {
  const map = new OffsetMap(1024);
  map.put(Buffer.from('a'), 0, 1, 5);
  map.put(Buffer.from('b'), 0, 1, 5 + 0xffffffff);
  assert.equal(map.isFull, true);
  assert.equal(map.latestOffset, 5);
  assert.equal(map.get(Buffer.from('a'), 0, 1), 5);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomUuid, seededRandom, ZERO_UUID } from './random.ts';

test('an id is a version 4 UUID in 22 characters that no command line takes for a flag', () => {
  for (let i = 0; i < 2000; i++) {
    const id = randomUuid();
    assert.match(id, /^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/);
    const bytes = Buffer.from(id, 'base64url');
    assert.equal(bytes.length, 16);
    assert.equal((bytes[6] ?? 0) >> 4, 4);
    assert.equal((bytes[8] ?? 0) >> 6, 2);
  }
});

test('the zero id is sixteen zero bytes', () => {
  assert.deepEqual(Buffer.from(ZERO_UUID, 'base64url'), Buffer.alloc(16));
});

test('a seed repeats itself, and another seed differs', () => {
  const draw = (seed: number): number[] => Array.from({ length: 50 }, seededRandom(seed));
  assert.deepEqual(draw(7), draw(7));
  assert.notDeepEqual(draw(7), draw(8));
  assert.ok(draw(9).every((value) => value >= 0 && value < 1));
});

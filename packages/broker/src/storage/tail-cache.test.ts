import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TailCache, TailCacheBudget } from './tail-cache.ts';

const BATCH_BYTES = 100;
const CHUNK_BYTES = 64 * 1024;

/** Appends small batches, each alone in a chunk as a socket delivers it. */
function fill(cache: TailCache, count: number): void {
  for (let offset = 0; offset < count; offset++) {
    const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    cache.add(offset, offset, chunk.subarray(1000, 1000 + BATCH_BYTES).fill(offset & 0xff));
  }
}

test('small batches are read as they were appended, and do not keep the chunks they came in', () => {
  const cache = new TailCache(new TailCacheBudget());
  fill(cache, 1000);
  let held = 0;
  for (let offset = 0; offset < 1000; offset++) {
    const batch = cache.read(offset, BATCH_BYTES, 1000, true);
    assert.deepEqual(batch, Buffer.alloc(BATCH_BYTES, offset & 0xff));
    held = Math.max(held, batch?.buffer.byteLength ?? 0);
  }
  assert.ok(held <= CHUNK_BYTES);
  const first = cache.read(0, BATCH_BYTES, 1000, true)?.buffer;
  assert.equal(cache.read(1, BATCH_BYTES, 1000, true)?.buffer, first, 'neighbours share their memory');
});

test('a log of small batches holds fewer of them, so that what they take stays bounded', () => {
  const budget = new TailCacheBudget();
  const cache = new TailCache(budget);
  fill(cache, 20_000);
  assert.ok(budget.bytes <= 1024 * 1024);
  assert.equal(cache.read(19_999 - 4000, BATCH_BYTES, 20_000, true), undefined);
  assert.equal(cache.read(19_999 - 3000, BATCH_BYTES, 20_000, true)?.length, BATCH_BYTES);
  cache.clear();
  assert.equal(budget.bytes, 0);
});

test('batches that were cut off are not read, and others in their place are', () => {
  const cache = new TailCache(new TailCacheBudget());
  fill(cache, 10);
  cache.truncateTo(5);
  cache.add(5, 5, Buffer.alloc(BATCH_BYTES, 0xee));
  assert.deepEqual(cache.read(5, BATCH_BYTES, 10, true), Buffer.alloc(BATCH_BYTES, 0xee));
  assert.deepEqual(cache.read(4, BATCH_BYTES, 10, true), Buffer.alloc(BATCH_BYTES, 4));
});

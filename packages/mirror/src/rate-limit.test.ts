import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '@klamm/base/clock';
import { RateLimit } from './rate-limit.ts';

test('what goes out in a minute is what the rate allows', () => {
  let now = 0;
  const limit = new RateLimit({ ...systemClock, monotonic: () => now }, 1000);
  let bytes = 0;
  while (now < 60_000) {
    const { waitMs } = limit;
    if (waitMs > 0) now += waitMs;
    else {
      limit.spend(300);
      bytes += 300;
    }
  }
  assert.ok(Math.abs(bytes - 60_000) <= 1000, String(bytes));
});

test('a batch of more than a second goes out, and is waited for afterwards', () => {
  let now = 0;
  const limit = new RateLimit({ ...systemClock, monotonic: () => now }, 1000);
  assert.equal(limit.waitMs, 0);
  limit.spend(5000);
  assert.ok(limit.waitMs > 4000);
  now = 5000;
  assert.equal(limit.waitMs, 0);
});

test('no limit waits for nothing', () => {
  const limit = new RateLimit(systemClock, Number.POSITIVE_INFINITY);
  limit.spend(1e12);
  assert.equal(limit.waitMs, 0);
});

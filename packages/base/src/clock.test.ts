import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sleep, systemClock } from './clock.ts';

test('a wait beyond 2^31 ms does not fire at once', async () => {
  let fired = false;
  const timer = systemClock.after(2 ** 40, () => {
    fired = true;
  });
  await sleep(systemClock, 20);
  timer.cancel();
  assert.equal(fired, false);
});

test('a cancelled timer does not fire', async () => {
  let fired = false;
  const timer = systemClock.after(1, () => {
    fired = true;
  });
  timer.cancel();
  timer.cancel();
  await sleep(systemClock, 20);
  assert.equal(fired, false);
});

test('a sleep ends with the reason of the signal that aborts it', async () => {
  const stop = new AbortController();
  const sleeping = sleep(systemClock, 60_000, stop.signal);
  stop.abort(new Error('enough'));
  await assert.rejects(sleeping, /enough/);
  await assert.rejects(sleep(systemClock, 1, AbortSignal.abort(new Error('before'))), /before/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clock, systemClock } from '@klamm/base/clock';
import { KlammError } from '@klamm/base/errors';
import { firstOf } from './first-of.ts';

/** A clock whose timers ring when the test says so. */
function handClock() {
  const timers = new Set<() => void>();
  const clock: Clock = {
    ...systemClock,
    after(_delayMs, callback) {
      timers.add(callback);
      return { cancel: () => void timers.delete(callback) };
    },
  };
  const ring = (): void => {
    for (const callback of [...timers]) {
      timers.delete(callback);
      callback();
    }
  };
  return { clock, timers, ring };
}

const never = (): Promise<never> => new Promise(() => {});
const failing = (retriable: boolean) => async (): Promise<never> => {
  throw new KlammError('no', { code: retriable ? 'LATER' : 'NEVER', retriable });
};

test('the next attempt begins when one fails, or takes its time, and none once one has succeeded', async () => {
  const { clock, timers, ring } = handClock();
  const begun: string[] = [];
  const attempt = (name: string, work: () => Promise<string>) => (): Promise<string> => {
    begun.push(name);
    return work();
  };
  let succeed = (_: string): void => {};
  const slow = (): Promise<string> =>
    new Promise((resolve) => {
      succeed = resolve;
    });
  const all = [
    attempt('slow', slow),
    attempt('refused', failing(true)),
    attempt('silent', never),
    attempt('spare', async () => 'spare'),
  ];
  const first = firstOf(clock, 500, all);
  assert.deepEqual(begun, ['slow']);
  ring();
  await Promise.resolve();
  await Promise.resolve();
  assert.deepEqual(begun, ['slow', 'refused', 'silent']);
  succeed('late, but first');
  assert.equal(await first, 'late, but first');
  assert.equal(timers.size, 0);
  ring();
  assert.deepEqual(begun, ['slow', 'refused', 'silent']);
});

test('where all fail, the error that no other attempt mends is told, else the last', async () => {
  const { clock, timers } = handClock();
  const [later, never] = [failing(true), failing(false)];
  await assert.rejects(firstOf(clock, 500, [later, never, later]), { code: 'NEVER' });
  await assert.rejects(firstOf(clock, 500, [later, later]), { code: 'LATER' });
  assert.equal(timers.size, 0);
});

// The first success of several attempts that begin one after the other: the next when one fails, or when those before
// have kept everybody waiting for a while. Those that are not needed any more are left to end by themselves.

import type { Clock } from '@klamm/base/clock';
import { KlammError } from '@klamm/base/errors';

/**
 * @param attempts at least one
 * @throws where all fail: an error that trying again does not mend, where one is among them; else the last
 */
export function firstOf<T>(
  clock: Clock,
  staggerMs: number,
  attempts: readonly (() => Promise<T>)[],
): Promise<T> {
  return new Promise((resolve, reject) => {
    const errors: unknown[] = [];
    let begun = 0;
    let isDecided = false;
    let cancel = (): void => {};
    const begin = (): void => {
      cancel();
      const attempt = attempts[begun];
      if (attempt === undefined || isDecided) return;
      begun++;
      const timer = clock.after(staggerMs, begin, true);
      cancel = () => timer.cancel();
      attempt().then(succeed, fail);
    };
    const succeed = (value: T): void => {
      isDecided = true;
      cancel();
      resolve(value);
    };
    const fail = (cause: unknown): void => {
      errors.push(cause);
      if (errors.length < attempts.length) begin();
      else {
        isDecided = true;
        cancel();
        reject(errors.find(isFinal) ?? cause);
      }
    };
    begin();
  });
}

function isFinal(cause: unknown): boolean {
  return !(cause instanceof KlammError) || !cause.retriable;
}

// A promise that is not waited for longer than it is worth.

import type { Clock } from '@klamm/base/clock';

/** Resolves when `work` has settled, however it did, or `ms` are over. Never rejects. */
export function within(clock: Clock, ms: number, work: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.after(ms, resolve, true);
    const done = (): void => {
      timer.cancel();
      resolve();
    };
    work.then(done, done);
  });
}

// The only place that reads the time or starts a timer, so that tests can hold both still.

/** A timer that was started; `cancel` is idempotent. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds from an arbitrary start; never goes back. */
  monotonic(): number;
  /**
   * Calls back once, `delayMs` from now. It keeps the process alive only where `hold` says so: for work somebody
   * waits for (a back-off, a linger), not for housekeeping.
   */
  after(delayMs: number, callback: () => void, hold?: boolean): Timer;
  /** Calls back again and again, `intervalMs` apart; never keeps the process alive. */
  every(intervalMs: number, callback: () => void): Timer;
}

// setTimeout fires at once for more than 2^31 - 1 ms; such a wait is as good as for ever (24.8 days).
const LONGEST_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, callback, hold = false) {
    const handle = setTimeout(callback, Math.min(Math.max(delayMs, 0), LONGEST_MS));
    if (!hold) handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
  every(intervalMs, callback) {
    const handle = setInterval(callback, Math.min(Math.max(intervalMs, 1), LONGEST_MS));
    handle.unref();
    return { cancel: () => clearInterval(handle) };
  },
};

/** Resolves after `delayMs`, or rejects with the signal's reason when it is aborted first. Keeps the process alive. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = (): void => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.after(
      delayMs,
      () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      },
      true,
    );
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

// One timer for the earliest of many waits. It holds the process: records wait for it.

import type { Clock, Timer } from '@klamm/base/clock';

export class WakeTimer {
  readonly #clock: Clock;
  readonly #onWake: () => void;
  #timer: Timer | undefined;
  #at = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, onWake: () => void) {
    this.#clock = clock;
    this.#onWake = onWake;
  }

  /** Wakes at `at` on the monotonic clock, or before. */
  wakeAt(at: number): void {
    if (at >= this.#at) return;
    this.#timer?.cancel();
    this.#at = at;
    const wake = (): void => {
      this.#at = Number.POSITIVE_INFINITY;
      this.#onWake();
    };
    this.#timer = this.#clock.after(Math.max(0, Math.ceil(at - this.#clock.monotonic())), wake, true);
  }

  /** Wakes no more. */
  stop(): void {
    this.#timer?.cancel();
    this.#at = Number.NEGATIVE_INFINITY;
  }
}

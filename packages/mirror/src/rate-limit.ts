// Holds writing to so many bytes a second: what went out is paid for afterwards, so that a batch larger than a second's
// worth passes too.

import type { Clock } from '@klamm/base/clock';

/** So much may go out at once after a rest, in seconds' worth. */
const BURST_S = 0.25;

export class RateLimit {
  readonly #clock: Clock;
  readonly #bytesPerSecond: number;
  #credit: number;
  #at: number;

  /** @param bytesPerSecond `Infinity` for no limit */
  constructor(clock: Clock, bytesPerSecond: number) {
    this.#clock = clock;
    this.#bytesPerSecond = bytesPerSecond;
    this.#credit = bytesPerSecond * BURST_S;
    this.#at = clock.monotonic();
  }

  spend(bytes: number): void {
    if (this.#bytesPerSecond === Number.POSITIVE_INFINITY) return;
    this.#refill();
    this.#credit -= bytes;
  }

  /** How long to wait before anything more may go out, in ms; 0 for not at all. */
  get waitMs(): number {
    if (this.#bytesPerSecond === Number.POSITIVE_INFINITY) return 0;
    this.#refill();
    return this.#credit > 0 ? 0 : Math.ceil(((1 - this.#credit) / this.#bytesPerSecond) * 1000);
  }

  #refill(): void {
    const now = this.#clock.monotonic();
    const most = this.#bytesPerSecond * BURST_S;
    this.#credit = Math.min(most, this.#credit + ((now - this.#at) / 1000) * this.#bytesPerSecond);
    this.#at = now;
  }
}

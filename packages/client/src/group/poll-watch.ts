// Sees whether the program asks for messages often enough (maxPollIntervalMs, KIP-62).
//
// A reader is busy from when it is given a message until it asks for the next. The first that is busy for too long is
// told once; heartbeats do not depend on it.

import type { Clock, Timer } from '@klamm/base/clock';

export class PollWatch {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #onTooLong: () => void;
  /** Readers that are busy, and since when, on the monotonic clock; the longest first. */
  readonly #busy = new Map<object, number>();
  #timer: Timer | undefined;

  constructor(clock: Clock, intervalMs: number, onTooLong: () => void) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#onTooLong = onTooLong;
  }

  /** The reader has been given a message. */
  begin(reader: object): void {
    this.#busy.delete(reader);
    this.#busy.set(reader, this.#clock.monotonic());
    this.#timer ??= this.#clock.after(this.#intervalMs, () => this.#look());
  }

  /** The reader asks for the next. */
  end(reader: object): void {
    this.#busy.delete(reader);
  }

  close(): void {
    this.#busy.clear();
    this.#timer?.cancel();
  }

  #look(): void {
    this.#timer = undefined;
    const [longest] = this.#busy.values();
    if (longest === undefined) return;
    const left = longest + this.#intervalMs - this.#clock.monotonic();
    if (left > 0) this.#timer = this.#clock.after(left, () => this.#look());
    else this.#onTooLong();
  }
}

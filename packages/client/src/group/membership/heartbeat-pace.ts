// When a member of the consumer protocol sends its next heartbeat: at its interval, and sooner where the coordinator is
// likely to have news for it.
//
// The protocol has no way to push. A member that joined waits for partitions that others give back, and is told only
// when it asks; so after good news it asks soon again, a little later each time, for about as long as the others need to
// hear of it. The rate is bounded: 20 requests at the most after each piece of news.

import type { Clock } from '@klamm/base/clock';

const SOON_MS = 50;
const SOON_MOST_MS = 300;
const INTERVAL_LEAST_MS = 10;
/** Others hear of a change at their next heartbeat, and need a moment to give partitions back. */
const OTHERS_INTERVAL_MS = 5000;
const OTHERS_MOMENT_MS = 500;

export class HeartbeatPace {
  readonly #clock: Clock;
  readonly #intervalMost: number;
  #interval: number;
  #soon = SOON_MS;
  #soonUntil = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, intervalMost: number) {
    this.#clock = clock;
    this.#intervalMost = intervalMost;
    this.#interval = intervalMost;
  }

  set interval(brokers: number) {
    this.#interval = Math.max(INTERVAL_LEAST_MS, Math.min(brokers, this.#intervalMost));
  }

  get interval(): number {
    return this.#interval;
  }

  /** `once`: one early heartbeat. `more`: partitions came, or the member joined; more may follow. */
  news(which: 'once' | 'more'): void {
    this.#soon = SOON_MS;
    const now = this.#clock.monotonic();
    const until = which === 'once' ? now : now + OTHERS_INTERVAL_MS + OTHERS_MOMENT_MS;
    this.#soonUntil = Math.max(this.#soonUntil, until);
  }

  /** How long to wait after an answer to a heartbeat that was sent at `sentAt`. */
  delayAfter(sentAt: number): number {
    const now = this.#clock.monotonic();
    const regular = Math.max(0, sentAt + this.#interval - now);
    const soon = this.#soon;
    const isSoon = now <= this.#soonUntil || soon === SOON_MS;
    this.#soon = Math.min(soon * 2, SOON_MOST_MS);
    return isSoon ? Math.min(soon, regular) : regular;
  }
}

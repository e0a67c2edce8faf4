// When a member sends its next heartbeat: at its interval, and sooner where the coordinator is likely to have news.
//
// Neither protocol has a way to push. A member that joined waits for partitions that others give back, and is told only
// when it asks; so after such news it asks soon again, a little later each time, for about as long as the others need
// to hear of it. The rate is bounded: two dozen requests at the most after each piece of news. A broker that answers when
// there is news, as Klamm's does, has an early one to answer.

import type { Clock } from '@klamm/base/clock';

const SOON_MS = 5;
const SOON_MOST_MS = 300;
const INTERVAL_LEAST_MS = 10;

export class HeartbeatPace {
  readonly #clock: Clock;
  readonly #intervalMost: number;
  readonly #expectMs: number;
  #interval: number;
  #soon = SOON_MOST_MS;
  #soonUntil = Number.NEGATIVE_INFINITY;

  /** @param expectMs how long after `news('more')` more is expected */
  constructor(clock: Clock, intervalMost: number, expectMs: number) {
    this.#clock = clock;
    this.#expectMs = expectMs;
    this.#intervalMost = intervalMost;
    this.#interval = intervalMost;
  }

  set interval(brokers: number) {
    this.#interval = Math.max(INTERVAL_LEAST_MS, Math.min(brokers, this.#intervalMost));
  }

  get interval(): number {
    return this.#interval;
  }

  /** `once`: one early heartbeat. `more`: the group is on the move, and more may follow. */
  news(which: 'once' | 'more'): void {
    this.#soon = SOON_MS;
    const now = this.#clock.monotonic();
    const until = which === 'once' ? now : now + this.#expectMs;
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

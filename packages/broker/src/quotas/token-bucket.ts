// Tokens that come at a rate and are kept up to a burst (org.apache.kafka.common.metrics.stats.TokenBucket). More may be
// taken than are there, once: the debt has to be waited out.

export interface BucketSize {
  /** Tokens a second. */
  readonly rate: number;
  /** Tokens at the most, and at the beginning. */
  readonly burst: number;
}

export class TokenBucket {
  #tokens: number | undefined;
  #at = 0;

  take(count: number, size: BucketSize, now: number): void {
    this.#tokens = this.#filled(size, now) - count;
    this.#at = now;
  }

  /** How long until no tokens are owed, in ms; 0 where none are. */
  debtMs(size: BucketSize, now: number): number {
    const tokens = this.#filled(size, now);
    return tokens >= 0 ? 0 : Math.ceil((-tokens / size.rate) * 1000);
  }

  #filled({ rate, burst }: BucketSize, now: number): number {
    if (this.#tokens === undefined) return burst;
    return Math.min(burst, this.#tokens + (rate * (now - this.#at)) / 1000);
  }
}

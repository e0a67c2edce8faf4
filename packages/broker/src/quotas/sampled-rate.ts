// How much a second, over a number of windows of time (org.apache.kafka.common.metrics.stats.Rate and SampledStat).
//
// Windows that have not passed yet count as if nothing had come in them: who has been silent may send for a while what
// all the windows allow.

interface Sample {
  readonly from: number;
  total: number;
}

export class SampledRate {
  readonly #windows: number;
  readonly #windowMs: number;
  #samples: Sample[] = [];

  constructor(windows: number, windowMs: number) {
    this.#windows = windows;
    this.#windowMs = windowMs;
  }

  /** Negative where something is taken back. */
  record(amount: number, now: number): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && now - last.from < this.#windowMs) last.total += amount;
    else this.#samples.push({ from: now, total: amount });
    this.#forget(now);
  }

  /** A second. */
  rate(now: number): number {
    this.#forget(now);
    const total = this.#samples.reduce((sum, sample) => sum + sample.total, 0);
    return total / (this.spanMs(now) / 1000);
  }

  /** The time that the rate is over, in ms. */
  spanMs(now: number): number {
    const oldest = this.#samples[0]?.from ?? now;
    const elapsed = now - oldest;
    const full = Math.floor(elapsed / this.#windowMs);
    const missing = Math.max(0, this.#windows - 1 - full);
    return Math.max(elapsed + missing * this.#windowMs, this.#windowMs);
  }

  /** True when nothing is left of what came. */
  isEmpty(now: number): boolean {
    this.#forget(now);
    return this.#samples.length === 0;
  }

  #forget(now: number): void {
    const old = now - this.#windows * this.#windowMs;
    if ((this.#samples[0]?.from ?? now) <= old)
      this.#samples = this.#samples.filter(({ from }) => from > old);
  }
}

// Which offset of a target partition stands for which offset of its source: the same, or, behind each break, another.
//
// A break says that what is from a source offset on stands from a target offset on. Target offsets grow with source
// offsets, and never faster. Breaks are written down before anything is written behind them, so that the end of the
// target always tells how far the source was read.

export interface Break {
  readonly source: number;
  readonly target: number;
}

export class OffsetMap {
  /** By source offset. */
  readonly #breaks: Break[];

  constructor(breaks: readonly Break[] = []) {
    this.#breaks = [...breaks].sort((a, b) => a.source - b.source);
  }

  get breaks(): readonly Break[] {
    return this.#breaks;
  }

  /** True where every offset is the same. */
  get isSame(): boolean {
    return this.#breaks.every(({ source, target }) => source === target);
  }

  /** Whatever is at `source` and behind it stands at `target` and behind it. Breaks are added in their order. */
  add(at: Break): void {
    this.#breaks.push(at);
  }

  /** Where a reader that is at `source` goes on: at what stands for it, or for the first offset behind it that is kept. */
  toTarget(source: number): number {
    const index = this.#breaks.findLastIndex((each) => each.source <= source);
    const at = this.#breaks[index];
    const target = at === undefined ? source : at.target + (source - at.source);
    const next = this.#breaks[index + 1];
    if (next !== undefined) return Math.min(target, next.target);
    return target;
  }

  /** The source offset from which on nothing has been written where the target ends at `target`. */
  toSource(target: number): number {
    const at = this.#breaks.findLast((each) => each.target <= target);
    return at === undefined ? target : at.source + (target - at.target);
  }
}

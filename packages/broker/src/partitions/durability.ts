// Those who wait for an offset to be written or synced: first come, first answered, without a promise each.

interface Awaited {
  readonly offset: number;
  readonly done: (error?: Error) => void;
}

export class DurabilityQueue {
  #waiting: Awaited[] = [];
  #first = 0;

  /** Calls back when all below `offset` has been reached. Offsets must not descend from call to call. */
  add(offset: number, done: (error?: Error) => void): void {
    this.#waiting.push({ offset, done });
  }

  /** Everything below `offset` has been reached. */
  reached(offset: number): void {
    let first = this.#waiting[this.#first];
    while (first !== undefined && first.offset <= offset) {
      this.#first++;
      first.done();
      first = this.#waiting[this.#first];
    }
    if (first === undefined) {
      this.#waiting = [];
      this.#first = 0;
    } else if (this.#first > 1024) {
      this.#waiting = this.#waiting.slice(this.#first);
      this.#first = 0;
    }
  }

  /** What waits for anything beyond `offset` will not get it. */
  failBeyond(offset: number, error: Error): void {
    const failed = this.#waiting.slice(this.#first).filter((waiting) => waiting.offset > offset);
    this.#waiting = this.#waiting.slice(this.#first).filter((waiting) => waiting.offset <= offset);
    this.#first = 0;
    for (const { done } of failed) done(error);
  }
}

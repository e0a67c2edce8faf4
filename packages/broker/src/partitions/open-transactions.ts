// The transactions that are open in one partition, and those that have ended but whose marker readers cannot see yet.
//
// Readers of committed records stop at the first offset of the oldest of either: of an open one nobody knows how it
// ends, and a marker beyond the high watermark could still be lost. KIP-98;
// org.apache.kafka.storage.internals.log.ProducerStateManager (ongoingTxns, unreplicatedTxns).

interface Ended {
  readonly firstOffset: number;
  readonly markerOffset: number;
}

export class OpenTransactions {
  /** Producer ids by first offset; they are added as offsets grow, so the first one is the oldest. */
  readonly #open = new Map<number, number>();
  #ended: Ended[] = [];

  begin(firstOffset: number, producerId: number): void {
    this.#open.set(firstOffset, producerId);
  }

  end(firstOffset: number, markerOffset: number): void {
    this.#open.delete(firstOffset);
    this.#ended.push({ firstOffset, markerOffset });
  }

  /** First offset of the oldest open transaction; undefined where none is. */
  get firstOpen(): number | undefined {
    for (const firstOffset of this.#open.keys()) return firstOffset;
    return undefined;
  }

  /** What readers of committed records must not pass; undefined where nothing is in their way. */
  get firstUnstable(): number | undefined {
    let first = this.firstOpen;
    for (const { firstOffset } of this.#ended) {
      if (first === undefined || firstOffset < first) first = firstOffset;
    }
    return first;
  }

  /** Markers below the high watermark are there to stay. */
  settle(highWatermark: number): void {
    if (this.#ended.length === 0) return;
    this.#ended = this.#ended.filter(({ markerOffset }) => markerOffset >= highWatermark);
  }

  /** The same, on its own from here on. */
  copy(): OpenTransactions {
    const copy = new OpenTransactions();
    for (const [firstOffset, producerId] of this.#open) copy.#open.set(firstOffset, producerId);
    copy.#ended = [...this.#ended];
    return copy;
  }

  clear(): void {
    this.#open.clear();
    this.#ended = [];
  }
}

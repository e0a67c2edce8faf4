// From which offset each leader epoch of a partition wrote (KIP-101, KIP-320), in memory and in
// `leader-epoch-checkpoint`. org.apache.kafka.storage.internals.epoch.LeaderEpochFileCache.

import { type EpochEntry, readEpochs, writeEpochs } from '../storage/checkpoint-files.ts';
import type { Disk } from '../storage/disk.ts';

/** An epoch, and one past its last offset; -1 and -1 where nothing is known. */
export interface EpochEnd {
  readonly epoch: number;
  readonly endOffset: number;
}

export class LeaderEpochs {
  readonly #disk: Disk;
  readonly #directory: string;
  #entries: EpochEntry[];

  /** Reads what the log's folder has, up to the end of the log. */
  constructor(disk: Disk, directory: string, endOffset: number) {
    this.#disk = disk;
    this.#directory = directory;
    this.#entries = readEpochs(disk, directory).filter(({ startOffset }) => startOffset <= endOffset);
  }

  /** Epoch of the batch that ends the log; -1 where nothing was ever appended. */
  get latest(): number {
    return this.#entries.at(-1)?.epoch ?? -1;
  }

  get earliest(): number {
    return this.#entries[0]?.epoch ?? -1;
  }

  /** The leader of `epoch` appends at `startOffset`. Throws where the disk takes no file. */
  note(epoch: number, startOffset: number): void {
    if (this.latest >= epoch) return;
    const entries = [...this.#entries, { epoch, startOffset }];
    writeEpochs(this.#disk, this.#directory, entries);
    this.#entries = entries;
  }

  /** Forgets epochs that began at or beyond `endOffset`. */
  truncateTo(endOffset: number): void {
    this.#entries = this.#entries.filter(({ startOffset }) => startOffset < endOffset);
  }

  /** The end of the largest epoch not above `epoch`, which must not be the current one. */
  endOf(epoch: number): EpochEnd {
    const next = this.#entries.findIndex((entry) => entry.epoch > epoch);
    if (next < 0) return { epoch: -1, endOffset: -1 };
    const endOffset = this.#entries[next]?.startOffset ?? -1;
    return { epoch: next === 0 ? epoch : (this.#entries[next - 1]?.epoch ?? -1), endOffset };
  }
}

// How the state of a partition's producers outlives the broker: snapshots beside the segments, and the log behind the
// newest of them. A snapshot beyond the end of the log stands for batches that are gone, and is removed before it
// could be taken for the truth (ProducerStateManager.truncateAndReload).

import { forEachBatch, lastOffsetOf } from '@klamm/protocol/records/batch';
import type { Disk } from '../storage/disk.ts';
import { baseOffsetOfFile, SNAPSHOT_SUFFIX, segmentFileName } from '../storage/file-names.ts';
import type { Log } from '../storage/log.ts';
import { decodeSnapshot, encodeSnapshot } from '../storage/producer-snapshot.ts';
import type { Producers } from './producers.ts';

const READ_BYTES = 1024 * 1024;

export class ProducerState {
  readonly #disk: Disk;
  readonly #log: Log;
  readonly #producers: Producers;
  /** As of the last rebuild: while a disk is full there are many, all to the same offset. */
  #rebuilt: { readonly endOffset: number; readonly producers: Producers } | undefined;

  constructor(disk: Disk, log: Log, producers: Producers) {
    this.#disk = disk;
    this.#log = log;
    this.#producers = producers;
  }

  /** Loads the state as of the end of the log. */
  async load(): Promise<void> {
    const end = this.#log.endOffset;
    let offset = this.#loadSnapshot(end, this.#log.rebuiltFrom);
    while (offset < end) {
      const bytes = await this.#log.read(offset, READ_BYTES, end, true);
      if (bytes.length === 0) break;
      offset = this.#note(bytes, offset);
    }
    this.#log.writeAborted();
  }

  /** As `load`, at once: the next append must find the state as it was at `endOffset`. */
  rebuild(endOffset: number): void {
    if (this.#rebuilt?.endOffset === endOffset) {
      this.#remove((base) => base > endOffset);
      this.#producers.become(this.#rebuilt.producers.copy());
      return;
    }
    this.#producers.clear();
    let offset = this.#loadSnapshot(endOffset, endOffset);
    for (const bytes of this.#log.readSync(offset, endOffset)) offset = this.#note(bytes, offset);
    this.#log.writeAborted();
    this.#rebuilt = { endOffset, producers: this.#producers.copy() };
  }

  /** Writes a snapshot as of `offset`. As in Kafka there is one for each segment's start and one for the end. */
  write(offset: number): void {
    this.#disk.replaceFile(this.#path(offset), encodeSnapshot(this.#producers.entries()));
    this.#rebuilt = undefined;
    const bases = new Set(this.#log.segmentBases);
    this.#remove((base) => base < offset && !bases.has(base));
  }

  /** Removes snapshots of before the first segment. */
  removeOld(): void {
    const first = this.#firstBase;
    this.#remove((base) => base < first);
  }

  get #firstBase(): number {
    return this.#log.segmentBases[0] ?? 0;
  }

  #note(bytes: Buffer, from: number): number {
    let offset = from;
    forEachBatch(bytes, 0, bytes.length, (at) => {
      offset = lastOffsetOf(bytes, at) + 1;
      if (offset <= from) return true;
      const ended = this.#producers.note(bytes, at);
      if (ended?.committed === false) this.#log.noteAborted(ended);
      return true;
    });
    return offset;
  }

  /**
   * Loads the newest snapshot at or below both offsets, and returns the one from which the log must be read: from
   * `notAfter` on it must be, for the transactions that were aborted. What lies before the log's start, but is still
   * there, is read as well: a transaction may have begun or ended in it.
   */
  #loadSnapshot(endOffset: number, notAfter: number): number {
    this.#remove((base) => base > endOffset);
    for (const base of this.#snapshots().toReversed()) {
      // One of before the first segment does not say what has ended since.
      if (base > notAfter || base < this.#firstBase) continue;
      const entries = decodeSnapshot(this.#disk.readFile(this.#path(base)));
      if (entries === null) continue;
      this.#producers.load(entries);
      return base;
    }
    return this.#firstBase;
  }

  #snapshots(): number[] {
    return this.#disk
      .list(this.#log.directory)
      .map((name) => baseOffsetOfFile(name, SNAPSHOT_SUFFIX))
      .filter((base) => base >= 0);
  }

  #remove(isStale: (base: number) => boolean): void {
    for (const base of this.#snapshots()) if (isStale(base)) this.#disk.remove(this.#path(base));
  }

  #path(offset: number): string {
    return `${this.#log.directory}/${segmentFileName(offset, SNAPSHOT_SUFFIX)}`;
  }
}

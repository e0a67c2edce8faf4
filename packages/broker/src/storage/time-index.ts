// The sparse index from timestamps to offsets, in Kafka's format: entries of 12 bytes, the largest timestamp so
// far (int64) and the offset, relative to the segment's base (int32), of the batch that has it
// (org.apache.kafka.storage.internals.log.TimeIndex). Kept in memory like the offset index.

const ENTRY_BYTES = 12;

export interface TimeIndexEntry {
  readonly timestamp: number;
  readonly relativeOffset: number;
}

export class TimeIndex {
  readonly #entries: TimeIndexEntry[] = [];

  get count(): number {
    return this.#entries.length;
  }

  get last(): TimeIndexEntry | undefined {
    return this.#entries.at(-1);
  }

  /** Adds an entry; ignored unless both its timestamp and its offset ascend. */
  append(timestamp: number, relativeOffset: number): void {
    const last = this.#entries.at(-1);
    if (last !== undefined && (timestamp <= last.timestamp || relativeOffset < last.relativeOffset)) return;
    this.#entries.push({ timestamp, relativeOffset });
  }

  /** Relative offset from which to look for `timestamp`: that of the last entry below it; 0 where there is none. */
  offsetBefore(timestamp: number): number {
    let low = 0;
    let high = this.#entries.length - 1;
    let found = 0;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const entry = this.#entries[middle] as TimeIndexEntry;
      if (entry.timestamp < timestamp) {
        found = entry.relativeOffset;
        low = middle + 1;
      } else high = middle - 1;
    }
    return found;
  }

  /** Forgets entries at or beyond a relative offset. */
  truncateTo(relativeOffset: number): void {
    while ((this.#entries.at(-1)?.relativeOffset ?? -1) >= relativeOffset) this.#entries.pop();
  }

  toBuffer(): Buffer {
    const bytes = Buffer.allocUnsafe(this.#entries.length * ENTRY_BYTES);
    this.#entries.forEach(({ timestamp, relativeOffset }, i) => {
      bytes.writeBigInt64BE(BigInt(timestamp), i * ENTRY_BYTES);
      bytes.writeInt32BE(relativeOffset, i * ENTRY_BYTES + 8);
    });
    return bytes;
  }

  /** Reads a time index file. Null where it makes no sense. Zeros at the end are Kafka's preallocation. */
  static parse(bytes: Buffer): TimeIndex | null {
    if (bytes.length % ENTRY_BYTES !== 0) return null;
    const index = new TimeIndex();
    for (let at = 0; at < bytes.length; at += ENTRY_BYTES) {
      const timestamp = Number(bytes.readBigInt64BE(at));
      const relativeOffset = bytes.readInt32BE(at + 8);
      if (timestamp === 0 && relativeOffset === 0) break;
      const last = index.last;
      if (!Number.isSafeInteger(timestamp) || relativeOffset < 0) return null;
      if (last !== undefined && (timestamp < last.timestamp || relativeOffset < last.relativeOffset))
        return null;
      index.append(timestamp, relativeOffset);
    }
    return index;
  }
}

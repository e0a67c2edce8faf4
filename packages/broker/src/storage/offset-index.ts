// The sparse index from offsets to positions in a segment's .log file, in Kafka's format: entries of 8 bytes,
// offset relative to the segment's base (int32) and position (int32), both ascending
// (org.apache.kafka.storage.internals.log.OffsetIndex). Kept in memory; written whole when the segment is rolled
// or closed, and rebuilt from the .log file when it is missing or makes no sense.

const ENTRY_BYTES = 8;

export class OffsetIndex {
  #entries = new Int32Array(64);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get sizeInBytes(): number {
    return this.#count * ENTRY_BYTES;
  }

  /** Adds an entry; ignored where it would not ascend (an append after a truncation indexes again). */
  append(relativeOffset: number, position: number): void {
    const at = this.#count * 2;
    if (at > 0 && relativeOffset <= (this.#entries[at - 2] as number)) return;
    if (at === this.#entries.length) {
      const larger = new Int32Array(at * 2);
      larger.set(this.#entries);
      this.#entries = larger;
    }
    this.#entries[at] = relativeOffset;
    this.#entries[at + 1] = position;
    this.#count++;
  }

  /** Position of the last entry at or below `relativeOffset`; 0 where there is none. */
  positionFor(relativeOffset: number): number {
    let low = 0;
    let high = this.#count - 1;
    let position = 0;
    while (low <= high) {
      const middle = (low + high) >> 1;
      if ((this.#entries[middle * 2] as number) <= relativeOffset) {
        position = this.#entries[middle * 2 + 1] as number;
        low = middle + 1;
      } else high = middle - 1;
    }
    return position;
  }

  /** Forgets entries that point at or beyond `position`. */
  truncateTo(position: number): void {
    while (this.#count > 0 && (this.#entries[this.#count * 2 - 1] as number) >= position) this.#count--;
  }

  toBuffer(): Buffer {
    const bytes = Buffer.allocUnsafe(this.sizeInBytes);
    for (let i = 0; i < this.#count * 2; i++) bytes.writeInt32BE(this.#entries[i] as number, i * 4);
    return bytes;
  }

  /**
   * Reads an index file. Null where it cannot be one of a .log file of `logBytes` bytes. A running Kafka keeps the
   * file preallocated with zeros, so zeros at the end are left out.
   */
  static parse(bytes: Buffer, logBytes: number): OffsetIndex | null {
    if (bytes.length % ENTRY_BYTES !== 0) return null;
    const index = new OffsetIndex();
    let lastOffset = -1;
    let lastPosition = -1;
    for (let at = 0; at < bytes.length; at += ENTRY_BYTES) {
      const relativeOffset = bytes.readInt32BE(at);
      const position = bytes.readInt32BE(at + 4);
      if (relativeOffset === 0 && position === 0 && at > 0) break;
      if (relativeOffset <= lastOffset || position <= lastPosition || position >= Math.max(logBytes, 1))
        return null;
      index.append(relativeOffset, position);
      lastOffset = relativeOffset;
      lastPosition = position;
    }
    return index;
  }
}

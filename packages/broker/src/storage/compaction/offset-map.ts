// The newest offset of each key, in memory of a fixed size: what compaction decides by.
//
// Keys are kept as 16 bytes of a hash that nobody finds two keys for, so a slot is 24 bytes whatever the key. When nine
// tenths of the slots are taken the map is full, and the pass ends there; the next begins behind it.
// org.apache.kafka.storage.internals.log.SkimpyOffsetMap.

import { hash } from 'node:crypto';

const HASH_BYTES = 16;
const SLOT_BYTES = HASH_BYTES + 8;
const LOAD_FACTOR = 0.9;

export class OffsetMap {
  readonly #slots: Buffer;
  readonly #count: number;
  #size = 0;
  /** The last offset that was put in; -1 before the first. */
  latestOffset = -1;

  /** @param bytes what the map may take; at least a few slots */
  constructor(bytes: number) {
    this.#count = Math.max(16, Math.floor(bytes / SLOT_BYTES));
    this.#slots = Buffer.alloc(this.#count * SLOT_BYTES);
  }

  /** Bytes for so many keys. */
  static bytesFor(keys: number): number {
    return Math.ceil(keys / LOAD_FACTOR + 1) * SLOT_BYTES;
  }

  get size(): number {
    return this.#size;
  }

  get isFull(): boolean {
    return this.#size >= Math.floor(this.#count * LOAD_FACTOR);
  }

  put(key: Buffer, offset: number): void {
    const digest = digestOf(key);
    const at = this.#find(digest);
    // Offsets are kept plus one: a slot of zeros is free.
    if (this.#offsetAt(at) === 0) {
      digest.copy(this.#slots, at);
      this.#size++;
    }
    this.#slots.writeBigInt64BE(BigInt(offset + 1), at + HASH_BYTES);
    this.latestOffset = offset;
  }

  /** The newest offset of the key; -1 where it was never put in. */
  get(key: Buffer): number {
    return this.#offsetAt(this.#find(digestOf(key))) - 1;
  }

  /** Where the key is, or would be. The map is never quite full, so there is such a place. */
  #find(digest: Buffer): number {
    for (let slot = digest.readUInt32BE(0) % this.#count; ; slot = (slot + 1) % this.#count) {
      const at = slot * SLOT_BYTES;
      if (this.#offsetAt(at) === 0) return at;
      if (digest.compare(this.#slots, at, at + HASH_BYTES) === 0) return at;
    }
  }

  #offsetAt(at: number): number {
    return Number(this.#slots.readBigInt64BE(at + HASH_BYTES));
  }
}

function digestOf(key: Buffer): Buffer {
  return hash('md5', key, 'buffer') as Buffer;
}

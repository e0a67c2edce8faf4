// The newest offset of each key, in bounded memory: what compaction decides by.
//
// A slot is 16 bytes whatever the key: 12 of the key's hash, which tell apart more keys than any log holds, and 4 that
// count from the first offset put in. The map is made of parts that each begin small and grow with their keys, so that few keys
// take little memory and growing never takes long. When nine tenths of all a part may have are taken the map is full, and
// the pass ends there; the next begins behind it.
// org.apache.kafka.storage.internals.log.SkimpyOffsetMap, which takes 24 bytes a slot, and all of them at once.

import { keyHash } from './key-hash.ts';

const SLOT_WORDS = 4;
const SLOT_BYTES = SLOT_WORDS * 4;
const PARTS_MAX = 256;
/** A part that may not have so many makes no sense: a smaller map has fewer parts. */
const SLOTS_OF_PART = 4096;
const SLOTS_AT_FIRST = 64;
/** Fuller than this a part grows, where it may: the emptier, the nearer a key is to where it belongs. */
const GROWS_AT = 0.7;
const FULL_AT = 0.9;
/** Offsets are kept plus one: a slot whose last word is 0 is free. */
const OFFSETS_MAX = 0xffffffff;

export class OffsetMap {
  readonly #parts: readonly Part[];
  #firstOffset = 0;
  /** It takes no further key, and the pass ends at the last offset that was put in. */
  isFull = false;
  /** The last offset that was put in; -1 before the first. */
  latestOffset = -1;

  /** @param bytesMax what the map may take; at least a few slots */
  constructor(bytesMax: number) {
    const slots = Math.max(16, Math.floor(bytesMax / SLOT_BYTES));
    let parts = 1;
    while (parts < PARTS_MAX && slots / (parts * 2) >= SLOTS_OF_PART) parts *= 2;
    this.#parts = Array.from({ length: parts }, () => new Part(Math.floor(slots / parts)));
  }

  /**
   * Keeps the offset of the key that is `bytes[at, at + size)`, unless the map is full, or would hold offsets that lie too
   * far apart. Offsets ascend.
   */
  put(bytes: Uint8Array, at: number, size: number, offset: number): void {
    if (this.latestOffset < 0) this.#firstOffset = offset;
    const kept = offset - this.#firstOffset + 1;
    if (kept > OFFSETS_MAX) this.isFull = true;
    if (this.isFull) return;
    const hash = keyHash(bytes, at, size);
    const part = this.#partOf(hash);
    part.put(hash, kept);
    this.latestOffset = offset;
    this.isFull = part.isFull;
  }

  /** The newest offset of the key; -1 where it was never put in. */
  get(bytes: Uint8Array, at: number, size: number): number {
    const hash = keyHash(bytes, at, size);
    const kept = this.#partOf(hash).get(hash);
    return kept === 0 ? -1 : this.#firstOffset + kept - 1;
  }

  #partOf(hash: Uint32Array): Part {
    return this.#parts[(hash[3] as number) & (this.#parts.length - 1)] as Part;
  }
}

class Part {
  readonly #countMax: number;
  #slots: Uint32Array;
  #count: number;
  #size = 0;
  /** With so many keys it grows, or is full. */
  #limit: number;

  constructor(countMax: number) {
    this.#countMax = countMax;
    this.#count = Math.min(SLOTS_AT_FIRST, countMax);
    this.#slots = new Uint32Array(this.#count * SLOT_WORDS);
    this.#limit = this.#limitOf();
  }

  get isFull(): boolean {
    return this.#size >= this.#limit && this.#count === this.#countMax;
  }

  put(hash: Uint32Array, kept: number): void {
    const slots = this.#slots;
    const slot = this.#find(hash[0] as number, hash[1] as number, hash[2] as number);
    if (slots[slot + 3] === 0) {
      slots[slot] = hash[0] as number;
      slots[slot + 1] = hash[1] as number;
      slots[slot + 2] = hash[2] as number;
      this.#size++;
    }
    slots[slot + 3] = kept;
    if (this.#size >= this.#limit && this.#count < this.#countMax) this.#grow();
  }

  get(hash: Uint32Array): number {
    return this.#slots[this.#find(hash[0] as number, hash[1] as number, hash[2] as number) + 3] as number;
  }

  /** Where the key is, or would be. A part is never quite full, so there is such a place. */
  #find(a: number, b: number, c: number): number {
    const slots = this.#slots;
    for (let slot = (a % this.#count) * SLOT_WORDS; ; slot += SLOT_WORDS) {
      if (slot === slots.length) slot = 0;
      if (slots[slot + 3] === 0) return slot;
      if (slots[slot] === a && slots[slot + 1] === b && slots[slot + 2] === c) return slot;
    }
  }

  #grow(): void {
    const before = this.#slots;
    this.#count = Math.min(this.#count * 2, this.#countMax);
    this.#slots = new Uint32Array(this.#count * SLOT_WORDS);
    this.#limit = this.#limitOf();
    for (let from = 0; from < before.length; from += SLOT_WORDS) {
      if (before[from + 3] === 0) continue;
      const to = this.#find(before[from] as number, before[from + 1] as number, before[from + 2] as number);
      for (let word = 0; word < SLOT_WORDS; word++) this.#slots[to + word] = before[from + word] as number;
    }
  }

  #limitOf(): number {
    return Math.floor(this.#count * (this.#count < this.#countMax ? GROWS_AT : FULL_AT));
  }
}

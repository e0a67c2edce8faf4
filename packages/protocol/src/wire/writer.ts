// Writes the primitive types of Kafka's protocol.
//
// Small values go into one growing buffer of the writer's own; large byte fields (record batches) are
// borrowed: `segments()` gives own bytes and borrowed views in order, ready for one vectored write. A
// borrowed view must not change until it has been sent.

import { assert } from '@klamm/base/assert';

const BORROW_FROM_BYTES = 1024;
const STRING_SIZE_MAX = 0x7fff;
// Names and ids are short ASCII, which a loop writes faster than a call into native code; 40 is about where that turns.
const ASCII_LENGTH_MAX = 40;
const INT64_MAX = 2n ** 63n - 1n;

export class Writer {
  buffer: Buffer;
  /** Bytes of `buffer` that are written; borrowed views are not in it. */
  offset = 0;
  #borrowed: { readonly at: number; readonly bytes: Buffer }[] = [];
  #borrowedBytes = 0;

  /** `sizeHint`: the bytes to reserve at first. */
  constructor(sizeHint = 256) {
    this.buffer = Buffer.allocUnsafe(sizeHint);
  }

  /** All bytes written so far, own and borrowed. */
  get length(): number {
    return this.offset + this.#borrowedBytes;
  }

  /** Reserves `size` own bytes and returns where they start. */
  reserve(size: number): number {
    const at = this.offset;
    const needed = at + size;
    if (needed > this.buffer.length) this.#grow(needed);
    this.offset = needed;
    return at;
  }

  boolean(value: boolean): void {
    const at = this.reserve(1);
    this.buffer[at] = value ? 1 : 0;
  }

  int8(value: number): void {
    const at = this.reserve(1);
    this.buffer.writeInt8(value, at);
  }

  int16(value: number): void {
    const at = this.reserve(2);
    this.buffer.writeInt16BE(value, at);
  }

  uint16(value: number): void {
    const at = this.reserve(2);
    this.buffer.writeUInt16BE(value, at);
  }

  int32(value: number): void {
    const at = this.reserve(4);
    this.buffer.writeInt32BE(value, at);
  }

  uint32(value: number): void {
    const at = this.reserve(4);
    this.buffer.writeUInt32BE(value, at);
  }

  int64(value: number | bigint): void {
    const at = this.reserve(8);
    if (typeof value === 'bigint') {
      this.buffer.writeBigInt64BE(value, at);
      return;
    }
    // The messages are only made when they are needed: this is every offset and length there is.
    if (!Number.isSafeInteger(value)) assert(false, `${value} is written as a 64-bit integer`);
    const high = Math.floor(value / 0x100000000);
    this.buffer.writeInt32BE(high, at);
    this.buffer.writeUInt32BE(value - high * 0x100000000, at + 4);
  }

  float64(value: number): void {
    const at = this.reserve(8);
    this.buffer.writeDoubleBE(value, at);
  }

  uuid(value: string): void {
    const at = this.reserve(16);
    const written = this.buffer.write(value, at, 16, 'base64url');
    if (written !== 16 || value.length !== 22) assert(false, `"${value}" is written as a UUID`);
  }

  uvarint(value: number): void {
    if (!(value >= 0 && value <= 0xffffffff)) assert(false, `${value} is written as an unsigned varint`);
    if (value < 0x80) {
      const only = this.reserve(1);
      this.buffer[only] = value;
      return;
    }
    let at = this.reserve(5);
    let rest = value;
    while (rest >= 0x80) {
      this.buffer[at++] = (rest & 0x7f) | 0x80;
      rest = rest >>> 7;
    }
    this.buffer[at++] = rest;
    this.offset = at;
  }

  varint(value: number): void {
    this.uvarint(((value << 1) ^ (value >> 31)) >>> 0);
  }

  varlong(value: number | bigint): void {
    if (typeof value === 'number' && value >= -0x80000000 && value <= 0x7fffffff) {
      this.varint(value);
      return;
    }
    const wide = BigInt(value);
    assert(wide <= INT64_MAX && wide >= -INT64_MAX - 1n, `${wide} is written as a varlong`);
    let rest = BigInt.asUintN(64, (wide << 1n) ^ (wide >> 63n));
    let at = this.reserve(10);
    while (rest >= 0x80n) {
      this.buffer[at++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.buffer[at++] = Number(rest);
    this.offset = at;
  }

  string(value: string): void {
    if (value.length <= ASCII_LENGTH_MAX) {
      const at = this.reserve(2 + value.length);
      if (this.#ascii(value, at + 2)) {
        this.buffer.writeInt16BE(value.length, at);
        return;
      }
      this.offset = at;
    }
    const size = this.#sizeOf(value);
    this.int16(size);
    this.#text(value, size);
  }

  nullableString(value: string | null): void {
    if (value === null) this.int16(-1);
    else this.string(value);
  }

  compactString(value: string): void {
    if (value.length <= ASCII_LENGTH_MAX) {
      const at = this.reserve(1 + value.length);
      if (this.#ascii(value, at + 1)) {
        this.buffer[at] = value.length + 1;
        return;
      }
      this.offset = at;
    }
    const size = this.#sizeOf(value);
    this.uvarint(size + 1);
    this.#text(value, size);
  }

  compactNullableString(value: string | null): void {
    if (value === null) this.uvarint(0);
    else this.compactString(value);
  }

  bytes(value: Uint8Array): void {
    this.int32(value.length);
    this.raw(value);
  }

  nullableBytes(value: Uint8Array | null): void {
    if (value === null) this.int32(-1);
    else this.bytes(value);
  }

  compactBytes(value: Uint8Array): void {
    this.uvarint(value.length + 1);
    this.raw(value);
  }

  compactNullableBytes(value: Uint8Array | null): void {
    if (value === null) this.uvarint(0);
    else this.compactBytes(value);
  }

  count(value: number): void {
    this.int32(value);
  }

  compactCount(value: number): void {
    this.uvarint(value + 1);
  }

  /** Bytes as they are, without a length: copied when short, borrowed when long. */
  raw(value: Uint8Array): void {
    if (value.length >= BORROW_FROM_BYTES) {
      const bytes = Buffer.isBuffer(value)
        ? value
        : Buffer.from(value.buffer, value.byteOffset, value.length);
      this.#borrowed.push({ at: this.offset, bytes });
      this.#borrowedBytes += bytes.length;
      return;
    }
    const at = this.reserve(value.length);
    this.buffer.set(value, at);
  }

  /** Everything written, in order, as views: own bytes and borrowed ones in turn. */
  segments(): Buffer[] {
    const segments: Buffer[] = [];
    let from = 0;
    for (const { at, bytes } of this.#borrowed) {
      if (at > from) segments.push(this.buffer.subarray(from, at));
      segments.push(bytes);
      from = at;
    }
    if (this.offset > from || segments.length === 0) segments.push(this.buffer.subarray(from, this.offset));
    return segments;
  }

  /** Everything written, as one buffer; copies only where something was borrowed. */
  toBuffer(): Buffer {
    return this.#borrowed.length === 0
      ? this.buffer.subarray(0, this.offset)
      : Buffer.concat(this.segments(), this.length);
  }

  /** Writes a string of ASCII at `at`; false, with anything there, where it is none. */
  #ascii(value: string, at: number): boolean {
    const { buffer } = this;
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) return false;
      buffer[at + i] = code;
    }
    return true;
  }

  #sizeOf(value: string): number {
    const size = Buffer.byteLength(value);
    if (size > STRING_SIZE_MAX)
      assert(false, `a string of ${size} bytes is written where ${STRING_SIZE_MAX} is the most`);
    return size;
  }

  #text(value: string, size: number): void {
    const at = this.reserve(size);
    this.buffer.write(value, at, size, 'utf8');
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafe(Math.max(needed, this.buffer.length * 2));
    this.buffer.copy(larger, 0, 0, this.offset);
    this.buffer = larger;
  }
}

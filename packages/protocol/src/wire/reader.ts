// Reads the primitive types of Kafka's protocol from one contiguous view of bytes.
//
// Every length and count is checked against the bytes that are left before anything is allocated or sliced,
// so a frame of n bytes can never make the decoder hold more than a small multiple of n. `bytes` and
// `records` are views of the frame, not copies: whoever keeps one keeps the frame.

import { ProtocolError } from './protocol-error.ts';

const SAFE_HIGH = 2 ** 21;
const STRING_SIZE_MAX = 0x7fff;

export class Reader {
  readonly buffer: Buffer;
  /** Where the next value starts. */
  offset: number;
  /** One past the last byte that belongs to this value. */
  readonly end: number;

  constructor(buffer: Buffer, offset = 0, end = buffer.length) {
    this.buffer = buffer;
    this.offset = offset;
    this.end = end;
  }

  get remaining(): number {
    return this.end - this.offset;
  }

  /** Reserves `size` bytes and returns where they start. */
  take(size: number): number {
    const at = this.offset;
    if (size > this.end - at) this.#short(size);
    this.offset = at + size;
    return at;
  }

  boolean(): boolean {
    return this.buffer[this.take(1)] !== 0;
  }

  int8(): number {
    return this.buffer.readInt8(this.take(1));
  }

  int16(): number {
    return this.buffer.readInt16BE(this.take(2));
  }

  uint16(): number {
    return this.buffer.readUInt16BE(this.take(2));
  }

  int32(): number {
    return this.buffer.readInt32BE(this.take(4));
  }

  uint32(): number {
    return this.buffer.readUInt32BE(this.take(4));
  }

  /** A 64-bit integer as a number. One outside ±(2^53 - 1) is refused, never rounded. */
  int64(): number {
    const at = this.take(8);
    const high = this.buffer.readInt32BE(at);
    const low = this.buffer.readUInt32BE(at + 4);
    if (high >= SAFE_HIGH || high < -SAFE_HIGH || (high === -SAFE_HIGH && low === 0)) {
      throw new ProtocolError(
        `The 64-bit value ${this.buffer.readBigInt64BE(at)} at byte ${at} is beyond ±(2^53 - 1), the range Klamm counts in.`,
      );
    }
    return high * 0x100000000 + low;
  }

  bigint64(): bigint {
    return this.buffer.readBigInt64BE(this.take(8));
  }

  float64(): number {
    return this.buffer.readDoubleBE(this.take(8));
  }

  uuid(): string {
    const at = this.take(16);
    return this.buffer.toString('base64url', at, at + 16);
  }

  uvarint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.buffer[this.take(1)] as number;
      // The fifth group carries bits 28 to 31; anything above does not fit 32 bits.
      if (shift === 28 && byte > 0x0f) break;
      value += shift === 28 ? byte * 0x10000000 : (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new ProtocolError(`The varint that ends at byte ${this.offset} is longer than 32 bits.`);
  }

  varint(): number {
    const raw = this.uvarint();
    return (raw >>> 1) ^ -(raw & 1);
  }

  /** A zigzag varint of up to 64 bits as a number. One outside ±(2^53 - 1) is refused. */
  varlong(): number {
    let raw = 0n;
    let low = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.buffer[this.take(1)] as number;
      if (shift < 28) {
        low += (byte & 0x7f) << shift;
        if (byte < 0x80) return (low >>> 1) ^ -(low & 1);
        continue;
      }
      if (shift === 28) raw = BigInt(low);
      if (shift === 63 && byte > 1) break;
      raw += BigInt(byte & 0x7f) << BigInt(shift);
      if (byte < 0x80) {
        const value = Number((raw >> 1n) ^ -(raw & 1n));
        if (Number.isSafeInteger(value)) return value;
        break;
      }
    }
    throw new ProtocolError(`The varint that ends at byte ${this.offset} is beyond ±(2^53 - 1).`);
  }

  /** `length` bytes of UTF-8; `length` is already known to be a length, and is checked against what is left. */
  text(length: number): string {
    const at = this.take(length);
    return this.buffer.toString('utf8', at, at + length);
  }

  /** `length` bytes, as a view. */
  view(length: number): Buffer {
    const at = this.take(length);
    return this.buffer.subarray(at, at + length);
  }

  string(): string {
    return this.text(this.#notNull(this.int16(), 'string'));
  }

  nullableString(): string | null {
    const length = this.int16();
    return length === -1 ? null : this.text(this.#notNegative(length, 'string'));
  }

  compactString(): string {
    return this.text(this.#shortEnough(this.#notNull(this.uvarint() - 1, 'string')));
  }

  compactNullableString(): string | null {
    const length = this.uvarint() - 1;
    return length === -1 ? null : this.text(this.#shortEnough(length));
  }

  bytes(): Buffer {
    return this.view(this.#notNull(this.int32(), 'bytes'));
  }

  nullableBytes(): Buffer | null {
    const length = this.int32();
    return length === -1 ? null : this.view(this.#notNegative(length, 'bytes'));
  }

  compactBytes(): Buffer {
    return this.view(this.#notNull(this.uvarint() - 1, 'bytes'));
  }

  compactNullableBytes(): Buffer | null {
    const length = this.uvarint() - 1;
    return length === -1 ? null : this.view(length);
  }

  /** An array's count; `elementSizeMin` is the fewest bytes one element takes. -1 where it is null. */
  nullableCount(elementSizeMin: number): number {
    const count = this.int32();
    return count === -1 ? -1 : this.#bounded(this.#notNegative(count, 'array'), elementSizeMin);
  }

  count(elementSizeMin: number): number {
    return this.#bounded(this.#notNull(this.int32(), 'array'), elementSizeMin);
  }

  compactNullableCount(elementSizeMin: number): number {
    const count = this.uvarint() - 1;
    return count === -1 ? -1 : this.#bounded(count, elementSizeMin);
  }

  compactCount(elementSizeMin: number): number {
    return this.#bounded(this.#notNull(this.uvarint() - 1, 'array'), elementSizeMin);
  }

  #bounded(count: number, elementSizeMin: number): number {
    if (count * elementSizeMin > this.end - this.offset) {
      throw new ProtocolError(
        `An array says it holds ${count} elements at byte ${this.offset}, but only ${this.remaining} bytes are left.`,
      );
    }
    return count;
  }

  /** A compact length could say more, but every version of a string has the limit of the int16 it began with. */
  #shortEnough(length: number): number {
    if (length > STRING_SIZE_MAX) {
      throw new ProtocolError(
        `The string at byte ${this.offset} has ${length} bytes, but ${STRING_SIZE_MAX} is the most a string may have.`,
      );
    }
    return length;
  }

  #notNegative(length: number, what: string): number {
    if (length < 0) throw new ProtocolError(`The ${what} at byte ${this.offset} has the length ${length}.`);
    return length;
  }

  #notNull(length: number, what: string): number {
    if (length === -1)
      throw new ProtocolError(`The ${what} at byte ${this.offset} is null, which is not allowed there.`);
    return this.#notNegative(length, what);
  }

  #short(size: number): never {
    throw new ProtocolError(
      `${size} bytes are needed at byte ${this.offset}, but only ${this.remaining} are left.`,
    );
  }
}

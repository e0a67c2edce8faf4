// Builds record batches.
//
// A BatchBuilder writes each record straight to its final place in one growing buffer, behind room for the batch's
// header; strings become UTF-8 there, without a Buffer in between. `build` fills the header in and, where nothing
// is compressed, hands out that same buffer. Nothing is allocated per record. It must not know of topics,
// partitions or requests. What it writes is byte for byte what Apache Kafka's MemoryRecordsBuilder writes: the
// first record's timestamp is the base of all others, and offsets count up from the base offset.

import { assert } from '@klamm/base/assert';
import { sizeOfVarint } from '../wire/varint.ts';
import {
  ATTRIBUTES_AT,
  BASE_TIMESTAMP_AT,
  BATCH_HEADER_BYTES,
  CONTROL_BIT,
  Compression,
  LAST_OFFSET_DELTA_AT,
  LENGTH_AT,
  LOG_APPEND_TIME_BIT,
  LOG_OVERHEAD,
  MAGIC,
  MAGIC_AT,
  MAX_TIMESTAMP_AT,
  NO_PARTITION_LEADER_EPOCH,
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  NO_SEQUENCE,
  NO_TIMESTAMP,
  RECORD_COUNT_AT,
  setBaseOffset,
  setInt64At,
  setPartitionLeaderEpoch,
  setProducer,
  TRANSACTIONAL_BIT,
} from './batch.ts';
import { compress, compressAsync } from './compression.ts';

/** A key, a value, or a header's value: bytes, text to be written as UTF-8, or nothing. */
export type RecordBytes = Uint8Array | string | null;

/** A header to be written. */
export interface HeaderInput {
  readonly key: string;
  readonly value: RecordBytes;
}

/** What the header of a batch says; every field may be left out. */
export interface BatchOptions {
  /** The offset of the first record; default 0, which is what a producer sends. */
  readonly baseOffset?: number;
  /** Default -1: not appended by any leader yet. */
  readonly partitionLeaderEpoch?: number;
  /** Default -1: not idempotent. */
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  /** Default false. */
  readonly transactional?: boolean;
  /** Default false. */
  readonly control?: boolean;
  /** Where given, the timestamp of every record is this one, set by the broker (LogAppendTime). */
  readonly logAppendTimeMs?: number;
  /** Default none. */
  readonly compression?: Compression;
  /** As `compress` takes it; default each compression's own. */
  readonly compressionLevel?: number;
}

const CAPACITY_BYTES = 1024;
// Attributes, timestamp delta, offset delta, key size, value size, header count, and the record's own size.
const RECORD_OVERHEAD_MAX = 1 + 10 + 5 + 5 + 5 + 5 + 5;
// The most bytes of UTF-8 that one UTF-16 unit becomes.
const UTF8_PER_UNIT = 3;
// Up to this length a loop over ASCII beats the call into the engine.
const SHORT_TEXT = 40;
// From this length on the bytes of text are counted before room is made for them.
const LONG_TEXT = 4096;
// Attributes, deltas, sizes and count, as a typical record has them.
const BODY_OVERHEAD_GUESS = 8;

const NO_HEADERS: readonly HeaderInput[] = [];

/** The most bytes that a record of these parts adds to a batch. */
export function recordSizeMax(
  key: RecordBytes,
  value: RecordBytes,
  headers: readonly HeaderInput[] = NO_HEADERS,
): number {
  let size = RECORD_OVERHEAD_MAX + sizeMax(key) + sizeMax(value);
  for (const header of headers) size += 10 + sizeMax(header.key) + sizeMax(header.value);
  return size;
}

export class BatchBuilder {
  #buffer: Buffer;
  #at = BATCH_HEADER_BYTES;
  #count = 0;
  #baseTimestamp = NO_TIMESTAMP;
  #maxTimestamp = NO_TIMESTAMP;
  #handedOut = false;

  /** @param capacityBytes the bytes to reserve at first; the buffer grows by doubling. Default 1024 */
  constructor(capacityBytes = CAPACITY_BYTES) {
    this.#buffer = Buffer.allocUnsafe(Math.max(capacityBytes, BATCH_HEADER_BYTES));
  }

  /** Records appended so far. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of the batch so far, header included, before compression. */
  get sizeInBytes(): number {
    return this.#at;
  }

  /** The largest timestamp so far; -1 where there is none. */
  get maxTimestamp(): number {
    return this.#maxTimestamp;
  }

  /** True where a record of these parts surely keeps the uncompressed batch within `limitBytes`. */
  hasRoomFor(
    limitBytes: number,
    key: RecordBytes,
    value: RecordBytes,
    headers: readonly HeaderInput[] = NO_HEADERS,
  ): boolean {
    return this.#at + recordSizeMax(key, value, headers) <= limitBytes;
  }

  /**
   * Adds a record.
   *
   * @param timestamp milliseconds since the epoch, a safe integer; -1 for none
   * @returns the bytes that it takes before compression
   */
  append(
    key: RecordBytes,
    value: RecordBytes,
    headers: readonly HeaderInput[] = NO_HEADERS,
    timestamp = NO_TIMESTAMP,
  ): number {
    assert(!this.#handedOut, 'a record is appended to a batch that has been built');
    if (!Number.isSafeInteger(timestamp)) assert(false, `${timestamp} is given as a timestamp`);
    const start = this.#at;
    const bound = recordSizeMax(key, value, headers);
    if (start + bound > this.#buffer.length) this.#grow(start + bound);

    if (this.#count === 0) {
      this.#baseTimestamp = timestamp;
      this.#maxTimestamp = timestamp;
    } else if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp;

    // The record's size comes first and is known last: room is left for the size that it has if all text is
    // ASCII, and the body moves where that guess was wrong.
    const guess = sizeOfVarint(guessedBodySize(key, value, headers));
    const bodyAt = start + guess;
    const buffer = this.#buffer;
    let at = bodyAt;
    buffer[at++] = 0;
    at = writeVarlong(buffer, at, timestamp - this.#baseTimestamp);
    at = writeVarint(buffer, at, this.#count);
    at = writeBytes(buffer, at, key);
    at = writeBytes(buffer, at, value);
    at = headers.length === 0 ? writeVarint(buffer, at, 0) : writeHeaders(buffer, at, headers);
    const size = at - bodyAt;
    const actual = sizeOfVarint(size);
    if (actual !== guess) buffer.copyWithin(start + actual, bodyAt, at);
    writeVarint(buffer, start, size);
    this.#at = start + actual + size;
    this.#count++;
    return actual + size;
  }

  /**
   * The batch. Nothing can be appended afterwards until `reset`. Where it is not compressed it is a view of the
   * builder's own buffer, which then is no longer the builder's.
   */
  build(options: BatchOptions = {}): Buffer {
    const { compression = Compression.none } = options;
    const plain = this.#buffer.subarray(0, this.#at);
    if (compression === Compression.none) {
      this.#handedOut = true;
      return this.#finish(plain, options);
    }
    const records = compress(compression, plain.subarray(BATCH_HEADER_BYTES), options.compressionLevel);
    return this.#finish(behindHeader(records), options);
  }

  /** As `build`; a large batch is compressed off the event loop. */
  async buildAsync(options: BatchOptions = {}): Promise<Buffer> {
    const { compression = Compression.none } = options;
    if (compression === Compression.none) return this.build(options);
    this.#handedOut = true;
    const plain = this.#buffer.subarray(BATCH_HEADER_BYTES, this.#at);
    return this.#finish(
      behindHeader(await compressAsync(compression, plain, options.compressionLevel)),
      options,
    );
  }

  /** Starts the next batch; a buffer that has been handed out is replaced by one of `capacityBytes`. */
  reset(capacityBytes = CAPACITY_BYTES): void {
    if (this.#handedOut) this.#buffer = Buffer.allocUnsafe(Math.max(capacityBytes, BATCH_HEADER_BYTES));
    this.#handedOut = false;
    this.#at = BATCH_HEADER_BYTES;
    this.#count = 0;
    this.#baseTimestamp = NO_TIMESTAMP;
    this.#maxTimestamp = NO_TIMESTAMP;
  }

  #finish(batch: Buffer, options: BatchOptions): Buffer {
    setBaseOffset(batch, 0, options.baseOffset ?? 0);
    batch.writeInt32BE(batch.length - LOG_OVERHEAD, LENGTH_AT);
    setPartitionLeaderEpoch(batch, 0, options.partitionLeaderEpoch ?? NO_PARTITION_LEADER_EPOCH);
    batch.writeInt8(MAGIC, MAGIC_AT);
    batch.writeUInt16BE(attributesFor(options), ATTRIBUTES_AT);
    batch.writeInt32BE(this.#count - 1, LAST_OFFSET_DELTA_AT);
    setInt64At(batch, BASE_TIMESTAMP_AT, this.#baseTimestamp);
    setInt64At(batch, MAX_TIMESTAMP_AT, options.logAppendTimeMs ?? this.#maxTimestamp);
    batch.writeInt32BE(this.#count, RECORD_COUNT_AT);
    setProducer(
      batch,
      0,
      options.producerId ?? NO_PRODUCER_ID,
      options.producerEpoch ?? NO_PRODUCER_EPOCH,
      options.baseSequence ?? NO_SEQUENCE,
    );
    return batch;
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }
}

function attributesFor(options: BatchOptions): number {
  return (
    (options.compression ?? Compression.none) |
    (options.logAppendTimeMs === undefined ? 0 : LOG_APPEND_TIME_BIT) |
    (options.transactional === true ? TRANSACTIONAL_BIT : 0) |
    (options.control === true ? CONTROL_BIT : 0)
  );
}

function behindHeader(records: Buffer): Buffer {
  const batch = Buffer.allocUnsafe(BATCH_HEADER_BYTES + records.length);
  records.copy(batch, BATCH_HEADER_BYTES);
  return batch;
}

function sizeMax(part: RecordBytes): number {
  if (part === null) return 0;
  if (typeof part !== 'string') return part.length;
  // Three bytes a unit is the bound that costs nothing; of long text it would reserve far too much.
  return part.length <= LONG_TEXT ? part.length * UTF8_PER_UNIT : Buffer.byteLength(part);
}

function guessedBodySize(key: RecordBytes, value: RecordBytes, headers: readonly HeaderInput[]): number {
  let size = BODY_OVERHEAD_GUESS + (key === null ? 0 : key.length) + (value === null ? 0 : value.length);
  for (const header of headers)
    size += 2 + header.key.length + (header.value === null ? 0 : header.value.length);
  return size;
}

function writeHeaders(buffer: Buffer, start: number, headers: readonly HeaderInput[]): number {
  let at = writeVarint(buffer, start, headers.length);
  for (const header of headers) {
    at = writeBytes(buffer, at, header.key);
    at = writeBytes(buffer, at, header.value);
  }
  return at;
}

/** Size and bytes of one part; -1 for null. Returns where the next part goes. */
function writeBytes(buffer: Buffer, start: number, part: RecordBytes): number {
  if (part === null) {
    buffer[start] = 1;
    return start + 1;
  }
  if (typeof part === 'string') return writeText(buffer, start, part);
  const at = writeVarint(buffer, start, part.length);
  buffer.set(part, at);
  return at + part.length;
}

function writeText(buffer: Buffer, start: number, text: string): number {
  const { length } = text;
  let at = writeVarint(buffer, start, length);
  if (length <= SHORT_TEXT) {
    let index = 0;
    for (; index < length; index++) {
      const unit = text.charCodeAt(index);
      if (unit >= 0x80) break;
      buffer[at + index] = unit;
    }
    if (index === length) return at + length;
  }
  const size = buffer.write(text, at);
  if (size === length) return at + size;
  // Not ASCII: the size that was written first is wrong.
  const actualAt = start + sizeOfVarint(size);
  if (actualAt !== at) {
    buffer.copyWithin(actualAt, at, at + size);
    at = actualAt;
  }
  writeVarint(buffer, start, size);
  return at + size;
}

function writeVarint(buffer: Buffer, start: number, value: number): number {
  let at = start;
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  while (rest >= 0x80) {
    buffer[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  buffer[at++] = rest;
  return at;
}

function writeVarlong(buffer: Buffer, start: number, value: number): number {
  if (value === (value | 0)) return writeVarint(buffer, start, value);
  assert(Number.isSafeInteger(value), `two timestamps of one batch are ${value} ms apart`);
  let at = start;
  let rest = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n));
  while (rest >= 0x80n) {
    buffer[at++] = Number(rest & 0x7fn) | 0x80;
    rest >>= 7n;
  }
  buffer[at++] = Number(rest);
  return at;
}

// The header of a record batch (magic 2), read and patched where it lies.
//
// Plain functions over `(buffer, at)`, `at` being the batch's first byte: nothing is allocated per batch, so that
// the broker can look at what it stores without decoding it. Except for `checkBatch` and `nextBatch`, which take
// any bytes, they expect a whole header at `at`. They must not know of files, partitions or compression.
// Layout and meaning: KIP-98 and org.apache.kafka.common.record.DefaultRecordBatch. Base offset, length, leader
// epoch and magic lie outside the checksum, so a broker assigns the first and third without computing it anew.

import { crc32c } from '../wire/crc32c.ts';

/** Base offset and length: the bytes that the length field does not count. */
export const LOG_OVERHEAD = 12;
/** Bytes before the first record, or before the compressed block of records. */
export const BATCH_HEADER_BYTES = 61;

export const BASE_OFFSET_AT = 0;
export const LENGTH_AT = 8;
export const PARTITION_LEADER_EPOCH_AT = 12;
export const MAGIC_AT = 16;
export const CRC_AT = 17;
export const ATTRIBUTES_AT = 21;
export const LAST_OFFSET_DELTA_AT = 23;
export const BASE_TIMESTAMP_AT = 27;
export const MAX_TIMESTAMP_AT = 35;
export const PRODUCER_ID_AT = 43;
export const PRODUCER_EPOCH_AT = 51;
export const BASE_SEQUENCE_AT = 53;
export const RECORD_COUNT_AT = 57;

/** The record format that Klamm reads and writes; 0 and 1 are message sets of before Kafka 0.11. */
export const MAGIC = 2;

export const NO_PRODUCER_ID = -1;
export const NO_PRODUCER_EPOCH = -1;
export const NO_SEQUENCE = -1;
export const NO_TIMESTAMP = -1;
export const NO_PARTITION_LEADER_EPOCH = -1;

/** The compression of a batch's records, as its attributes number it. */
export const Compression = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const;
export type Compression = (typeof Compression)[keyof typeof Compression];

/** Who sets the timestamps: the producer (`createTime`) or the broker (`logAppendTime`). */
export type TimestampType = 'createTime' | 'logAppendTime';

export const COMPRESSION_MASK = 0x07;
export const LOG_APPEND_TIME_BIT = 0x08;
export const TRANSACTIONAL_BIT = 0x10;
export const CONTROL_BIT = 0x20;
export const DELETE_HORIZON_BIT = 0x40;

const TWO_32 = 0x100000000;
const SAFE_HIGH = 2 ** 21;

/** The offset of the batch's first record. */
export function baseOffsetOf(buffer: Buffer, at: number): number {
  return int64At(buffer, at + BASE_OFFSET_AT);
}

/** Bytes of the whole batch, base offset and length included. */
export function batchSizeOf(buffer: Buffer, at: number): number {
  return LOG_OVERHEAD + buffer.readInt32BE(at + LENGTH_AT);
}

/** The epoch of the leader that appended the batch; -1 before a broker has. */
export function partitionLeaderEpochOf(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at + PARTITION_LEADER_EPOCH_AT);
}

export function magicOf(buffer: Buffer, at: number): number {
  return buffer.readInt8(at + MAGIC_AT);
}

/** The stored CRC-32C over everything from the attributes to the end. */
export function crcOf(buffer: Buffer, at: number): number {
  return buffer.readUInt32BE(at + CRC_AT);
}

export function attributesOf(buffer: Buffer, at: number): number {
  return buffer.readUInt16BE(at + ATTRIBUTES_AT);
}

export function lastOffsetDeltaOf(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at + LAST_OFFSET_DELTA_AT);
}

/** The offset of the last record that the batch was built with; compaction may have removed that record. */
export function lastOffsetOf(buffer: Buffer, at: number): number {
  return baseOffsetOf(buffer, at) + lastOffsetDeltaOf(buffer, at);
}

/** What the records' timestamp deltas count from, in ms; the delete horizon where `hasDeleteHorizon`. */
export function baseTimestampOf(buffer: Buffer, at: number): number {
  return int64At(buffer, at + BASE_TIMESTAMP_AT);
}

/** The largest timestamp of the batch's records in ms, or the append time where the broker sets timestamps. */
export function maxTimestampOf(buffer: Buffer, at: number): number {
  return int64At(buffer, at + MAX_TIMESTAMP_AT);
}

/** The producer's id; -1 where the producer is not idempotent. */
export function producerIdOf(buffer: Buffer, at: number): number {
  return int64At(buffer, at + PRODUCER_ID_AT);
}

export function producerEpochOf(buffer: Buffer, at: number): number {
  return buffer.readInt16BE(at + PRODUCER_EPOCH_AT);
}

/** The sequence number of the first record; -1 where the producer is not idempotent. */
export function baseSequenceOf(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at + BASE_SEQUENCE_AT);
}

/** The sequence number of the last record; it wraps from 2^31 - 1 to 0. -1 where there is none. */
export function lastSequenceOf(buffer: Buffer, at: number): number {
  const base = baseSequenceOf(buffer, at);
  return base === NO_SEQUENCE ? NO_SEQUENCE : (base + lastOffsetDeltaOf(buffer, at)) & 0x7fffffff;
}

export function recordCountOf(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at + RECORD_COUNT_AT);
}

/** The number in the compression bits, 0 … 7; `checkBatch` refuses those that are not a `Compression`. */
export function compressionOf(buffer: Buffer, at: number): number {
  return attributesOf(buffer, at) & COMPRESSION_MASK;
}

export function timestampTypeOf(buffer: Buffer, at: number): TimestampType {
  return (attributesOf(buffer, at) & LOG_APPEND_TIME_BIT) === 0 ? 'createTime' : 'logAppendTime';
}

export function isTransactional(buffer: Buffer, at: number): boolean {
  return (attributesOf(buffer, at) & TRANSACTIONAL_BIT) !== 0;
}

/** True where the records are for brokers and consumers' machinery (transaction markers, KRaft), not for users. */
export function isControl(buffer: Buffer, at: number): boolean {
  return (attributesOf(buffer, at) & CONTROL_BIT) !== 0;
}

/** True where compaction has written down, in the base timestamp, when it may drop tombstones and markers. */
export function hasDeleteHorizon(buffer: Buffer, at: number): boolean {
  return (attributesOf(buffer, at) & DELETE_HORIZON_BIT) !== 0;
}

/** Gives the batch its place in the log. Outside the checksum. */
export function setBaseOffset(buffer: Buffer, at: number, offset: number): void {
  setInt64At(buffer, at + BASE_OFFSET_AT, offset);
}

/** Stamps the batch with the appending leader's epoch. Outside the checksum. */
export function setPartitionLeaderEpoch(buffer: Buffer, at: number, epoch: number): void {
  buffer.writeInt32BE(epoch, at + PARTITION_LEADER_EPOCH_AT);
}

/** Makes `ms` the timestamp of every record, as a topic with message.timestamp.type=LogAppendTime wants it. */
export function setLogAppendTime(buffer: Buffer, at: number, ms: number): void {
  buffer.writeUInt16BE(attributesOf(buffer, at) | LOG_APPEND_TIME_BIT, at + ATTRIBUTES_AT);
  setInt64At(buffer, at + MAX_TIMESTAMP_AT, ms);
  writeCrc(buffer, at);
}

/** Says which producer sends the batch, and as which of its batches; -1 each where it is not idempotent. */
export function setProducer(
  buffer: Buffer,
  at: number,
  producerId: number,
  producerEpoch: number,
  baseSequence: number,
): void {
  setInt64At(buffer, at + PRODUCER_ID_AT, producerId);
  buffer.writeInt16BE(producerEpoch, at + PRODUCER_EPOCH_AT);
  buffer.writeInt32BE(baseSequence, at + BASE_SEQUENCE_AT);
  writeCrc(buffer, at);
}

/** Computes and stores the checksum of the batch at `at`, whose length field is right. */
export function writeCrc(buffer: Buffer, at: number): void {
  const end = at + batchSizeOf(buffer, at);
  buffer.writeUInt32BE(crc32c(buffer, at + ATTRIBUTES_AT, end), at + CRC_AT);
}

/** True where the stored checksum is the batch's own. The whole batch must be in the buffer. */
export function isCrcValid(buffer: Buffer, at: number): boolean {
  return crcOf(buffer, at) === crc32c(buffer, at + ATTRIBUTES_AT, at + batchSizeOf(buffer, at));
}

/**
 * What is wrong with a batch:
 * - `ok`: nothing
 * - `truncated`: it goes on past the end of the bytes
 * - `badLength`: its length is smaller than a header
 * - `unsupportedMagic`: a format of before Kafka 0.11 (0, 1), or of the future
 * - `badCrc`: the checksum does not fit
 * - `badCompression`: the compression bits mean nothing
 * - `badCount`: count and last offset delta contradict each other or the bytes that are there
 * - `badNumber`: an offset, producer id or timestamp is out of range
 */
export type BatchCheck =
  | 'ok'
  | 'truncated'
  | 'badLength'
  | 'unsupportedMagic'
  | 'badCrc'
  | 'badCompression'
  | 'badCount'
  | 'badNumber';

/**
 * Judges any bytes at `[at, end)` as one batch; never throws. The records inside are not looked at.
 *
 * A count below `lastOffsetDelta + 1` is in order here, because compaction leaves such batches behind; a broker
 * that takes a batch from a producer asks for equality on top (`isFreshCount`).
 */
export function checkBatch(buffer: Buffer, at: number, end: number): BatchCheck {
  const next = nextBatch(buffer, at, end);
  if (next === BATCH_TRUNCATED) {
    // An old message set is shorter than a header; say what it is rather than that it is short.
    return end - at > MAGIC_AT && magicOf(buffer, at) !== MAGIC ? 'unsupportedMagic' : 'truncated';
  }
  if (next === BATCH_BROKEN) {
    return end - at > MAGIC_AT && magicOf(buffer, at) !== MAGIC ? 'unsupportedMagic' : 'badLength';
  }
  if (magicOf(buffer, at) !== MAGIC) return 'unsupportedMagic';
  if (!isCrcValid(buffer, at)) return 'badCrc';
  if (compressionOf(buffer, at) > Compression.zstd) return 'badCompression';
  const count = recordCountOf(buffer, at);
  const lastOffsetDelta = lastOffsetDeltaOf(buffer, at);
  if (count < 0 || lastOffsetDelta < 0 || count > lastOffsetDelta + 1) return 'badCount';
  const recordsBytes = next - at - BATCH_HEADER_BYTES;
  if (compressionOf(buffer, at) === Compression.none && count * RECORD_BYTES_MIN > recordsBytes)
    return 'badCount';
  if (!areNumbersSafe(buffer, at, lastOffsetDelta)) return 'badNumber';
  return 'ok';
}

/** True where the batch holds a record for every offset it spans, as one straight from a producer does. */
export function isFreshCount(buffer: Buffer, at: number): boolean {
  return recordCountOf(buffer, at) === lastOffsetDeltaOf(buffer, at) + 1;
}

/** Length, attributes, two deltas, key length, value length, header count: a byte each at least. */
export const RECORD_BYTES_MIN = 7;

/** `nextBatch`: the bytes end before the batch does, as the last batch of a Fetch response may. */
export const BATCH_TRUNCATED = -1;
/** `nextBatch`: the length field is not one a batch can have; nothing after it can be found. */
export const BATCH_BROKEN = -2;

/**
 * Where the batch at `at` ends, which is where the next one starts; `BATCH_TRUNCATED` or `BATCH_BROKEN` where it
 * does not. Takes any bytes, and looks at nothing but the length. At `at === end` it is `BATCH_TRUNCATED`.
 *
 *     for (let next; (next = nextBatch(buffer, at, end)) > 0; at = next) …
 */
export function nextBatch(buffer: Buffer, at: number, end: number): number {
  if (end - at < LOG_OVERHEAD) return BATCH_TRUNCATED;
  const size = batchSizeOf(buffer, at);
  if (size < BATCH_HEADER_BYTES) return BATCH_BROKEN;
  return size > end - at ? BATCH_TRUNCATED : at + size;
}

/**
 * Calls back for each whole batch of `[start, end)`, in order; `visit` may end the walk by returning false.
 *
 * @returns where it stopped: `end` when the last batch was whole, else the start of the one that is truncated,
 * broken or was refused
 */
export function forEachBatch(
  buffer: Buffer,
  start: number,
  end: number,
  visit: (at: number, size: number) => boolean | undefined,
): number {
  let at = start;
  for (;;) {
    const next = nextBatch(buffer, at, end);
    if (next < 0 || visit(at, next - at) === false) return at;
    at = next;
  }
}

function areNumbersSafe(buffer: Buffer, at: number, lastOffsetDelta: number): boolean {
  const baseOffset = int64At(buffer, at + BASE_OFFSET_AT);
  return (
    baseOffset >= 0 &&
    Number.isSafeInteger(baseOffset + lastOffsetDelta) &&
    isSafeInt64At(buffer, at + BASE_TIMESTAMP_AT) &&
    isSafeInt64At(buffer, at + MAX_TIMESTAMP_AT) &&
    isSafeInt64At(buffer, at + PRODUCER_ID_AT)
  );
}

function isSafeInt64At(buffer: Buffer, at: number): boolean {
  const high = buffer.readInt32BE(at);
  return (
    high < SAFE_HIGH && high >= -SAFE_HIGH && !(high === -SAFE_HIGH && buffer.readUInt32BE(at + 4) === 0)
  );
}

// A value outside the safe range loses its low bits here; checkBatch refuses such a batch at the door.
function int64At(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at) * TWO_32 + buffer.readUInt32BE(at + 4);
}

/** Writes a 64-bit field of a header. `value` is a safe integer. */
export function setInt64At(buffer: Buffer, at: number, value: number): void {
  const high = Math.floor(value / TWO_32);
  buffer.writeInt32BE(high, at);
  buffer.writeUInt32BE(value - high * TWO_32, at + 4);
}

// Reads the records of a batch where they lie.
//
// A RecordCursor stands on one record at a time and says where its key, value and headers are; views, strings and
// header objects come into being only when asked for. One cursor can be opened on batch after batch, so reading
// allocates nothing per record. Records are read from bytes that are already decompressed; compression.ts gives
// them. Every length is checked against its record's end, and a record's end against the batch's, so that damaged
// bytes end in a CORRUPT_MESSAGE error and never in a large allocation or a read of someone else's bytes.
// Layout: KIP-82, KIP-98 and org.apache.kafka.common.record.DefaultRecord.

import type { KlammError } from '@klamm/base/errors';
import { ErrorCode, kafkaError } from '../error-codes.ts';
import { Reader } from '../wire/reader.ts';
import {
  BATCH_HEADER_BYTES,
  baseOffsetOf,
  baseTimestampOf,
  batchSizeOf,
  Compression,
  compressionOf,
  maxTimestampOf,
  RECORD_BYTES_MIN,
  recordCountOf,
  timestampTypeOf,
} from './batch.ts';
import { DECOMPRESSED_BYTES_MAX, decompressRecords } from './compression.ts';

const NO_BYTES = Buffer.alloc(0);
// What the groups from bit 28 on may amount to, so that the zigzag value stays below 2^53.
const HIGH_MAX = 2 ** 26 - 1;

/** One header of a record. Keys may repeat; `value` is a view of the record's bytes. */
export interface RecordHeader {
  readonly key: string;
  readonly value: Buffer | null;
}

/** A record with everything decoded. Key, value and header values are views of the batch's bytes. */
export interface DecodedRecord {
  readonly offset: number;
  /** Milliseconds since the epoch; -1 where the producer gave none. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly RecordHeader[];
}

/**
 * Stands on one record of a batch at a time.
 *
 *     const cursor = new RecordCursor();
 *     cursor.open(buffer, at);
 *     while (cursor.next()) use(cursor.offset, cursor.value());
 *
 * The fields describe the current record until `next` is called again; before the first call they mean nothing.
 */
export class RecordCursor {
  /** What `keyAt`, `valueAt` and `headersAt` count in. */
  buffer: Buffer = NO_BYTES;
  offset = 0;
  /** Milliseconds since the epoch; -1 where the producer gave none. */
  timestamp = 0;
  /** Where the key starts; its size is -1 where it is null. */
  keyAt = 0;
  keySize = -1;
  /** Where the value starts; its size is -1 where it is null (a tombstone). */
  valueAt = 0;
  valueSize = -1;
  headerCount = 0;
  /** Where the first header starts. */
  headersAt = 0;
  /** One past the record's last byte. */
  recordEnd = 0;
  /** Records that `next` has yet to visit. */
  recordsLeft = 0;

  #at = 0;
  #end = 0;
  #baseOffset = 0;
  #baseTimestamp = 0;
  /** The timestamp of every record where the broker set it; NaN where each has its own. */
  #appendTime = Number.NaN;
  #appended = false;

  /**
   * Goes before the first record of the batch at `at`, which must be whole (`checkBatch`).
   *
   * @param decompressed the batch's records, where it is compressed: `decompressRecords(buffer, at)`
   * @throws KlammError CORRUPT_MESSAGE where the batch says it holds more records than its bytes can
   */
  open(buffer: Buffer, at: number, decompressed?: Buffer): void {
    this.#baseOffset = baseOffsetOf(buffer, at);
    this.#baseTimestamp = baseTimestampOf(buffer, at);
    this.#appended = timestampTypeOf(buffer, at) === 'logAppendTime';
    this.#appendTime = maxTimestampOf(buffer, at);
    if (decompressed !== undefined) {
      this.buffer = decompressed;
      this.#at = 0;
      this.#end = decompressed.length;
    } else {
      if (compressionOf(buffer, at) !== Compression.none) {
        throw corrupt(
          `the batch at offset ${this.#baseOffset} is compressed, and was opened as if it were not`,
        );
      }
      this.buffer = buffer;
      this.#at = at + BATCH_HEADER_BYTES;
      this.#end = at + batchSizeOf(buffer, at);
    }
    const count = recordCountOf(buffer, at);
    if (count < 0 || count * RECORD_BYTES_MIN > this.#end - this.#at) {
      throw corrupt(
        `the batch at offset ${this.#baseOffset} says it holds ${count} records in ${this.#end - this.#at} bytes`,
      );
    }
    this.recordsLeft = count;
  }

  /**
   * Goes to the next record; false after the last.
   *
   * @throws KlammError CORRUPT_MESSAGE where a length lies or bytes are left over
   */
  next(): boolean {
    if (this.recordsLeft === 0) {
      if (this.#at !== this.#end) this.#refuse(`${this.#end - this.#at} bytes follow the last record`);
      return false;
    }
    this.recordsLeft--;

    // A read past the buffer's end counts as a zero byte and puts the position past the record's end, which is
    // checked before any length is used.
    const size = this.#varint();
    const recordEnd = this.#at + size;
    if (size < RECORD_BYTES_MIN - 1 || recordEnd > this.#end) {
      this.#refuse(`a record of ${size} bytes at byte ${this.#at} of ${this.#end}`);
    }
    this.recordEnd = recordEnd;
    this.#at++; // The record's attributes: none is defined.
    const timestamp = this.#baseTimestamp + this.#varlong();
    this.timestamp = this.#appended ? this.#appendTime : timestamp;
    this.offset = this.#baseOffset + this.#varint();

    const keySize = this.#varint();
    this.keyAt = this.#at;
    this.keySize = keySize;
    if (keySize > 0) this.#at += keySize;
    if (keySize < -1 || this.#at > recordEnd)
      this.#refuse(`a key of ${keySize} bytes in a record of ${size}`);

    const valueSize = this.#varint();
    this.valueAt = this.#at;
    this.valueSize = valueSize;
    if (valueSize > 0) this.#at += valueSize;
    if (valueSize < -1 || this.#at > recordEnd) {
      this.#refuse(`a value of ${valueSize} bytes in a record of ${size}`);
    }

    const headerCount = this.#varint();
    const headersAt = this.#at;
    this.headerCount = headerCount;
    this.headersAt = headersAt;
    // A header takes two bytes at least; without headers the record ends here.
    if (
      headerCount === 0 ? headersAt !== recordEnd : headerCount < 0 || headersAt + headerCount * 2 > recordEnd
    ) {
      this.#refuse(`${headerCount} headers in the last ${recordEnd - headersAt} bytes of a record`);
    }
    this.#at = recordEnd;
    return true;
  }

  /** The key as a view of the batch's bytes. */
  key(): Buffer | null {
    return this.keySize < 0 ? null : this.buffer.subarray(this.keyAt, this.keyAt + this.keySize);
  }

  /** The value as a view of the batch's bytes. */
  value(): Buffer | null {
    return this.valueSize < 0 ? null : this.buffer.subarray(this.valueAt, this.valueAt + this.valueSize);
  }

  /** The key decoded as UTF-8, without a view in between. */
  keyText(): string | null {
    return this.keySize < 0 ? null : this.buffer.toString('utf8', this.keyAt, this.keyAt + this.keySize);
  }

  /** The value decoded as UTF-8, without a view in between. */
  valueText(): string | null {
    return this.valueSize < 0
      ? null
      : this.buffer.toString('utf8', this.valueAt, this.valueAt + this.valueSize);
  }

  /** The headers in order; a new array each time. Throws CORRUPT_MESSAGE where they do not fill the record. */
  headers(): RecordHeader[] {
    return this.headerCount === 0
      ? []
      : readHeaders(this.buffer, this.headersAt, this.recordEnd, this.headerCount);
  }

  /** Everything of the current record, as an object that stays valid when the cursor goes on. */
  decode(): DecodedRecord {
    return {
      offset: this.offset,
      timestamp: this.timestamp,
      key: this.key(),
      value: this.value(),
      headers: this.headers(),
    };
  }

  #varint(): number {
    const first = this.buffer[this.#at++] as number;
    const raw = first < 0x80 ? first : this.#restOfVarint(first);
    return (raw >>> 1) ^ -(raw & 1);
  }

  #varlong(): number {
    const first = this.buffer[this.#at++] as number;
    return first < 0x80 ? (first >>> 1) ^ -(first & 1) : this.#restOfVarlong(first);
  }

  /** The groups after the first of an unsigned varint of up to 32 bits. */
  #restOfVarint(first: number): number {
    const { buffer } = this;
    let at = this.#at;
    let byte = buffer[at++] as number;
    let value = (first & 0x7f) | ((byte & 0x7f) << 7);
    for (let shift = 14; byte >= 0x80; shift += 7) {
      byte = buffer[at++] as number;
      if (shift === 28 && byte > 0x0f) this.#refuse(`a varint of more than 32 bits before byte ${at}`);
      value |= (byte & 0x7f) << shift;
    }
    this.#at = at;
    return value >>> 0;
  }

  /** The groups after the first of a zigzag varint of up to 64 bits, as a number that makes a safe timestamp. */
  #restOfVarlong(first: number): number {
    const { buffer } = this;
    let at = this.#at;
    let byte = first;
    let low = byte & 0x7f;
    for (let shift = 7; byte >= 0x80 && shift < 28; shift += 7) {
      byte = buffer[at++] as number;
      low |= (byte & 0x7f) << shift;
    }
    let high = 0;
    for (let scale = 1; byte >= 0x80; scale *= 0x80) {
      byte = buffer[at++] as number;
      high += (byte & 0x7f) * scale;
      if (high > HIGH_MAX) this.#refuse(`a timestamp beyond 2^53 ms before byte ${at}`);
    }
    this.#at = at;
    const half = (low >>> 1) + high * 0x8000000;
    const value = (low & 1) === 0 ? half : -half - 1;
    if (!Number.isSafeInteger(this.#baseTimestamp + value))
      this.#refuse(`a timestamp beyond 2^53 ms before byte ${at}`);
    return value;
  }

  #refuse(what: string): never {
    throw corrupt(`${what}, in the batch at offset ${this.#baseOffset}`);
  }
}

/**
 * The headers of one record: `count` of them, filling `[at, end)` exactly.
 *
 * For those who keep a record's place (`headersAt`, `recordEnd`, `headerCount`) and decode it later.
 */
export function readHeaders(buffer: Buffer, at: number, end: number, count: number): RecordHeader[] {
  const headers: RecordHeader[] = [];
  const reader = new Reader(buffer, at, end);
  try {
    for (let index = 0; index < count; index++) {
      const key = reader.text(notNegative(reader.varint(), 'key'));
      const valueSize = reader.varint();
      headers.push({ key, value: valueSize === -1 ? null : reader.view(notNegative(valueSize, 'value')) });
    }
  } catch (cause) {
    throw corrupt('the headers of a record go past its end', cause);
  }
  if (reader.offset !== end) throw corrupt(`${end - reader.offset} bytes follow the headers of a record`);
  return headers;
}

/**
 * The records of the batch at `at`, one by one, decompressed where needed: for tools and tests. Checks neither
 * checksum nor length of the batch; `checkBatch` does.
 *
 * @param maxBytes the most bytes that the records may take when decompressed
 */
export function* recordsOf(
  buffer: Buffer,
  at: number,
  maxBytes = DECOMPRESSED_BYTES_MAX,
): Generator<DecodedRecord, void, undefined> {
  const cursor = new RecordCursor();
  cursor.open(buffer, at, decompressRecords(buffer, at, maxBytes));
  while (cursor.next()) yield cursor.decode();
}

function notNegative(size: number, what: string): number {
  if (size < 0) throw corrupt(`the ${what} of a header has the size ${size}`);
  return size;
}

function corrupt(what: string, cause?: unknown): KlammError {
  return kafkaError(ErrorCode.CORRUPT_MESSAGE, `The records cannot be read: ${what}.`, { cause });
}

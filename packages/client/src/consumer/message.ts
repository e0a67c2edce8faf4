// One record as a program sees it.
//
// Key, value and headers are made from the fetched bytes when they are asked for; a message that nobody looks into
// costs next to nothing. Buffers are views of what was fetched, up to `maxBytes` of it: copy what is kept for long.

import { type RecordCursor, type RecordHeader, readHeaders } from '@klamm/protocol/records/record';
import type { Serde } from '../bytes.ts';

/** What all messages of one partition share. */
export interface MessageSource<Value, Key> {
  readonly topic: string;
  readonly partition: number;
  readonly value: Serde<Value> | undefined;
  readonly key: Serde<Key> | undefined;
}

const INSPECT = Symbol.for('nodejs.util.inspect.custom');

export class Message<Value = Buffer, Key = Buffer> {
  readonly offset: number;
  /** Milliseconds since the epoch; -1 where the producer gave none. */
  readonly timestamp: number;
  readonly #source: MessageSource<Value, Key>;
  readonly #buffer: Buffer;
  readonly #keyAt: number;
  readonly #keySize: number;
  readonly #valueAt: number;
  readonly #valueSize: number;
  readonly #headersAt: number;
  readonly #headerCount: number;
  readonly #end: number;

  constructor(source: MessageSource<Value, Key>, cursor: RecordCursor) {
    this.offset = cursor.offset;
    this.timestamp = cursor.timestamp;
    this.#source = source;
    this.#buffer = cursor.buffer;
    this.#keyAt = cursor.keyAt;
    this.#keySize = cursor.keySize;
    this.#valueAt = cursor.valueAt;
    this.#valueSize = cursor.valueSize;
    this.#headersAt = cursor.headersAt;
    this.#headerCount = cursor.headerCount;
    this.#end = cursor.recordEnd;
  }

  get topic(): string {
    return this.#source.topic;
  }

  get partition(): number {
    return this.#source.partition;
  }

  /** null where the record has none. Throws what the serde throws. */
  get key(): Key | null {
    return this.#decode(this.#keyAt, this.#keySize, this.#source.key);
  }

  /** null for a tombstone. Throws what the serde throws. */
  get value(): Value | null {
    return this.#decode(this.#valueAt, this.#valueSize, this.#source.value);
  }

  /** The key's bytes, whatever the serde. */
  get rawKey(): Buffer | null {
    return this.#keySize < 0 ? null : this.#buffer.subarray(this.#keyAt, this.#keyAt + this.#keySize);
  }

  /** The value's bytes, whatever the serde. */
  get rawValue(): Buffer | null {
    return this.#valueSize < 0 ? null : this.#buffer.subarray(this.#valueAt, this.#valueAt + this.#valueSize);
  }

  /** The value as UTF-8 text, whatever the serde; empty for a tombstone. */
  text(): string {
    return this.#valueSize < 0
      ? ''
      : this.#buffer.toString('utf8', this.#valueAt, this.#valueAt + this.#valueSize);
  }

  /** In order; keys may repeat. */
  get headers(): readonly RecordHeader[] {
    return this.#headerCount === 0
      ? []
      : readHeaders(this.#buffer, this.#headersAt, this.#end, this.#headerCount);
  }

  /** The value of the last header with that key; undefined where there is none. */
  header(key: string): Buffer | null | undefined {
    return this.headers.findLast((header) => header.key === key)?.value;
  }

  /** For console.log. */
  [INSPECT](): object {
    const { topic, partition, offset, timestamp, key, value, headers } = this;
    return { topic, partition, offset, timestamp, key, value, headers };
  }

  #decode<T>(at: number, size: number, serde: Serde<T> | undefined): T | null {
    if (size < 0) return null;
    const bytes = this.#buffer.subarray(at, at + size);
    // Without a serde the type parameter is Buffer, by its default.
    return serde === undefined ? (bytes as T) : serde.deserialize(bytes, this.#source.topic);
  }
}

// How a coordinator's records lie in a log: the key is an int16 record type and the key's message, the value an int16
// version and the value's message. A record without a value is a tombstone: what the key names is gone.
//
// A table pairs key and value by record type. Types a table lacks are a newer Kafka's and are skipped, as it does
// itself. org.apache.kafka.coordinator.common.runtime.CoordinatorRecordSerde.

import { codecOf } from '../schema/compile.ts';
import type { Encodable, Fields } from '../schema/fields.ts';
import type { DecodedMessage, Message } from '../schema/message.ts';
import { ProtocolError } from '../wire/protocol-error.ts';
import { Reader } from '../wire/reader.ts';
import { Writer } from '../wire/writer.ts';

/** Record types with their key and value. Every key has one version, 0: its type tells it from others. */
export type KeyedRecordTable = {
  readonly [type: number]: { readonly key: Message; readonly value: Message };
};

/** A record as it is read: `value` is null for a tombstone. */
export type KeyedRecord<T extends KeyedRecordTable> = {
  [K in keyof T & number]: {
    readonly type: K;
    readonly key: DecodedMessage<T[K]['key']>;
    readonly value: DecodedMessage<T[K]['value']> | null;
  };
}[keyof T & number];

const KEY_VERSION = 0;

/** The key's bytes of a record of this type. */
export function encodeRecordKey<F extends Fields>(
  type: number,
  message: Message<F>,
  key: Encodable<F>,
): Buffer {
  const writer = new Writer(64);
  writer.int16(type);
  codecOf(message, KEY_VERSION).encode(writer, key);
  return writer.toBuffer();
}

/** The value's bytes in the given version (default: the newest). */
export function encodeRecordValue<F extends Fields>(
  message: Message<F>,
  value: Encodable<F>,
  version = message.versions[1],
): Buffer {
  const writer = new Writer(128);
  writer.int16(version);
  codecOf(message, version).encode(writer, value);
  return writer.toBuffer();
}

/**
 * Reads a record; undefined for a type that is not in the table.
 *
 * @throws ProtocolError where the bytes are damaged, or the value's version is newer than the table's
 */
export function decodeRecord<T extends KeyedRecordTable>(
  table: T,
  key: Buffer,
  value: Buffer | null,
): KeyedRecord<T> | undefined {
  const keyReader = new Reader(key);
  const type = keyReader.int16();
  const entry = table[type];
  if (entry === undefined) return undefined;
  const decodedKey = decodeWhole(entry.key, KEY_VERSION, keyReader);
  let decodedValue = null;
  if (value !== null) {
    const reader = new Reader(value);
    decodedValue = decodeWhole(entry.value, reader.int16(), reader);
  }
  // The table's types and the numbers they are found by belong together.
  return { type, key: decodedKey, value: decodedValue } as KeyedRecord<T>;
}

function decodeWhole(message: Message, version: number, reader: Reader): unknown {
  const [first, last] = message.versions;
  if (version < first || version > last) {
    throw new ProtocolError(
      `A ${message.name} has version ${version}, but versions ${first} to ${last} are known. A newer Kafka may have written it.`,
    );
  }
  const value = codecOf(message, version).decode(reader);
  if (reader.remaining > 0) {
    throw new ProtocolError(
      `A ${message.name} v${version} ends at byte ${reader.offset}, but ${reader.remaining} bytes follow it.`,
    );
  }
  return value;
}

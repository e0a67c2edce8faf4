// How a record of the metadata log lies in a record's value: frame version, record type and record version as varints,
// then the message. org.apache.kafka.server.common.serialization.AbstractApiMessageSerde.

import { assert } from '@klamm/base/assert';
import { codecOf } from '../schema/compile.ts';
import type { Encodable, Fields } from '../schema/fields.ts';
import type { DecodedMessage, Message } from '../schema/message.ts';
import { ProtocolError } from '../wire/protocol-error.ts';
import { Reader } from '../wire/reader.ts';
import { Writer } from '../wire/writer.ts';
import { metadataRecords } from './metadata.ts';

const FRAME_VERSION = 1;

type MetadataRecordType = keyof typeof metadataRecords;

/** A record as it is read: the number of its type, and its content. */
export type MetadataRecord = {
  [K in MetadataRecordType]: { readonly type: K; readonly data: DecodedMessage<(typeof metadataRecords)[K]> };
}[MetadataRecordType];

const byType: ReadonlyMap<number, Message> = new Map(
  Object.entries(metadataRecords).map(([type, message]) => [Number(type), message]),
);
const typeOf: ReadonlyMap<Message, number> = new Map(
  Array.from(byType, ([type, message]) => [message, type]),
);

/** The bytes of a record in the given version (default: the newest). */
export function encodeMetadata<F extends Fields>(
  message: Message<F>,
  value: Encodable<F>,
  version = message.versions[1],
): Buffer {
  const type = typeOf.get(message);
  assert(type !== undefined, `${message.name} is written into the metadata log`);
  const writer = new Writer(128);
  writer.uvarint(FRAME_VERSION);
  writer.uvarint(type);
  writer.uvarint(version);
  codecOf(message, version).encode(writer, value);
  return writer.toBuffer();
}

/**
 * Reads a record.
 *
 * @throws ProtocolError where the bytes are damaged, or the type or version is newer than those of Kafka 4.3: unlike a
 * coordinator's records, none of the metadata log may be skipped
 */
export function decodeMetadata(bytes: Buffer): MetadataRecord {
  const reader = new Reader(bytes);
  const frameVersion = reader.uvarint();
  if (frameVersion !== FRAME_VERSION)
    throw new ProtocolError(`A metadata record has frame version ${frameVersion}, but only 1 is known.`);
  const type = reader.uvarint();
  const version = reader.uvarint();
  const message = byType.get(type);
  if (message === undefined)
    throw new ProtocolError(`A metadata record has type ${type}, which Kafka 4.3 does not have.`);
  const [first, last] = message.versions;
  if (version < first || version > last) {
    throw new ProtocolError(
      `A ${message.name} has version ${version}, but versions ${first} to ${last} are known. A newer Kafka may have written it.`,
    );
  }
  const data = codecOf(message, version).decode(reader);
  if (reader.remaining > 0) {
    throw new ProtocolError(
      `A ${message.name} v${version} ends at byte ${reader.offset}, but ${reader.remaining} bytes follow it.`,
    );
  }
  // The table's types and the numbers they are found by belong together.
  return { type, data } as MetadataRecord;
}

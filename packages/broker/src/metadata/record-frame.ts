// How a metadata record lies in the value of a record of `__cluster_metadata-0`: frame version, record type and
// record version as varints, then the message (org.apache.kafka.server.common.serialization.AbstractApiMessageSerde).

import { codecOf } from '@klamm/protocol/schema/compile';
import type { Decoded, Encodable, Fields } from '@klamm/protocol/schema/fields';
import type { Message } from '@klamm/protocol/schema/message';
import {
  BeginTransactionRecord,
  BrokerRegistrationChangeRecord,
  ConfigRecord,
  EndTransactionRecord,
  FeatureLevelRecord,
  PartitionChangeRecord,
  PartitionRecord,
  ProducerIdsRecord,
  RegisterBrokerRecord,
  RegisterControllerRecord,
  RemoveTopicRecord,
  TopicRecord,
} from '@klamm/protocol/stored/metadata';
import { ProtocolError } from '@klamm/protocol/wire/protocol-error';
import { Reader } from '@klamm/protocol/wire/reader';
import { Writer } from '@klamm/protocol/wire/writer';

const FRAME_VERSION = 1;

/** Record types that Klamm reads or writes. Others (ACLs, SCRAM users, quotas …) stay in the log untouched. */
const TYPES = {
  0: RegisterBrokerRecord,
  2: TopicRecord,
  3: PartitionRecord,
  4: ConfigRecord,
  5: PartitionChangeRecord,
  9: RemoveTopicRecord,
  12: FeatureLevelRecord,
  15: ProducerIdsRecord,
  17: BrokerRegistrationChangeRecord,
  23: BeginTransactionRecord,
  24: EndTransactionRecord,
  27: RegisterControllerRecord,
} as const;

type RecordTypes = typeof TYPES;
type RecordType = keyof RecordTypes;

/** A record as it is read: its type's number, and its content. */
export type MetadataRecord = {
  [K in RecordType]: {
    readonly type: K;
    readonly data: RecordTypes[K] extends Message<infer F> ? Decoded<F> : never;
  };
}[RecordType];

const typeOf = new Map<Message, number>(
  Object.entries(TYPES).map(([type, message]) => [message as Message, Number(type)]),
);

/** The bytes of a record, in the given version (default: the newest). */
export function encodeMetadata<F extends Fields>(
  message: Message<F>,
  value: Encodable<F>,
  version = message.versions[1],
): Buffer {
  const writer = new Writer(128);
  writer.uvarint(FRAME_VERSION);
  writer.uvarint(typeOf.get(message as Message) ?? -1);
  writer.uvarint(version);
  codecOf(message, version).encode(writer, value);
  return writer.toBuffer();
}

/** Reads a record; undefined for a type Klamm does not act on. Throws ProtocolError on a damaged one. */
export function decodeMetadata(bytes: Buffer): MetadataRecord | undefined {
  const reader = new Reader(bytes);
  const frameVersion = reader.uvarint();
  if (frameVersion !== FRAME_VERSION)
    throw new ProtocolError(`A metadata record has frame version ${frameVersion}; 1 is known.`);
  const type = reader.uvarint();
  const version = reader.uvarint();
  const message = (TYPES as Record<number, Message | undefined>)[type];
  if (message === undefined) return undefined;
  if (version > message.versions[1]) {
    throw new ProtocolError(
      `A ${message.name} has version ${version}; Klamm knows up to ${message.versions[1]}. A newer Kafka has written this directory.`,
    );
  }
  return { type, data: codecOf(message, version).decode(reader) } as MetadataRecord;
}

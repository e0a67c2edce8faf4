// The envelope of what consumers tell each other through JoinGroup and SyncGroup: an int16 version, then a message.
// A reader takes what a newer version begins with, as fields were only ever added at the end
// (org.apache.kafka.clients.consumer.internals.ConsumerProtocol).

import { codecOf } from '../schema/compile.ts';
import type { Decoded, Encodable, Fields } from '../schema/fields.ts';
import type { Message } from '../schema/message.ts';
import { ProtocolError } from '../wire/protocol-error.ts';
import { Reader } from '../wire/reader.ts';
import { Writer } from '../wire/writer.ts';

/** The bytes of a message with its version before it (default: the newest). */
export function encodeVersioned<F extends Fields>(
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
 * Reads such a message; one of a newer version as the newest known.
 *
 * @throws ProtocolError where the bytes are damaged or the version is below the first
 */
export function decodeVersioned<F extends Fields>(message: Message<F>, bytes: Buffer): Decoded<F> {
  const reader = new Reader(bytes);
  const version = reader.int16();
  const [first, last] = message.versions;
  if (version < first)
    throw new ProtocolError(`A ${message.name} has version ${version}; ${first} is the first.`);
  return codecOf(message, Math.min(version, last)).decode(reader);
}

// Compiles a message schema, for one version, into a decoder and an encoder.
//
// Both are JavaScript functions written out from the schema and made with `new Function` the first time a
// version is used: straight-line code with one object literal per struct, so that every message of a version
// has one hidden class. The text is built from our own schemas only, never from input.
// The encoding is that of Kafka's MessageDataGenerator; tagged fields and compact lengths are KIP-482.

import { assert } from '@klamm/base/assert';
import { ProtocolError } from '../wire/protocol-error.ts';
import { Reader } from '../wire/reader.ts';
import { Writer } from '../wire/writer.ts';
import { structSource } from './compile-struct.ts';
import type { Decoded, Encodable, Fields } from './fields.ts';
import type { Message } from './message.ts';

export interface Codec<F extends Fields = Fields> {
  /** Reads one message and leaves the reader behind it. Throws ProtocolError on anything malformed. */
  decode(reader: Reader): Decoded<F>;
  encode(writer: Writer, value: Encodable<F>): void;
}

/** How 64-bit integers that count are decoded: as safe numbers (others refused), or all as exact bigints. */
export type Int64Mode = 'number' | 'bigint';

const caches: Record<Int64Mode, WeakMap<Message, (Codec | undefined)[]>> = {
  number: new WeakMap(),
  bigint: new WeakMap(),
};

/** The codec of one version; compiled on first use, then remembered. The version must exist. */
export function codecOf<F extends Fields>(
  message: Message<F>,
  version: number,
  int64: Int64Mode = 'number',
): Codec<F> {
  const cache = caches[int64];
  let codecs = cache.get(message);
  if (codecs === undefined) {
    codecs = [];
    cache.set(message, codecs);
  }
  let codec = codecs[version];
  if (codec === undefined) {
    codec = compile(message, version, int64);
    codecs[version] = codec;
  }
  // The cache is keyed by the message, so the codec found has the message's own fields.
  return codec as Codec<F>;
}

/** Decodes a whole buffer as one message. Bytes left over are an error. */
export function decodeMessage<F extends Fields>(
  message: Message<F>,
  version: number,
  buffer: Buffer,
  int64: Int64Mode = 'number',
): Decoded<F> {
  const reader = new Reader(buffer);
  const value = codecOf(message, version, int64).decode(reader);
  if (reader.remaining > 0) {
    throw new ProtocolError(
      `${message.name} v${version} ends at byte ${reader.offset}, but ${reader.remaining} bytes follow it.`,
    );
  }
  return value;
}

/** Encodes one message into a buffer of its own. */
export function encodeMessage<F extends Fields>(
  message: Message<F>,
  version: number,
  value: Encodable<F>,
): Buffer {
  const writer = new Writer();
  codecOf(message, version).encode(writer, value);
  return writer.toBuffer();
}

function compile(message: Message, version: number, int64: Int64Mode): Codec {
  const [first, last] = message.versions;
  assert(version >= first && version <= last, `${message.name} has no version ${version}`);
  const parts: string[] = [];
  const root = structSource(parts, message.fields, {
    version,
    flexible: version >= message.flexibleFrom,
    int64,
  });
  const source = `"use strict";\n${parts.join('\n')}\nreturn { decode: decode${root}, encode: encode${root} };`;
  return new Function('Reader', 'Writer', 'ProtocolError', source)(Reader, Writer, ProtocolError) as Codec;
}

// A request as the bytes of its frame, and where the body of a reply's frame begins.

import { codecOf } from '@klamm/protocol/schema/compile';
import type { Encodable, Fields } from '@klamm/protocol/schema/fields';
import { type Api, isFlexible } from '@klamm/protocol/schema/message';
import { readResponseHeader, writeRequestHeader } from '@klamm/protocol/wire/headers';
import type { Reader } from '@klamm/protocol/wire/reader';
import { Writer } from '@klamm/protocol/wire/writer';

/** With its length in front. */
export function encodeRequest<Q extends Fields, R extends Fields>(
  api: Api<Q, R>,
  version: number,
  correlationId: number,
  clientId: string,
  body: Encodable<Q>,
): Writer {
  const writer = new Writer(256);
  writer.int32(0);
  const header = { apiKey: api.key, apiVersion: version, correlationId, clientId };
  writeRequestHeader(writer, header, isFlexible(api, version));
  codecOf(api.request, version).encode(writer, body);
  writer.buffer.writeInt32BE(writer.length - 4, 0);
  return writer;
}

/** Leaves the reader behind the tagged fields of a reply's header. */
export function skipReplyTags(frame: Buffer, reader: Reader): void {
  // Nearly always there is none, and one zero byte says so.
  if (frame[4] === 0) reader.take(1);
  else {
    reader.offset = 0;
    readResponseHeader(reader, true);
  }
}

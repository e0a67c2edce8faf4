// Request and response headers. Version 1 of the request header carries a client id, version 2 tagged fields too;
// the response header has tagged fields from version 1 on. clientId keeps its old encoding in both (KIP-482).

import type { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

export interface RequestHeader {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string | null;
}

/** Reads the start of a request header, which every version shares; `readClientId` reads the rest. */
export function readRequestStart(reader: Reader): {
  apiKey: number;
  apiVersion: number;
  correlationId: number;
} {
  return { apiKey: reader.int16(), apiVersion: reader.int16(), correlationId: reader.int32() };
}

/** Reads what follows the start; `flexible` says whether the API's version uses header version 2. */
export function readClientId(reader: Reader, flexible: boolean): string | null {
  const clientId = reader.nullableString();
  if (flexible) skipTaggedFields(reader);
  return clientId;
}

export function writeRequestHeader(writer: Writer, header: RequestHeader, flexible: boolean): void {
  writer.int16(header.apiKey);
  writer.int16(header.apiVersion);
  writer.int32(header.correlationId);
  writer.nullableString(header.clientId);
  if (flexible) writer.uvarint(0);
}

/** `flexible`: header version 1. ApiVersions answers with version 0 always (KIP-511). */
export function writeResponseHeader(writer: Writer, correlationId: number, flexible: boolean): void {
  writer.int32(correlationId);
  if (flexible) writer.uvarint(0);
}

export function readResponseHeader(reader: Reader, flexible: boolean): number {
  const correlationId = reader.int32();
  if (flexible) skipTaggedFields(reader);
  return correlationId;
}

export function skipTaggedFields(reader: Reader): void {
  for (let count = reader.uvarint(); count > 0; count--) {
    reader.uvarint();
    reader.take(reader.uvarint());
  }
}

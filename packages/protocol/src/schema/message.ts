// A message is a named schema with the versions it exists in; an API is a request and its response under one key.

import type { Decoded, Encodable, Fields } from './fields.ts';
import { NEVER } from './fields.ts';

export interface Message<F extends Fields = Fields> {
  readonly name: string;
  /** First and last version. */
  readonly versions: readonly [first: number, last: number];
  /** First version with compact lengths and tagged fields (KIP-482); `NEVER` where there is none. */
  readonly flexibleFrom: number;
  readonly fields: F;
}

/** What decoding a message gives. */
export type DecodedMessage<M> = M extends Message<infer F> ? Decoded<F> : never;
/** What encoding a message takes. */
export type EncodableMessage<M> = M extends Message<infer F> ? Encodable<F> : never;

export interface Api<Request extends Fields = Fields, Response extends Fields = Fields> {
  readonly key: number;
  /** Kafka's name, without "Request". */
  readonly name: string;
  readonly versions: readonly [first: number, last: number];
  readonly flexibleFrom: number;
  readonly request: Message<Request>;
  readonly response: Message<Response>;
}

/** Describes a message that is not a request or response. `flexibleFrom` is left out where no version is. */
export function message<F extends Fields>(of: {
  name: string;
  versions: readonly [number, number];
  flexibleFrom?: number;
  fields: F;
}): Message<F> {
  return { name: of.name, versions: of.versions, flexibleFrom: of.flexibleFrom ?? NEVER, fields: of.fields };
}

/** Describes an API. `flexibleFrom` is left out where no version is flexible. */
export function api<Request extends Fields, Response extends Fields>(of: {
  key: number;
  name: string;
  versions: readonly [number, number];
  flexibleFrom?: number;
  request: Request;
  response: Response;
}): Api<Request, Response> {
  const { key, name, versions, flexibleFrom = NEVER } = of;
  return {
    key,
    name,
    versions,
    flexibleFrom,
    request: { name: `${name}Request`, versions, flexibleFrom, fields: of.request },
    response: { name: `${name}Response`, versions, flexibleFrom, fields: of.response },
  };
}

export function isFlexible(of: { readonly flexibleFrom: number }, version: number): boolean {
  return version >= of.flexibleFrom;
}

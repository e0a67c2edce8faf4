// The language that Kafka's messages are described in: constructors for field types, and wrappers that say in
// which versions a field exists, may be null, or is tagged (KIP-482).
//
// A schema is plain data; `compile.ts` turns it into an encoder and a decoder for one version. Types are
// inferred: a decoded message has every field of every version (those its version lacks hold their default), and
// any field may be left out when encoding. Field order in a schema is the order on the wire.

/** Last version of a field that has not been removed. */
export const LATEST = 0x7fff;
/** "In no version". */
export const NEVER = 0x8000;

export type FieldKind =
  | 'boolean'
  | 'int8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'bigint64'
  | 'float64'
  | 'string'
  | 'bytes'
  | 'uuid'
  | 'array'
  | 'struct';

/** A tagged field this schema does not know, kept as it came so that it can be passed on. */
export interface UnknownTaggedField {
  readonly tag: number;
  readonly bytes: Buffer;
}

interface Tagged {
  readonly unknownTaggedFields?: readonly UnknownTaggedField[];
}

/** A field of a message: `Out` is what decoding gives, `In` what encoding takes. */
export interface Field<Out, In = Out> {
  readonly kind: FieldKind;
  /** First and last message version that has the field. */
  readonly since: number;
  readonly until: number;
  /** First message version in which it may be null. */
  readonly nullableSince: number;
  /** Its tag, and the first message version in which it is tagged; -1 where it never is. */
  readonly tag: number;
  readonly taggedSince: number;
  /** Value where the version lacks the field, or nothing was given. Undefined: the kind's own empty value. */
  readonly fallback: Out | undefined;
  /** True for the one field (clientId of the request header) that keeps the old encoding in flexible versions. */
  readonly inflexible: boolean;
  readonly of: Field<unknown, unknown> | undefined;
  readonly fields: Fields | undefined;
  /** Never set: carries the type of what encoding takes. */
  readonly input?: In;
}

export type Fields = { readonly [name: string]: Field<unknown, unknown> };

type OutOf<F> = F extends Field<infer Out, unknown> ? Out : never;
type InOf<F> = F extends { readonly input?: infer In } ? In : never;

/** What decoding a struct gives. */
export type Decoded<F extends Fields> = { readonly [K in keyof F]: OutOf<F[K]> } & Tagged;
/** What encoding a struct takes; what is left out is written as its default. */
export type Encodable<F extends Fields> = { readonly [K in keyof F]?: InOf<F[K]> } & Tagged;

function field<Out, In = Out>(kind: FieldKind, fallback?: Out): Field<Out, In> {
  return {
    kind,
    since: 0,
    until: LATEST,
    nullableSince: NEVER,
    tag: -1,
    taggedSince: NEVER,
    fallback,
    inflexible: false,
    of: undefined,
    fields: undefined,
  };
}

export const boolean = (fallback?: boolean): Field<boolean> => field('boolean', fallback);
export const int8 = (fallback?: number): Field<number> => field('int8', fallback);
export const int16 = (fallback?: number): Field<number> => field('int16', fallback);
export const uint16 = (fallback?: number): Field<number> => field('uint16', fallback);
export const int32 = (fallback?: number): Field<number> => field('int32', fallback);
export const uint32 = (fallback?: number): Field<number> => field('uint32', fallback);
/** A 64-bit integer that counts: a safe number; a value beyond ±(2^53 - 1) is refused when decoding. */
export const int64 = (fallback?: number): Field<number, number | bigint> => field('int64', fallback);
/** A 64-bit integer that is opaque or may hold the type's extremes. */
export const bigint64 = (fallback?: bigint): Field<bigint, number | bigint> => field('bigint64', fallback);
export const float64 = (fallback?: number): Field<number> => field('float64', fallback);
export const string = (fallback?: string): Field<string> => field('string', fallback);
/** Bytes, decoded as a view of the frame. */
export const bytes = (): Field<Buffer, Uint8Array> => field('bytes');
/** Record batches, decoded as a view of the frame. On the wire the same as `bytes`. */
export const records = (): Field<Buffer | null, Uint8Array | null> => nullable(bytes());
/** Sixteen bytes, as 22 characters of URL-safe base64: Kafka's own text form. Default: all zero. */
export const uuid = (): Field<string> => field('uuid');

/** A list of one type, or of structs given by their fields. */
export function array<Out, In>(of: Field<Out, In>): Field<readonly Out[], readonly In[]>;
export function array<F extends Fields>(of: F): Field<readonly Decoded<F>[], readonly Encodable<F>[]>;
export function array(of: Field<unknown, unknown> | Fields): Field<readonly unknown[], readonly unknown[]> {
  return { ...field('array'), of: isField(of) ? of : struct(of) };
}

export function struct<F extends Fields>(fields: F): Field<Decoded<F>, Encodable<F>> {
  return { ...field('struct'), fields };
}

/** The field exists from this message version on. */
export function since<Out, In>(version: number, of: Field<Out, In>): Field<Out, In> {
  return { ...of, since: version };
}

/** The field exists up to and including this message version. */
export function until<Out, In>(version: number, of: Field<Out, In>): Field<Out, In> {
  return { ...of, until: version };
}

/** May be null from message version `from` on; by default it is still the kind's empty value. */
export function nullable<Out, In>(of: Field<Out, In>, from = 0): Field<Out | null, In | null> {
  return { ...of, nullableSince: from };
}

/** May be null from message version `from` on, and is null by default. */
export function optional<Out, In>(of: Field<Out, In>, from = 0): Field<Out | null, In | null> {
  return { ...of, nullableSince: from, fallback: null };
}

/** The field exists from message version `from` on, tagged: written only where it differs from its default. */
export function tagged<Out, In>(tag: number, from: number, of: Field<Out, In>): Field<Out, In> {
  return { ...of, since: from, tag, taggedSince: from };
}

/** The field keeps the encoding of inflexible versions everywhere. */
export function inflexible<Out, In>(of: Field<Out, In>): Field<Out, In> {
  return { ...of, inflexible: true };
}

function isField(of: Field<unknown, unknown> | Fields): of is Field<unknown, unknown> {
  return typeof of.kind === 'string';
}

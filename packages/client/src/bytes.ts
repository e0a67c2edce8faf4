// How a program's values become the bytes of a record and back: as they are, or through a serde, typed.
//
// A serde is two plain functions, and synchronous, because records are written where they are sent. `json` and
// `schema` make serdes; any validator that speaks Standard Schema (zod, valibot, arktype) fits `schema`.

import { KlammError } from '@klamm/base/errors';
import type { RecordBytes } from '@klamm/protocol/records/builder';

/** What can be sent without a serde. `undefined` counts as null. */
export type Bytes = Uint8Array | string | null | undefined;

/** Makes bytes of `T` and back. `null` on the wire is a tombstone, which never reaches a serde. */
export interface Serde<T> {
  serialize(value: T, topic: string): RecordBytes;
  deserialize(bytes: Buffer, topic: string): T;
}

/** The part of Standard Schema (standardschema.dev, version 1) that Klamm uses. */
export interface StandardSchema<T> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<T> | Promise<SchemaResult<T>>;
    readonly types?: { readonly output: T } | undefined;
  };
}

type SchemaResult<T> =
  | { readonly value: T; readonly issues?: undefined }
  | {
      readonly issues: readonly {
        readonly message: string;
        readonly path?: readonly unknown[] | undefined;
      }[];
    };

/** UTF-8 text. */
export const text: Serde<string> = {
  serialize: (value) => value,
  deserialize: (bytes) => bytes.toString(),
};

/** JSON, unchecked: the type is a promise of the caller's. */
export function json<T>(): Serde<T> {
  return {
    serialize: (value) => JSON.stringify(value),
    deserialize: (bytes, topic) => parse(bytes, topic) as T,
  };
}

/** JSON, checked by a Standard Schema both when it is sent and when it is read. Throws SERIALIZATION_FAILED. */
export function schema<T>(of: StandardSchema<T>): Serde<T> {
  const check = (value: unknown, topic: string): T => {
    const result = of['~standard'].validate(value);
    if (result instanceof Promise) {
      throw failed(`The schema for the topic "${topic}" validates asynchronously, which a serde cannot.`);
    }
    if (result.issues === undefined) return result.value;
    const issues = result.issues.map(({ message, path }) => {
      const at = path?.map((step) => String(isKeyed(step) ? step.key : step)).join('.');
      return at === undefined || at === '' ? message : `${at}: ${message}`;
    });
    throw failed(`A value for the topic "${topic}" does not fit its schema: ${issues.join('; ')}.`);
  };
  return {
    serialize: (value, topic) => JSON.stringify(check(value, topic)),
    deserialize: (bytes, topic) => check(parse(bytes, topic), topic),
  };
}

function isKeyed(step: unknown): step is { key: unknown } {
  return typeof step === 'object' && step !== null && 'key' in step;
}

function parse(bytes: Buffer, topic: string): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch (cause) {
    throw failed(`A record of the topic "${topic}" is not JSON.`, cause);
  }
}

function failed(message: string, cause?: unknown): KlammError {
  return new KlammError(message, { code: 'SERIALIZATION_FAILED', retriable: false, cause });
}

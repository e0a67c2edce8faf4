// A record as the command line sees it, and as JSON. What `consume` prints as ndjson, `produce --input ndjson` takes.
//
// Bytes that are UTF-8 text are `key` and `value`; other bytes are `keyBase64` and `valueBase64`, so that nothing is
// lost on the way through a pipe. null stays null: a record without a key, a tombstone.

import { isUtf8 } from 'node:buffer';
import type { Field, Row } from '../output/rows.ts';
import { usageError } from '../usage-error.ts';

export interface RecordHeader {
  readonly key: string;
  readonly value: Buffer | null;
}

/** What is printed: all of a record. */
export interface PrintedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly RecordHeader[];
}

/** What is sent: what a person or another program gave. */
export interface GivenRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly RecordHeader[];
  readonly timestamp: number | undefined;
}

export function recordRow(record: PrintedRecord): Row {
  const { topic, partition, offset, timestamp } = record;
  return {
    topic,
    partition,
    offset,
    timestamp,
    ...bytesField('key', record.key),
    ...bytesField('value', record.value),
    headers: record.headers.map((header) => ({ key: header.key, ...bytesField('value', header.value) })),
  };
}

function bytesField(name: string, bytes: Buffer | null): { readonly [name: string]: Field } {
  if (bytes === null) return { [name]: null };
  return isUtf8(bytes) ? { [name]: bytes.toString() } : { [`${name}Base64`]: bytes.toString('base64') };
}

/** One line of ndjson. `where` names it in errors: `line 3`. */
export function parseRecord(line: string, where: string): GivenRecord {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw usageError(`${where} is not JSON: ${(error as Error).message}.`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw usageError(`${where} is no JSON object; write {"key": …, "value": …}.`);
  }
  const object = value as Readonly<Record<string, unknown>>;
  if (object.value === undefined && object.valueBase64 === undefined) {
    throw usageError(`${where} has neither "value" nor "valueBase64"; write "value": null for a tombstone.`);
  }
  return {
    key: bytesOf(object, 'key', where),
    value: bytesOf(object, 'value', where),
    headers: headersOf(object.headers, where),
    timestamp: wholeNumber(object.timestamp, 'timestamp', where),
  };
}

function bytesOf(object: Readonly<Record<string, unknown>>, name: string, where: string): Buffer | null {
  const encoded = object[`${name}Base64`];
  if (encoded !== undefined) {
    if (typeof encoded !== 'string') throw usageError(`${where}: "${name}Base64" is no text.`);
    return Buffer.from(encoded, 'base64');
  }
  const value = object[name];
  if (value === undefined || value === null) return null;
  // A value that is an object or a number is what people mean who write JSON by hand: its JSON is sent.
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
}

function headersOf(value: unknown, where: string): RecordHeader[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) {
    return value.map((header: unknown) => {
      const object = (header ?? {}) as Readonly<Record<string, unknown>>;
      if (typeof object.key !== 'string') throw usageError(`${where}: a header has no "key".`);
      return { key: object.key, value: bytesOf(object, 'value', where) };
    });
  }
  if (typeof value !== 'object') throw usageError(`${where}: "headers" is neither a list nor an object.`);
  const object = value as Readonly<Record<string, unknown>>;
  return Object.keys(object).map((key) => ({ key, value: bytesOf(object, key, where) }));
}

function wholeNumber(value: unknown, name: string, where: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw usageError(`${where}: "${name}" is ${JSON.stringify(value)}; a whole number is needed.`);
}

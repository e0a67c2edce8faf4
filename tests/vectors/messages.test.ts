// Messages as Apache Kafka 4.3.1's own classes wrote them (messages.jsonl.gz, a random instance a line: every client
// API in every version, both ways, every stored record, headers and control records), read and written again by
// Klamm. Each line's fields must be what Kafka put in (an absent one its default), and its bytes come out as they were.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { ZERO_UUID } from '@klamm/base/random';
import { messages as schemas } from '@klamm/protocol/messages';
import { controlTypeOf, endTransactionMarkerOf } from '@klamm/protocol/records/control';
import { decodeMessage, encodeMessage } from '@klamm/protocol/schema/compile';
import { boolean, type Field, type FieldKind, type Fields, string } from '@klamm/protocol/schema/fields';
import { type Message, message } from '@klamm/protocol/schema/message';
import {
  readClientId,
  readRequestStart,
  readResponseHeader,
  writeRequestHeader,
  writeResponseHeader,
} from '@klamm/protocol/wire/headers';
import { Reader } from '@klamm/protocol/wire/reader';
import { Writer } from '@klamm/protocol/wire/writer';

interface Vector {
  readonly message: string;
  readonly version: number;
  readonly flexible: boolean;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly hex: string;
}

/** Integers that a double cannot hold stay text; `normal` below makes the same text of what was decoded. */
function keepLargeIntegers(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source ?? '';
  return typeof value === 'number' && /^-?\d{16,}$/.test(source) ? source : value;
}

const vectors = gunzipSync(readFileSync(new URL('messages.jsonl.gz', import.meta.url)))
  .toString()
  .trimEnd()
  .split('\n')
  .map((line): Vector => JSON.parse(line, keepLargeIntegers));

// The principal in a request that one Kafka node forwards to another. Klamm has no other node, so it has no such schema.
const DefaultPrincipalData = message({
  name: 'DefaultPrincipalData',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: { type: string(), name: string(), tokenAuthenticated: boolean() },
});

const messages: ReadonlyMap<string, Message> = new Map(
  [...schemas, DefaultPrincipalData].map((one: Message) => [one.name, one]),
);

const EMPTY: Partial<Record<FieldKind, unknown>> = {
  boolean: false,
  string: '',
  bytes: '',
  uuid: ZERO_UUID,
  array: [],
};

/** A field's value as comparable plain data, whether it was decoded or stands in a vector. */
function normal(field: Field<unknown>, given: unknown): unknown {
  const value = given === undefined ? field.fallback : given;
  if (value === null) return null;
  if (field.fields !== undefined) return normalStruct(field.fields, value ?? {});
  if (value === undefined) return field.kind in EMPTY ? EMPTY[field.kind] : '0';
  if (Array.isArray(value)) {
    const { of } = field;
    return value.map((element) => (of === undefined ? element : normal(of, element)));
  }
  if (Buffer.isBuffer(value)) return value.toString('base64');
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : value;
}

function normalStruct(fields: Fields, value: object): Record<string, unknown> {
  const given = value as Record<string, unknown>;
  const unexpected = Object.keys(given).filter((name) => !(name in fields));
  assert.deepEqual(unexpected, [], 'the schema has every field');
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, normal(field, given[name])]),
  );
}

test('the vectors are whole: 1,992 instances, of nearly every message in every version', () => {
  assert.equal(vectors.length, 1992);
  const seen = new Set(vectors.map((vector) => `${vector.message} ${vector.version}`));
  const missing: string[] = [];
  for (const { name, versions } of messages.values()) {
    for (let version = versions[0]; version <= versions[1]; version++) {
      if (!seen.has(`${name} ${version}`)) missing.push(`${name} v${version}`);
    }
  }
  // These came without vectors; check-schema compares them with the specification. Kafka 4 has no CreateTopics v0 and v1.
  assert.deepEqual(
    missing.map((one) => one.replace(/(?:Request|Response) v\d+$/, '')),
    [
      ...Array(4).fill('CreateTopics'),
      ...Array(6).fill('DescribeQuorum'),
      ...Array(2).fill('UnregisterBroker'),
      'TransactionLogValue v0',
      'ProducerSnapshot v1',
    ],
  );
});

test('every message of Kafka is decoded to the same fields and encoded to the same bytes', () => {
  let compared = 0;
  for (const vector of vectors) {
    const schema = messages.get(vector.message);
    if (schema === undefined) continue;
    const label = `${vector.message} v${vector.version} ${vector.hex}`;
    assert.equal(vector.version >= schema.flexibleFrom, vector.flexible, label);
    const decoded = decodeMessage(schema, vector.version, Buffer.from(vector.hex, 'hex'), 'bigint');
    assert.deepEqual(normalStruct(schema.fields, decoded), normalStruct(schema.fields, vector.fields), label);
    assert.equal(encodeMessage(schema, vector.version, decoded).toString('hex'), vector.hex, label);
    compared++;
  }
  assert.equal(compared, 1992 - 12 - 6, 'all but the headers and hand-written control records below');
});

test("request and response headers are Kafka's", () => {
  const requests = vectors.filter((vector) => vector.message === 'RequestHeader');
  assert.equal(requests.length, 6);
  for (const { fields, flexible, hex } of requests) {
    const reader = new Reader(Buffer.from(hex, 'hex'));
    const header = { ...readRequestStart(reader), clientId: readClientId(reader, flexible) };
    assert.deepEqual(header, {
      apiKey: fields.requestApiKey,
      apiVersion: fields.requestApiVersion,
      correlationId: fields.correlationId,
      clientId: fields.clientId,
    });
    assert.equal(reader.remaining, 0);
    const writer = new Writer();
    writeRequestHeader(writer, header, flexible);
    assert.equal(writer.toBuffer().toString('hex'), hex);
  }
  const responses = vectors.filter((vector) => vector.message === 'ResponseHeader');
  assert.equal(responses.length, 6);
  for (const { fields, flexible, hex } of responses) {
    const reader = new Reader(Buffer.from(hex, 'hex'));
    const correlationId = readResponseHeader(reader, flexible);
    assert.equal(correlationId, fields.correlationId);
    assert.equal(reader.remaining, 0);
    const writer = new Writer();
    writeResponseHeader(writer, correlationId, flexible);
    assert.equal(writer.toBuffer().toString('hex'), hex);
  }
});

test("control record types and transaction markers are Kafka's, behind their int16 version", () => {
  const types = vectors.filter((vector) => vector.message === 'ControlRecordTypeSchema');
  assert.equal(types.length, 3);
  for (const { fields, hex } of types) {
    assert.equal(controlTypeOf(Buffer.from(`0000${hex}`, 'hex')), fields.type);
  }
  const markers = vectors.filter((vector) => vector.message === 'EndTxnMarker');
  assert.equal(markers.length, 3);
  for (const { fields, hex } of markers) {
    const marker = endTransactionMarkerOf({
      offset: 0,
      timestamp: 0,
      type: 1,
      value: Buffer.from(`0000${hex}`, 'hex'),
    });
    assert.deepEqual(marker, { committed: true, coordinatorEpoch: fields.coordinatorEpoch });
  }
});

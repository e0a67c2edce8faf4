import assert from 'node:assert/strict';
import { test } from 'node:test';
import { messages } from '../packages/protocol/src/messages.ts';
import {
  array,
  type Fields,
  int16,
  int32,
  nullable,
  records,
  since,
  string,
  tagged,
  until,
} from '../packages/protocol/src/schema/fields.ts';
import { message } from '../packages/protocol/src/schema/message.ts';
import { acceptedHash, differencesOf, type MessageSpec, schemaHash } from './check-schema.ts';

test('the schemas are those that were accepted last, with the specifications at hand', () => {
  assert.equal(
    schemaHash(messages),
    acceptedHash(),
    'A schema changed. If it is meant: npm run check-schema -- FOLDER --accept, with the specifications of Kafka.',
  );
});

test('the hash moves with every property of a field, and with nothing else', () => {
  const hashOf = (fields: Fields) => schemaHash([message({ name: 'Sample', versions: [0, 1], fields })]);
  const variants: Fields[] = [
    { a: int16() },
    { b: int16() },
    { a: int32() },
    { a: int16(-1) },
    { a: since(1, int16()) },
    { a: until(0, int16()) },
    { a: array(int16()) },
    { a: nullable(array(int16())) },
    { a: nullable(array(int16()), 1) },
    { a: array({ a: int16() }) },
    { a: int16(), b: int16() },
    { b: int16(), a: int16() },
  ];
  assert.equal(new Set(variants.map(hashOf)).size, variants.length);
  assert.equal(hashOf({ a: int16() }), hashOf({ a: int16(0) }));
});

const spec: MessageSpec = {
  name: 'Sample',
  type: 'data',
  validVersions: '1-3',
  flexibleVersions: '3+',
  commonStructs: [{ name: 'Node', fields: [{ name: 'Id', type: 'int32', versions: '0+', default: '-1' }] }],
  fields: [
    { name: 'Gone', type: 'int8', versions: '0' },
    { name: 'ISRNodes', type: '[]Node', versions: '0+', nullableVersions: '2+' },
    { name: 'Records', type: 'records', versions: '0+' },
    { name: 'Old', type: 'string', versions: '0-2', default: 'null', nullableVersions: '0+' },
    { name: 'Late', type: 'int16', versions: '3+', taggedVersions: '3+', tag: 0 },
  ],
};
const fields = {
  iSRNodes: nullable(array({ id: int32(-1) }), 2),
  records: records(),
  old: until(2, { ...nullable(string()), fallback: null }),
  late: tagged(0, 3, int16()),
};
const sample = (changed: object, versions: readonly [number, number] = [1, 3]) =>
  message({ name: 'Sample', versions, flexibleFrom: 3, fields: { ...fields, ...changed } });

test('a schema that is what the specification says has no differences', () => {
  assert.deepEqual(differencesOf(sample({}), spec), []);
});

test('every kind of difference is told, with the version it begins in', () => {
  const first = (changed: object) => differencesOf(sample(changed), spec)[0];
  assert.match(first({ old: until(1, fields.old) }) ?? '', /^Sample v2: "\(old/);
  assert.match(first({ old: until(2, string()) }) ?? '', /v1: "old: string" where "old: string\? = null"/);
  assert.match(first({ late: tagged(1, 3, int16()) }) ?? '', /v3: "late: int16 #1" where "late: int16 #0"/);
  assert.match(first({ late: since(3, int16()) }) ?? '', /v3: "late: int16" where/);
  assert.match(first({ late: tagged(0, 3, int32()) }) ?? '', /"\(late: int32\)" where "\(late: int16\)"/);
  assert.match(first({ iSRNodes: nullable(array({ id: int32(-1) }), 1) }) ?? '', /v1: .*struct\?" where/);
  assert.match(
    first({ iSRNodes: nullable(array({ id: int32() }), 2) }) ?? '',
    /"id: int32" where "id: int32 = -1"/,
  );
  assert.match(first({ extra: int32() }) ?? '', /v1: "extra: int32" where "undefined"/);
  assert.match(differencesOf(sample({}, [0, 3]), spec)[0] ?? '', /versions 0 to 3, specified are 1 to 3/);
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ZERO_UUID } from '@klamm/base/random';
import { ProtocolError } from '../wire/protocol-error.ts';
import { codecOf, decodeMessage, encodeMessage } from './compile.ts';
import {
  array,
  bigint64,
  boolean,
  bytes,
  type Field,
  inflexible,
  int8,
  int16,
  int32,
  int64,
  nullable,
  optional,
  records,
  since,
  string,
  struct,
  tagged,
  until,
  uuid,
} from './fields.ts';
import { message } from './message.ts';

/** A message with one field, `value`, inflexible in version 0 and flexible in version 1. */
function single<Out, In>(value: Field<Out, In>) {
  return message({ name: 'Single', versions: [0, 1], flexibleFrom: 1, fields: { value } });
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('versions', () => {
  const Sample = message({
    name: 'Sample',
    versions: [0, 2],
    fields: { old: until(1, int8(7)), always: int8(), recent: since(1, string('none')) },
  });

  test('a field is on the wire only in its versions, and holds its default in the others', () => {
    assert.deepEqual(decodeMessage(Sample, 0, hex('01 02')), { old: 1, always: 2, recent: 'none' });
    assert.deepEqual(decodeMessage(Sample, 1, hex('01 02 0001 61')), { old: 1, always: 2, recent: 'a' });
    assert.deepEqual(decodeMessage(Sample, 2, hex('02 0001 61')), { old: 7, always: 2, recent: 'a' });
  });

  test('what is not given is written as its default, what a version lacks is not written', () => {
    assert.deepEqual(encodeMessage(Sample, 0, { recent: 'kept out' }), hex('07 00'));
    assert.deepEqual(encodeMessage(Sample, 2, { old: 1 }), hex('00 0004 6e6f6e65'));
  });

  test('a codec is compiled once per version, and a version that does not exist is a bug of the caller', () => {
    assert.equal(codecOf(Sample, 1), codecOf(Sample, 1));
    assert.notEqual(codecOf(Sample, 1), codecOf(Sample, 2));
    assert.throws(() => codecOf(Sample, 3), /Sample has no version 3/);
  });
});

describe('null', () => {
  test('is taken in the versions that allow it', () => {
    const Sample = message({
      name: 'Sample',
      versions: [0, 3],
      flexibleFrom: 3,
      fields: { text: nullable(string(), 1), list: nullable(array(int8()), 2), data: records() },
    });
    assert.throws(() => decodeMessage(Sample, 0, hex('ffff 00000000 ffffffff')), ProtocolError);
    assert.throws(() => decodeMessage(Sample, 1, hex('ffff ffffffff ffffffff')), ProtocolError);
    assert.deepEqual(decodeMessage(Sample, 2, hex('ffff ffffffff ffffffff')), {
      text: null,
      list: null,
      data: null,
    });
    assert.deepEqual(encodeMessage(Sample, 3, { text: null, list: null, data: null }), hex('00 00 00 00'));
    assert.deepEqual(decodeMessage(Sample, 3, hex('00 00 00 00')), { text: null, list: null, data: null });
  });

  test('is the default of an optional field only', () => {
    assert.equal(decodeMessage(single(optional(string())), 0, hex('ffff')).value, null);
    assert.deepEqual(encodeMessage(single(optional(string())), 0, {}), hex('ffff'));
    assert.deepEqual(encodeMessage(single(nullable(string())), 0, {}), hex('0000'));
  });

  test('of a struct is a byte before it', () => {
    const Sample = single(nullable(struct({ inner: int8() })));
    assert.deepEqual(decodeMessage(Sample, 0, hex('ff')), { value: null });
    assert.deepEqual(decodeMessage(Sample, 0, hex('01 05')), { value: { inner: 5 } });
    assert.deepEqual(encodeMessage(Sample, 0, { value: null }), hex('ff'));
    assert.deepEqual(encodeMessage(Sample, 1, { value: { inner: 5 } }), hex('01 05 00 00'));
  });
});

describe('64-bit integers', () => {
  const Sample = message({
    name: 'Sample',
    versions: [0, 0],
    fields: { count: int64(), opaque: bigint64() },
  });
  const bytesOf = (count: bigint, opaque: bigint): Buffer => {
    const buffer = Buffer.alloc(16);
    buffer.writeBigInt64BE(count, 0);
    buffer.writeBigInt64BE(opaque, 8);
    return buffer;
  };
  const SAFE = 2n ** 53n - 1n;

  test('that count are safe numbers up to the border, and refused beyond it', () => {
    for (const value of [SAFE, -SAFE, 0n, -1n]) {
      assert.equal(decodeMessage(Sample, 0, bytesOf(value, 0n)).count, Number(value));
      assert.deepEqual(encodeMessage(Sample, 0, { count: Number(value) }), bytesOf(value, 0n));
    }
    for (const value of [SAFE + 1n, -SAFE - 1n, 2n ** 63n - 1n, -(2n ** 63n)]) {
      assert.throws(() => decodeMessage(Sample, 0, bytesOf(value, 0n)), ProtocolError);
    }
  });

  test('that are opaque are bigints, whatever they hold', () => {
    for (const value of [2n ** 63n - 1n, -(2n ** 63n), 5n]) {
      assert.equal(decodeMessage(Sample, 0, bytesOf(0n, value)).opaque, value);
      assert.deepEqual(encodeMessage(Sample, 0, { opaque: value }), bytesOf(0n, value));
    }
  });

  test('are exact in bigint mode, and written from either type', () => {
    assert.deepEqual(decodeMessage(Sample, 0, bytesOf(2n ** 63n - 1n, 1n), 'bigint'), {
      count: 2n ** 63n - 1n,
      opaque: 1n,
    });
    assert.deepEqual(encodeMessage(Sample, 0, { count: 2n ** 60n, opaque: 3 }), bytesOf(2n ** 60n, 3n));
    assert.throws(() => encodeMessage(Sample, 0, { count: 2 ** 53 }), /written as a 64-bit integer/);
  });
});

describe('tagged fields', () => {
  const Sample = message({
    name: 'Sample',
    versions: [0, 2],
    flexibleFrom: 1,
    fields: {
      plain: int8(),
      late: tagged(1, 2, string('x')),
      early: tagged(0, 1, int32(-1)),
      list: tagged(2, 1, optional(array(int8()))),
    },
  });

  test('are written in order of their tags, and only where they differ from their default', () => {
    assert.deepEqual(encodeMessage(Sample, 2, { late: 'x', early: -1, list: null }), hex('00 00'));
    assert.deepEqual(
      encodeMessage(Sample, 2, { late: 'y', early: 5, list: [] }),
      hex('00 03  00 04 00000005  01 02 0279  02 01 01'),
    );
    assert.deepEqual(encodeMessage(Sample, 1, { late: 'y' }), hex('00 00'));
    assert.deepEqual(encodeMessage(Sample, 0, { early: 5 }), hex('00'));
  });

  test('that are unknown are kept and written again, between the known ones', () => {
    const written = hex('09 03  00 04 00000005  01 02 0279  0a 03 abcdef');
    const decoded = decodeMessage(Sample, 1, written);
    assert.equal(decoded.early, 5);
    assert.equal(decoded.late, 'x', 'version 1 does not know the tag 1');
    assert.deepEqual(decoded.unknownTaggedFields, [
      { tag: 1, bytes: hex('0279') },
      { tag: 10, bytes: hex('abcdef') },
    ]);
    assert.deepEqual(encodeMessage(Sample, 1, decoded), written);
  });

  test('that are unknown are kept in a struct that has no known ones', () => {
    const Plain = single(array({ inner: int8() }));
    const written = hex('02 07 01 05 01 aa  00');
    const decoded = decodeMessage(Plain, 1, written);
    assert.deepEqual(decoded.value[0]?.unknownTaggedFields, [{ tag: 5, bytes: hex('aa') }]);
    assert.deepEqual(encodeMessage(Plain, 1, decoded), written);
  });

  test('that hold a struct say with a varint whether it is null, unlike other fields', () => {
    const Nullable = message({
      name: 'Nullable',
      versions: [0, 0],
      flexibleFrom: 0,
      fields: { value: tagged(0, 0, nullable(struct({ inner: int8() }))) },
    });
    // As Kafka's ConsumerGroupMemberMetadataValue is written with and without classic metadata.
    for (const [value, bytes] of [
      [null, '01 00 01 00'],
      [{ inner: 7 }, '01 00 03 01 07 00'],
      [{ inner: 0 }, '00'],
    ] as const) {
      assert.deepEqual(encodeMessage(Nullable, 0, { value }), hex(bytes));
      assert.deepEqual(decodeMessage(Nullable, 0, hex(bytes)), { value });
    }
  });

  test('must fill exactly the size they state', () => {
    assert.throws(
      () => decodeMessage(Sample, 1, hex('09 01 00 05 0000000500')),
      /1 bytes longer than its value/,
    );
    assert.throws(() => decodeMessage(Sample, 1, hex('09 01 00 03 000000')), ProtocolError);
    assert.throws(() => decodeMessage(Sample, 1, hex('09 01 00 7f 00000005')), ProtocolError);
    assert.throws(
      () => decodeMessage(Sample, 1, hex('09 ffffffff0f')),
      ProtocolError,
      'a count without fields',
    );
  });
});

describe('lengths and counts', () => {
  const refusal = { name: 'ProtocolError', code: 'INVALID_REQUEST' };

  test('an array may have as many elements as the bytes behind it can hold, and not one more', () => {
    const Sample = single(array(int32()));
    assert.deepEqual(decodeMessage(Sample, 0, hex('00000002 00000001 00000002')).value, [1, 2]);
    assert.deepEqual(decodeMessage(Sample, 1, hex('03 00000001 00000002 00')).value, [1, 2]);
    const tooMany = /says it holds 3 elements .* only \d bytes are left/;
    assert.throws(() => decodeMessage(Sample, 0, hex('00000003 00000001 00000002')), tooMany);
    assert.throws(() => decodeMessage(Sample, 1, hex('04 00000001 00000002 00')), tooMany);
    // One less leaves bytes that belong to nothing.
    assert.throws(() => decodeMessage(Sample, 0, hex('00000001 00000001 00000002')), /4 bytes follow it/);
  });

  test('a count is held against the least that its elements take, before any of them is made', () => {
    const Sample = single(
      array({
        id: uuid(),
        name: string(),
        list: array(int16()),
        flag: boolean(),
        kept: inflexible(string()),
      }),
    );
    // 16 + 2 + 4 + 1 + 2 bytes; 16 + 1 + 1 + 1 + 2 + 1 for the tags.
    const plain = Buffer.concat([hex('00000002'), Buffer.alloc(49)]);
    assert.throws(() => decodeMessage(Sample, 0, plain), /holds 2 elements .* 49 bytes/);
    assert.equal(decodeMessage(Sample, 0, Buffer.concat([plain, Buffer.alloc(1)])).value.length, 2);
    const compact = Buffer.concat([hex('03'), Buffer.alloc(43)]);
    assert.throws(() => decodeMessage(Sample, 1, compact), /holds 2 elements .* 43 bytes/);
  });

  test('the largest count and the largest length of every kind are refused', () => {
    const largest = hex('7fffffff');
    const largestCompact = hex('ffffffff0f');
    const lists: Field<unknown>[] = [array(int8()), nullable(array(int8())), bytes(), records(), array({})];
    for (const field of lists) {
      assert.throws(() => decodeMessage(single(field), 0, largest), refusal);
      assert.throws(() => decodeMessage(single(field), 1, largestCompact), refusal);
    }
    const texts: Field<unknown>[] = [string(), nullable(string())];
    for (const field of texts) {
      assert.throws(() => decodeMessage(single(field), 0, hex('7fff 61')), refusal);
      assert.throws(() => decodeMessage(single(field), 1, hex('ffffffff0f 61')), refusal);
    }
  });

  test('a negative length other than null is refused', () => {
    const lists: Field<unknown>[] = [nullable(array(int8())), records()];
    for (const field of lists) {
      assert.throws(() => decodeMessage(single(field), 0, hex('fffffffe')), refusal);
    }
    assert.throws(() => decodeMessage(single(nullable(string())), 0, hex('fffe')), refusal);
  });

  test('a string has 32,767 bytes at most, also where a compact length could say more', () => {
    const Sample = single(string());
    for (const size of [32_766, 32_767]) {
      const value = 'x'.repeat(size);
      for (const version of [0, 1]) {
        assert.equal(decodeMessage(Sample, version, encodeMessage(Sample, version, { value })).value, value);
      }
    }
    const value = 'x'.repeat(32_768);
    assert.throws(() => encodeMessage(Sample, 0, { value }), /32768 bytes/);
    assert.throws(() => encodeMessage(Sample, 1, { value }), /32768 bytes/);
    const written = Buffer.concat([hex('818002'), Buffer.from(value), hex('00')]);
    assert.throws(() => decodeMessage(Sample, 1, written), /32768 bytes, but 32767 is the most/);
    assert.throws(() => decodeMessage(single(nullable(string())), 1, written), /32767 is the most/);
  });
});

test('bytes are views of the frame, never copies', () => {
  const frame = hex('00000003 010203');
  const { value } = decodeMessage(single(bytes()), 0, frame);
  frame[5] = 9;
  assert.deepEqual(value, hex('010903'));
});

test('a message of one version has one shape, whichever of its fields were on the wire', () => {
  const Sample = message({
    name: 'Sample',
    versions: [0, 1],
    flexibleFrom: 1,
    fields: { a: since(1, int8()), id: uuid(), b: until(0, int8()), c: tagged(0, 1, string()) },
  });
  const inV0 = decodeMessage(Sample, 0, Buffer.alloc(17));
  const inV1 = decodeMessage(Sample, 1, Buffer.alloc(18));
  assert.deepEqual(inV0, { a: 0, id: ZERO_UUID, b: 0, c: '' });
  assert.deepEqual(Object.keys(inV1), Object.keys(inV0));
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ProtocolError } from './protocol-error.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

const reader = (hex: string): Reader => new Reader(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

test('fixed-size values are big-endian, signed where Kafka has them signed', () => {
  const from = reader('ff 80 8000 ffff 80000000 ffffffff 3ff8000000000000 8000000000000000');
  assert.equal(from.boolean(), true);
  assert.equal(from.int8(), -128);
  assert.equal(from.int16(), -32768);
  assert.equal(from.uint16(), 65535);
  assert.equal(from.int32(), -2147483648);
  assert.equal(from.uint32(), 4294967295);
  assert.equal(from.float64(), 1.5);
  assert.equal(from.bigint64(), -(2n ** 63n));
  assert.equal(from.remaining, 0);
});

test('a value that does not fit what is left is refused, and says where and how short', () => {
  const from = reader('0102');
  assert.equal(from.int8(), 1);
  assert.throws(() => from.int32(), /4 bytes are needed at byte 1, but only 1 are left/);
  assert.equal(from.offset, 1, 'nothing was consumed');
});

test('a reader of a part never reads beyond the part', () => {
  const part = new Reader(Buffer.from('000102030405', 'hex'), 1, 3);
  assert.equal(part.int16(), 0x0102);
  assert.throws(() => part.int8(), ProtocolError);
});

describe('varints', () => {
  test('unsigned ones have 32 bits; what is longer is refused', () => {
    assert.equal(reader('00').uvarint(), 0);
    assert.equal(reader('7f').uvarint(), 127);
    assert.equal(reader('8001').uvarint(), 128);
    assert.equal(reader('ffffffff0f').uvarint(), 4294967295);
    assert.equal(reader('8080808000').uvarint(), 0, 'padded, as Kafka reads it');
    assert.throws(() => reader('ffffffff10').uvarint(), ProtocolError);
    assert.throws(() => reader('ffffffffff01').uvarint(), ProtocolError);
    assert.throws(() => reader('ffff').uvarint(), ProtocolError);
  });

  test('signed ones are zigzag', () => {
    assert.equal(reader('00').varint(), 0);
    assert.equal(reader('01').varint(), -1);
    assert.equal(reader('feffffff0f').varint(), 2147483647);
    assert.equal(reader('ffffffff0f').varint(), -2147483648);
  });

  test('long ones are safe numbers; what is beyond is refused', () => {
    assert.equal(reader('ffffffff0f').varlong(), -2147483648);
    assert.equal(reader('8080808010').varlong(), 2147483648);
    assert.equal(reader('feffffffffffff1f').varlong(), Number.MAX_SAFE_INTEGER);
    assert.throws(() => reader('808080808080 8020').varlong(), /beyond/);
    assert.throws(() => reader('ffffffffffffffffff01').varlong(), /beyond/);
    assert.throws(() => reader('ffffffffffffffffffff01').varlong(), ProtocolError);
  });

  test('are what the writer wrote', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.integer(), fc.maxSafeInteger(), (unsigned, signed, long) => {
        const writer = new Writer(1);
        writer.uvarint(unsigned);
        writer.varint(signed);
        writer.varlong(long);
        const from = new Reader(writer.toBuffer());
        assert.deepEqual([from.uvarint(), from.varint(), from.varlong()], [unsigned, signed, long]);
        assert.equal(from.remaining, 0);
      }),
      { numRuns: 300 },
    );
  });
});

test('64-bit integers are what the writer wrote, to the borders of the safe range', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      const writer = new Writer();
      writer.int64(value);
      assert.equal(writer.toBuffer().readBigInt64BE(0), BigInt(value));
      assert.equal(new Reader(writer.toBuffer()).int64(), value);
    }),
    { numRuns: 300 },
  );
  assert.throws(() => reader('0020000000000000').int64(), /9007199254740992 .* beyond/);
  assert.throws(() => reader('ffe0000000000000').int64(), /beyond/);
  assert.equal(reader('ffe0000000000001').int64(), Number.MIN_SAFE_INTEGER);
});

test('a uuid is 22 characters of URL-safe base64', () => {
  const id = '-_AAAAAAAAAAAAAAAAAAAA';
  const writer = new Writer();
  writer.uuid(id);
  assert.equal(writer.length, 16);
  assert.equal(new Reader(writer.toBuffer()).uuid(), id);
});

test('text is UTF-8; bytes that are none become replacement characters, as in Java', () => {
  assert.equal(reader('0009c3a9e282acf09f9880').string(), 'é€😀');
  assert.equal(reader('0002c3ff').string(), '\ufffd\ufffd');
});

test('null is refused where the type does not allow it', () => {
  assert.throws(() => reader('ffff').string(), /string .* is null/);
  assert.throws(() => reader('00').compactString(), /string .* is null/);
  assert.throws(() => reader('ffffffff').bytes(), /bytes .* is null/);
  assert.throws(() => reader('00').compactBytes(), /bytes .* is null/);
  assert.throws(() => reader('ffffffff').count(1), /array .* is null/);
  assert.throws(() => reader('00').compactCount(1), /array .* is null/);
});

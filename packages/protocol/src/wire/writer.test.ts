import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Writer } from './writer.ts';

function hexOf(write: (writer: Writer) => void): string {
  const writer = new Writer(1);
  write(writer);
  assert.equal(writer.toBuffer().length, writer.length);
  return writer.toBuffer().toString('hex');
}

test('a writer grows as far as it is written to, and keeps what it had', () => {
  const writer = new Writer(1);
  for (let value = 0; value < 1000; value++) writer.int32(value);
  const bytes = writer.toBuffer();
  assert.equal(bytes.length, 4000);
  for (let value = 0; value < 1000; value++) assert.equal(bytes.readInt32BE(value * 4), value);
});

test('short bytes are copied; long ones are borrowed, and come out in their place', () => {
  const short = Buffer.alloc(1023, 1);
  const long = Buffer.alloc(1024, 2);
  const writer = new Writer();
  writer.int8(7);
  writer.raw(short);
  writer.raw(long);
  writer.int8(8);
  writer.raw(long);
  const segments = writer.segments();
  assert.equal(segments.length, 4);
  assert.equal(segments[1], long, 'no copy');
  assert.equal(segments[3], long);
  assert.equal(writer.length, 1 + 1023 + 1024 + 1 + 1024);
  assert.deepEqual(writer.toBuffer(), Buffer.concat([Buffer.of(7), short, long, Buffer.of(8), long]));
});

test('a plain Uint8Array is borrowed as the view that it is', () => {
  const whole = new Uint8Array(3000).fill(3);
  whole[0] = 1;
  const writer = new Writer();
  writer.raw(whole.subarray(1, 2049));
  assert.deepEqual(writer.toBuffer(), Buffer.alloc(2048, 3));
});

test('a writer that nothing was written to gives one empty segment', () => {
  assert.deepEqual(new Writer().segments(), [Buffer.alloc(0)]);
});

test('lengths of strings are bytes of UTF-8, one more in the compact form', () => {
  assert.equal(
    hexOf((writer) => writer.string('é')),
    '0002c3a9',
  );
  assert.equal(
    hexOf((writer) => writer.compactString('é')),
    '03c3a9',
  );
  assert.equal(
    hexOf((writer) => writer.nullableString(null)),
    'ffff',
  );
  assert.equal(
    hexOf((writer) => writer.compactNullableString(null)),
    '00',
  );
  assert.equal(
    hexOf((writer) => writer.compactNullableBytes(null)),
    '00',
  );
  assert.equal(
    hexOf((writer) => writer.nullableBytes(null)),
    'ffffffff',
  );
  assert.equal(
    hexOf((writer) => writer.compactBytes(Buffer.of(1))),
    '0201',
  );
});

test('short and long strings, of ASCII or not, are the same in both encodings', () => {
  const texts = [
    '',
    'a',
    'topic-1',
    'é',
    'abcé',
    'x'.repeat(40),
    `${'x'.repeat(39)}€`,
    'x'.repeat(41),
    '😀'.repeat(30),
  ];
  for (const text of texts) {
    const bytes = Buffer.from(text).toString('hex');
    const size = Buffer.byteLength(text);
    assert.equal(hexOf((writer) => writer.string(text)).slice(4), bytes);
    assert.equal(hexOf((writer) => writer.string(text)).slice(0, 4), size.toString(16).padStart(4, '0'));
    assert.equal(
      hexOf((writer) => writer.compactString(text)),
      (size + 1).toString(16).padStart(2, '0') + bytes,
    );
  }
});

test('the varint of a compact length takes a second byte from 128 on', () => {
  const text = (size: number) => hexOf((writer) => writer.compactString('x'.repeat(size))).slice(0, 4);
  assert.equal(text(126), '7f78');
  assert.equal(text(127), '8001');
});

test('64-bit varints hold the extremes of their type', () => {
  assert.equal(
    hexOf((writer) => writer.varlong(2n ** 63n - 1n)),
    'feffffffffffffffff01',
  );
  assert.equal(
    hexOf((writer) => writer.varlong(-(2n ** 63n))),
    'ffffffffffffffffff01',
  );
  assert.throws(() => hexOf((writer) => writer.varlong(2n ** 63n)), /written as a varlong/);
});

test('a value that its type cannot hold is refused, never cut', () => {
  assert.throws(() => hexOf((writer) => writer.int8(128)), RangeError);
  assert.throws(() => hexOf((writer) => writer.int16(-32769)), RangeError);
  assert.throws(() => hexOf((writer) => writer.int32(2 ** 31)), RangeError);
  assert.throws(() => hexOf((writer) => writer.int64(2 ** 53)), /64-bit integer/);
  assert.throws(() => hexOf((writer) => writer.int64(1.5)), /64-bit integer/);
  assert.throws(() => hexOf((writer) => writer.uvarint(-1)), /unsigned varint/);
  assert.throws(() => hexOf((writer) => writer.uvarint(2 ** 32)), /unsigned varint/);
  assert.throws(() => hexOf((writer) => writer.string('x'.repeat(32768))), /32767 is the most/);
  for (const id of ['short', 'AAAAAAAAAAAAAAAAAAAAA!', 'A'.repeat(23)]) {
    assert.throws(() => hexOf((writer) => writer.uuid(id)), /written as a UUID/);
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sizeOfUvarint, sizeOfVarint, sizeOfVarlong } from './varint.ts';
import { Writer } from './writer.ts';

function written(write: (writer: Writer) => void): number {
  const writer = new Writer();
  write(writer);
  return writer.length;
}

// Where one more group of seven bits is needed, and one less.
const borders = [7, 14, 21, 28, 32].flatMap((bits) => [2 ** bits - 1, 2 ** bits]);

test('sizes of varints are what writing them takes, at every border', () => {
  for (const value of [0, 1, ...borders.filter((one) => one < 2 ** 32)]) {
    assert.equal(
      sizeOfUvarint(value),
      written((writer) => writer.uvarint(value)),
      `${value}`,
    );
  }
  for (const value of [0, -1, ...borders.map((one) => Math.floor(one / 2)), -(2 ** 31), 2 ** 31 - 1]) {
    if (value > 2 ** 31 - 1) continue;
    assert.equal(
      sizeOfVarint(value),
      written((writer) => writer.varint(value)),
      `${value}`,
    );
  }
  for (let bits = 1; bits <= 53; bits++) {
    for (const value of [2 ** bits - 1, -(2 ** bits) + 1, Math.min(2 ** bits, Number.MAX_SAFE_INTEGER)]) {
      assert.equal(
        sizeOfVarlong(value),
        written((writer) => writer.varlong(value)),
        `${value}`,
      );
    }
  }
});

test('the size of any safe integer is what writing it takes', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      assert.equal(
        sizeOfVarlong(value),
        written((writer) => writer.varlong(value)),
      );
    }),
    { numRuns: 300 },
  );
});

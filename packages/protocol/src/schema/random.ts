// Makes values of any message for tests: everything the schema allows, with the extremes of each type often.
//
// A value has every field, as decoding gives it: those that its version lacks hold their default. So what was
// encoded and decoded must equal it. The same source of chance makes the same value.

import { type Random, ZERO_UUID } from '@klamm/base/random';
import { isPresent } from './compile-struct.ts';
import type { Decoded, Field, FieldKind, Fields } from './fields.ts';
import type { Message } from './message.ts';

type AnyField = Field<unknown, unknown>;

const INT_RANGES: Partial<Record<FieldKind, readonly [min: number, max: number]>> = {
  int8: [-0x80, 0x7f],
  int16: [-0x8000, 0x7fff],
  uint16: [0, 0xffff],
  int32: [-0x80000000, 0x7fffffff],
  uint32: [0, 0xffffffff],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
};
const FLOATS = [0, 1.5, -1e300, Number.MIN_VALUE, Number.POSITIVE_INFINITY];
const BIGINTS = [0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n];
// One of each size in UTF-8, and the border where a compact length takes a second byte (126 bytes and 127).
const TEXTS = ['', 'a', 'é€😀', 'topic-1', 'x'.repeat(126), 'x'.repeat(127)];

/** A value of a message in a version; `elementsMax`: the most elements of an array (default: 3). */
export function randomMessage<F extends Fields>(
  message: Message<F>,
  version: number,
  random: Random,
  elementsMax = 3,
): Decoded<F> {
  // Made field by field from the schema that the type was inferred from.
  return randomStruct(message.fields, { version, random, elementsMax }) as Decoded<F>;
}

interface Making {
  readonly version: number;
  readonly random: Random;
  readonly elementsMax: number;
}

function randomStruct(fields: Fields, making: Making): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [
      name,
      isPresent(field, making.version) ? randomValue(field, making) : defaultValue(field),
    ]),
  );
}

/** What a field holds that nothing was given for. */
function defaultValue(field: AnyField): unknown {
  if (field.fallback !== undefined) return field.fallback;
  switch (field.kind) {
    case 'boolean':
      return false;
    case 'string':
      return '';
    case 'uuid':
      return ZERO_UUID;
    case 'bytes':
      return Buffer.alloc(0);
    case 'array':
      return [];
    case 'bigint64':
      return 0n;
    case 'struct':
      return Object.fromEntries(
        Object.entries(field.fields ?? {}).map(([name, inner]) => [name, defaultValue(inner)]),
      );
    default:
      return 0;
  }
}

function randomValue(field: AnyField, making: Making): unknown {
  const { random } = making;
  if (making.version >= field.nullableSince && random() < 0.2) return null;
  // Tagged fields that hold their default are not written: as telling a case as any other value.
  if (random() < 0.1 && field.fallback !== null) return defaultValue(field);
  const range = INT_RANGES[field.kind];
  if (range !== undefined) return randomInteger(range, random);
  switch (field.kind) {
    case 'boolean':
      return random() < 0.5;
    case 'bigint64':
      return pick(BIGINTS, random);
    case 'float64':
      return pick(FLOATS, random);
    case 'string':
      return pick(TEXTS, random);
    case 'uuid':
      return randomBytes(16, random).toString('base64url');
    case 'bytes':
      // Beyond 1,024 bytes a writer borrows instead of copying.
      return randomBytes(pick([0, 1, 127, 128, 1100], random), random);
    case 'struct':
      return randomStruct(field.fields ?? {}, making);
    default:
      return Array.from({ length: Math.floor(random() * (making.elementsMax + 1)) }, () =>
        field.of === undefined ? undefined : randomValue(field.of, making),
      );
  }
}

function randomInteger([min, max]: readonly [number, number], random: Random): number {
  const special = pick([min, max, 0, 1, -1, undefined, undefined], random);
  if (special !== undefined && special >= min) return special;
  return Math.min(max, min + Math.floor(random() * (max - min)));
}

function randomBytes(size: number, random: Random): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; at++) bytes[at] = Math.floor(random() * 256);
  return bytes;
}

function pick<T>(from: readonly [T, ...T[]] | readonly T[], random: Random): T {
  return from[Math.floor(random() * from.length)] as T;
}

// What a version of a message looks like on the wire, as lines of text: the form in which a schema is compared with
// Kafka's specification (scripts/check-schema) and hashed. Two schemas whose lines are the same encode the same.

import { isPresent } from './compile-struct.ts';
import type { Field, Fields } from './fields.ts';
import type { Message } from './message.ts';

/** What a layout says of a field, whatever it was read from. */
export interface FieldLayout {
  readonly depth: number;
  readonly name: string;
  /** As in Kafka's specifications, `[]` before it for an array: `int16`, `[]string`, `struct`. */
  readonly type: string;
  /** False where this version lacks the field, which then holds its default. */
  readonly present: boolean;
  readonly nullable: boolean;
  /** -1 where it is not tagged in this version. */
  readonly tag: number;
  /** As in Kafka's specifications; empty for a type's own empty value. */
  readonly fallback: string;
}

/** One field as one line. */
export function lineOf(field: FieldLayout): string {
  const { depth, name, type, present, nullable, tag, fallback } = field;
  const indent = '  '.repeat(depth);
  if (!present) return `${indent}(${name}: ${type}${fallback === '' ? '' : ` = ${fallback}`})`;
  const marks = `${nullable ? '?' : ''}${tag < 0 ? '' : ` #${tag}`}${fallback === '' ? '' : ` = ${fallback}`}`;
  return `${indent}${name}: ${type}${marks}`;
}

/** The lines of a version: whether it is flexible, then a line per field, those of structs and arrays indented. */
export function layoutOf(message: Message, version: number): string[] {
  const flexible = version >= message.flexibleFrom;
  return [flexible ? 'flexible' : 'inflexible', ...linesOf(message.fields, version, flexible, 0)];
}

function linesOf(fields: Fields, version: number, flexible: boolean, depth: number): string[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    const present = isPresent(field, version);
    const line = lineOf({
      depth,
      name,
      type: typeOf(field),
      present,
      nullable: version >= field.nullableSince,
      tag: flexible && version >= field.taggedSince ? field.tag : -1,
      fallback: fallbackOf(field),
    });
    const inner = field.fields ?? field.of?.fields;
    return inner === undefined || !present ? [line] : [line, ...linesOf(inner, version, flexible, depth + 1)];
  });
}

function typeOf(field: Field<unknown>): string {
  if (field.of !== undefined) return `[]${typeOf(field.of)}`;
  if (field.kind === 'bigint64') return 'int64';
  return field.kind === 'boolean' ? 'bool' : field.kind;
}

function fallbackOf({ fallback }: Field<unknown>): string {
  if (fallback === undefined || fallback === false || fallback === 0 || fallback === 0n) return '';
  return String(fallback);
}

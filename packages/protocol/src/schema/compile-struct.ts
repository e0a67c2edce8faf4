// Writes the source of the functions for one struct and, before them, of the structs inside it:
// `decodeN(r)`, `encodeN(w, v)`, `makeN()` (all defaults) and `isDefaultN(v)`. N numbers the structs of a message.

import { ZERO_UUID } from '@klamm/base/random';
import type { Field, FieldKind, Fields } from './fields.ts';
import { sizeMin } from './limits.ts';

export interface Target {
  readonly version: number;
  readonly flexible: boolean;
  readonly int64: 'number' | 'bigint';
}

type AnyField = Field<unknown, unknown>;

const EMPTY: Record<FieldKind, string> = {
  boolean: 'false',
  int8: '0',
  int16: '0',
  uint16: '0',
  int32: '0',
  uint32: '0',
  int64: '0',
  bigint64: '0n',
  float64: '0',
  string: '""',
  bytes: 'Buffer.alloc(0)',
  uuid: JSON.stringify(ZERO_UUID),
  array: '[]',
  struct: '',
};

export const isPresent = (field: AnyField, version: number): boolean =>
  version >= field.since && version <= field.until;
const isTagged = (field: AnyField, target: Target): boolean =>
  target.flexible && target.version >= field.taggedSince;

/** Appends the struct's functions to `parts` and returns its number. */
export function structSource(parts: string[], fields: Fields, target: Target): number {
  const plans = Object.entries(fields).map(([name, field], i) => {
    const inner = field.kind === 'array' ? field.of : field;
    const structId = inner?.fields === undefined ? -1 : structSource(parts, inner.fields, target);
    return { name, field, local: `f${i}`, structId };
  });
  const id = parts.length;
  const present = plans.filter(({ field }) => isPresent(field, target.version));
  const inOrder = present.filter(({ field }) => !isTagged(field, target));
  const tagged = present
    .filter(({ field }) => isTagged(field, target))
    .sort((a, b) => a.field.tag - b.field.tag);

  const decode = [`function decode${id}(r) {`];
  for (const plan of plans) {
    decode.push(
      inOrder.includes(plan)
        ? `  ${readStatement(plan, target, 'r')}`
        : `  let ${plan.local} = ${defaultOf(plan.field, plan.structId, target)};`,
    );
  }
  if (target.flexible) decode.push(...readTags(tagged, target));
  decode.push(`  const o = { ${plans.map((p) => `${p.name}: ${p.local}`).join(', ')} };`);
  if (target.flexible) decode.push('  if (unknown !== undefined) o.unknownTaggedFields = unknown;');
  decode.push('  return o;', '}');

  const encode = [`function encode${id}(w, v) {`];
  for (const plan of inOrder) encode.push(...writeStatements(plan, target, 'w'));
  if (target.flexible) encode.push(...writeTags(tagged, target));
  encode.push('}');

  const make = `function make${id}() { return { ${plans
    .map((p) => `${p.name}: ${defaultOf(p.field, p.structId, target)}`)
    .join(', ')} }; }`;
  const isDefault = `function isDefault${id}(v) { return ${
    present.map((p) => isDefaultExpression(p, target)).join(' && ') || 'true'
  }; }`;
  parts.push([...decode, ...encode, make, isDefault].join('\n'));
  return id;
}

interface Plan {
  readonly name: string;
  readonly field: AnyField;
  readonly local: string;
  readonly structId: number;
}

function defaultOf(field: AnyField, structId: number, target: Target): string {
  const { fallback, kind } = field;
  if (fallback === null) return 'null';
  if (fallback === undefined) {
    if (kind === 'struct') return `make${structId}()`;
    return kind === 'int64' && target.int64 === 'bigint' ? '0n' : EMPTY[kind];
  }
  if (kind === 'bigint64' || (kind === 'int64' && target.int64 === 'bigint')) return `${fallback}n`;
  return JSON.stringify(fallback);
}

/** The reader or writer method of a scalar, or of an array's count. */
function methodOf(field: AnyField, target: Target): string {
  const { kind } = field;
  if (kind === 'int64') return target.int64 === 'bigint' ? 'bigint64' : 'int64';
  if (kind !== 'string' && kind !== 'bytes' && kind !== 'array') return kind;
  const compact = target.flexible && !field.inflexible;
  const nullable = target.version >= field.nullableSince;
  const noun = kind === 'array' ? 'count' : kind;
  const name = `${nullable ? `nullable-${noun}` : noun}`;
  return (compact ? `compact-${name}` : name).replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

function readExpression(field: AnyField, structId: number, target: Target, reader: string): string {
  return field.kind === 'struct' ? `decode${structId}(${reader})` : `${reader}.${methodOf(field, target)}()`;
}

function readStatement(plan: Plan, target: Target, reader: string, inTag = false): string {
  const { field, local, structId } = plan;
  const nullable = target.version >= field.nullableSince;
  const assign = `${inTag ? '' : 'let '}${local} =`;
  if (field.kind === 'struct' && nullable) {
    // Whether it is null says a byte, -1 or 1, in its place among the fields, but a varint, 0 or 1, in a tag.
    const isNull = inTag ? `${reader}.uvarint() === 0` : `${reader}.int8() < 0`;
    return `${assign} ${isNull} ? null : decode${structId}(${reader});`;
  }
  if (field.kind !== 'array' || field.of === undefined) {
    return `${assign} ${readExpression(field, structId, target, reader)};`;
  }
  const least = Math.max(1, sizeMin(field.of, target.version, target.flexible));
  const count = `n${local}`;
  const read = readExpression(field.of, structId, target, reader);
  return (
    `const ${count} = ${reader}.${methodOf(field, target)}(${least}); ${assign} ${nullable ? `${count} < 0 ? null : []` : '[]'}; ` +
    `for (let i = 0; i < ${count}; i++) ${local}.push(${read});`
  );
}

function readTags(tagged: readonly Plan[], target: Target): string[] {
  const lines = [
    '  let unknown;',
    '  const tags = r.uvarint();',
    '  for (let t = 0; t < tags; t++) {',
    '    const tag = r.uvarint(); const size = r.uvarint(); const at = r.take(size);',
    '    switch (tag) {',
  ];
  for (const plan of tagged) {
    lines.push(
      `      case ${plan.field.tag}: { const q = new Reader(r.buffer, at, at + size); ${readStatement(plan, target, 'q', true)}`,
      `        if (q.remaining > 0) throw new ProtocolError("Tagged field ${plan.field.tag} (${plan.name}) at byte " + at + " is " + q.remaining + " bytes longer than its value."); break; }`,
    );
  }
  lines.push(
    '      default: (unknown ??= []).push({ tag, bytes: r.buffer.subarray(at, at + size) });',
    '    }',
    '  }',
  );
  return lines;
}

function writeExpression(
  field: AnyField,
  structId: number,
  target: Target,
  writer: string,
  value: string,
): string {
  if (field.kind === 'struct') return `encode${structId}(${writer}, ${value});`;
  const method = field.kind === 'int64' || field.kind === 'bigint64' ? 'int64' : methodOf(field, target);
  return `${writer}.${method}(${value});`;
}

function writeStatements(plan: Plan, target: Target, writer: string, inTag = false): string[] {
  const { field, name, structId } = plan;
  const nullable = target.version >= field.nullableSince;
  const given = `v.${name}`;
  if (field.kind === 'struct') {
    if (!nullable) return [`  encode${structId}(${writer}, ${given} ?? make${structId}());`];
    const value = `${given} === undefined ? ${defaultOf(field, structId, target)} : ${given}`;
    return [
      `  { const s = ${value}; if (s === null) ${writer}.int8(${inTag ? 0 : -1}); else { ${writer}.int8(1); encode${structId}(${writer}, s); } }`,
    ];
  }
  // Null is refused by the writer's own methods where a version does not allow it; only "not given" becomes the default.
  const value = `${given} === undefined ? ${defaultOf(field, structId, target)} : ${given}`;
  if (field.kind !== 'array' || field.of === undefined) {
    return [`  ${writeExpression(field, structId, target, writer, value)}`];
  }
  const count = target.flexible && !field.inflexible ? 'compactCount' : 'count';
  const element = writeExpression(field.of, structId, target, writer, 'a[i]');
  const write = `${writer}.${count}(a.length); for (let i = 0; i < a.length; i++) ${element}`;
  return [
    `  { const a = ${value}; ${nullable ? `if (a === null) ${writer}.${count}(-1); else { ${write} }` : write} }`,
  ];
}

function writeTags(tagged: readonly Plan[], target: Target): string[] {
  if (tagged.length === 0) {
    return [
      '  const extra = v.unknownTaggedFields;',
      '  if (extra === undefined) w.uvarint(0); else { w.uvarint(extra.length); for (const t of extra) { w.uvarint(t.tag); w.uvarint(t.bytes.length); w.raw(t.bytes); } }',
    ];
  }
  // Most tagged fields hold their default most of the time, so the list is made only when it is needed.
  const lines = ['  let known;'];
  for (const plan of tagged) {
    const [write] = writeStatements(plan, target, 'q', true);
    lines.push(
      `  if (!(${isDefaultExpression(plan, target)})) { const q = new Writer(64); ${write} (known ??= []).push({ tag: ${plan.field.tag}, bytes: q.toBuffer() }); }`,
    );
  }
  lines.push(
    '  if (v.unknownTaggedFields !== undefined) known = v.unknownTaggedFields.concat(known ?? []).sort((a, b) => a.tag - b.tag);',
    '  if (known === undefined) w.uvarint(0);',
    '  else { w.uvarint(known.length); for (const t of known) { w.uvarint(t.tag); w.uvarint(t.bytes.length); w.raw(t.bytes); } }',
  );
  return lines;
}

function isDefaultExpression({ field, name, structId }: Plan, target: Target): string {
  const given = `v.${name}`;
  if (field.fallback === null) return `(${given} === undefined || ${given} === null)`;
  switch (field.kind) {
    case 'struct':
      return `(${given} === undefined || (${given} !== null && isDefault${structId}(${given})))`;
    case 'array':
    case 'bytes':
      return `(${given} === undefined || (${given} !== null && ${given}.length === 0))`;
    case 'int64':
    case 'bigint64': {
      // Either type may be given for a 64-bit field, so they are compared by value.
      const fallback = field.fallback ?? 0;
      return `(${given} === undefined || ${given} == ${fallback}n)`;
    }
    default:
      return `(${given} === undefined || ${given} === ${defaultOf(field, structId, target)})`;
  }
}

// Compares every message schema with Kafka's own specifications, and guards against changing one by accident.
//
//     node scripts/check-schema.ts [FOLDER] [--accept]
//
// FOLDER (or the variable KAFKA_MESSAGES) holds Kafka's *.json message specifications, at any depth; they are in its
// source and in the jars (`unzip -d FOLDER kafka-clients-4.3.1.jar 'common/message/*.json'`; the jars of metadata,
// group-coordinator, transaction-coordinator, share-coordinator hold the stored records). Without them only the hash is
// looked at. `--accept` writes packages/protocol/schema.hash, which a test holds the schemas to; it takes the
// specifications, so the hash never moves unseen. Exit code: 0 the same, 1 differences, 2 wrong arguments.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { messages } from '../packages/protocol/src/messages.ts';
import { type FieldLayout, layoutOf, lineOf } from '../packages/protocol/src/schema/layout.ts';
import type { Message } from '../packages/protocol/src/schema/message.ts';

const HASH_FILE = fileURLToPath(new URL('../packages/protocol/schema.hash', import.meta.url));

/** Schemas that read older versions than Kafka 4 still specifies, and the first of them. */
const OLDER_VERSIONS: Readonly<Record<string, number>> = { CreateTopicsRequest: 0, CreateTopicsResponse: 0 };

interface FieldSpec {
  readonly name: string;
  readonly type: string;
  readonly versions?: string;
  readonly nullableVersions?: string;
  readonly taggedVersions?: string;
  readonly tag?: number;
  readonly default?: string | number | boolean | null;
  readonly fields?: readonly FieldSpec[];
}

export interface MessageSpec {
  readonly name: string;
  readonly type: string;
  readonly validVersions: string;
  readonly flexibleVersions?: string;
  readonly listeners?: readonly string[];
  readonly fields?: readonly FieldSpec[];
  readonly commonStructs?: readonly { readonly name: string; readonly fields: readonly FieldSpec[] }[];
}

type Range = readonly [first: number, last: number];
const NONE: Range = [1, 0];

/** A range as the specifications write it: `3`, `3-5`, `3+`, `none`. */
function rangeOf(text: string | undefined): Range {
  if (text === undefined || text === 'none' || text === '') return NONE;
  const [first = '', last] = text.split(/[-+]/);
  if (text.endsWith('+')) return [Number(first), Number.POSITIVE_INFINITY];
  return [Number(first), Number(last ?? first)];
}

const isIn = ([first, last]: Range, version: number): boolean => version >= first && version <= last;

/** Every specification below a folder, by the message's name. */
function readSpecs(folder: string): Map<string, MessageSpec> {
  const specs = new Map<string, MessageSpec>();
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.json')) continue;
    const text = readFileSync(join(folder, file), 'utf8').replace(/^\s*\/\/.*$/gm, '');
    const spec: MessageSpec = JSON.parse(text);
    if (typeof spec.name === 'string' && typeof spec.validVersions === 'string') specs.set(spec.name, spec);
  }
  return specs;
}

/** The lines that `layoutOf` would give for a schema that is what the specification says. */
function specLayout(spec: MessageSpec, version: number): string[] {
  const valid = rangeOf(spec.validVersions);
  const flexible = isIn(rangeOf(spec.flexibleVersions), version);
  const common = new Map(spec.commonStructs?.map((one) => [one.name, one.fields]));

  function linesOf(fields: readonly FieldSpec[], depth: number, within: Range): string[] {
    return fields.flatMap((field) => {
      const tagged = rangeOf(field.taggedVersions);
      const [first, last] = field.versions === undefined ? tagged : rangeOf(field.versions);
      const exists: Range = [Math.max(first, within[0]), Math.min(last, within[1])];
      // A field of versions that are gone.
      if (exists[0] > exists[1]) return [];
      const present = isIn(exists, version);
      const inner = field.fields ?? common.get(field.type.replace('[]', ''));
      const line = lineOf({
        depth,
        name: `${field.name[0]?.toLowerCase()}${field.name.slice(1)}`,
        type: typeOf(field.type),
        present,
        nullable: isIn(rangeOf(field.nullableVersions), version) || field.type === 'records',
        tag: isIn(tagged, version) && flexible ? (field.tag ?? -1) : -1,
        fallback: fallbackOf(field),
      } satisfies FieldLayout);
      return inner === undefined || !present ? [line] : [line, ...linesOf(inner, depth + 1, exists)];
    });
  }

  return [flexible ? 'flexible' : 'inflexible', ...linesOf(spec.fields ?? [], 0, valid)];
}

function typeOf(type: string): string {
  if (type.startsWith('[]')) return `[]${typeOf(type.slice(2))}`;
  if (/^[A-Z]/.test(type)) return 'struct';
  return type === 'records' ? 'bytes' : type;
}

function fallbackOf(field: FieldSpec): string {
  const text = String(field.default ?? '');
  if (text === '' || text === 'false' || (text === 'null' && field.type === 'uuid')) return '';
  if (text === 'null' || text === 'true' || field.type === 'string') return text;
  const value = BigInt(text);
  return value === 0n ? '' : String(value);
}

/** What differs between a schema and its specification, a line each; empty where nothing does. */
export function differencesOf(message: Message, spec: MessageSpec): string[] {
  const [first, last] = rangeOf(spec.validVersions);
  const from = OLDER_VERSIONS[message.name] ?? first;
  if (message.versions[0] !== from || message.versions[1] !== last) {
    return [`${message.name}: versions ${message.versions.join(' to ')}, specified are ${first} to ${last}`];
  }
  const differences: string[] = [];
  for (let version = first; version <= last; version++) {
    const ours = layoutOf(message, version);
    const theirs = specLayout(spec, version);
    for (let at = 0; at < Math.max(ours.length, theirs.length); at++) {
      if (ours[at] === theirs[at]) continue;
      differences.push(
        `${message.name} v${version}: "${ours[at]?.trim()}" where "${theirs[at]?.trim()}" is specified`,
      );
      break;
    }
  }
  return differences;
}

/** A hash of every layout of every message. */
export function schemaHash(all: readonly Message[]): string {
  const hash = createHash('sha256');
  for (const message of [...all].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    for (let version = message.versions[0]; version <= message.versions[1]; version++) {
      hash.update(`${message.name} v${version}\n${layoutOf(message, version).join('\n')}\n`);
    }
  }
  return hash.digest('hex');
}

/** The hash that was accepted last. */
export function acceptedHash(): string {
  return readFileSync(HASH_FILE, 'utf8').trim();
}

function compareAll(folder: string): string[] {
  const specs = readSpecs(folder);
  const names = new Set(messages.map((message) => message.name));
  const missing = messages.filter((message) => !specs.has(message.name));
  console.log(
    `${messages.length - missing.length} of ${messages.length} schemas compared with the specifications in ${folder}.`,
  );
  if (missing.length > 0) console.log(`Not specified there: ${missing.map(({ name }) => name).join(', ')}.`);
  const unknown = [...specs.values()].filter(
    (spec) => spec.type === 'request' && spec.listeners?.includes('broker') && !names.has(spec.name),
  );
  return [
    ...unknown.map((spec) => `${spec.name}: specified for brokers, but there is no schema`),
    ...messages.flatMap((message) => {
      const spec = specs.get(message.name);
      return spec === undefined ? [] : differencesOf(message, spec);
    }),
  ];
}

function main(): number {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { accept: { type: 'boolean' } },
  });
  const folder = positionals[0] ?? process.env.KAFKA_MESSAGES;
  if (folder === undefined && values.accept) {
    console.error('--accept takes the specifications: name their folder, or set KAFKA_MESSAGES.');
    return 2;
  }
  const differences = folder === undefined ? [] : compareAll(folder);
  for (const difference of differences) console.error(difference);
  if (differences.length > 0) return 1;
  const hash = schemaHash(messages);
  if (values.accept) {
    writeFileSync(HASH_FILE, `${hash}\n`);
    console.log(`Accepted: ${hash}`);
    return 0;
  }
  if (hash !== acceptedHash()) {
    console.error('The schemas are not those accepted last. If the change is meant, run this with --accept.');
    return 1;
  }
  console.log('The schemas are those accepted last.');
  return 0;
}

if (import.meta.main) process.exitCode = main();

// The house rules that a machine can hold: import directions, forbidden modules and words, names, sizes, cycles, and
// lists that follow from file names. `npm run tidy` prints what breaks them; `-- --fix` rewrites the lists.
//
// `findings` is pure: it takes the files' texts, so that the rules themselves are tested. Its exceptions are few, and
// each stands here with its reason.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { staleReference, writeReference } from './cli-reference.ts';
import { staleLists, writeLists } from './lists.ts';
import { staleSettings, writeSettings } from './settings-reference.ts';

export interface SourceFile {
  /** From the root of the repository, with slashes. */
  readonly path: string;
  readonly text: string;
}

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const LINES_MAX = 400;

/** Longer than allowed, because they are one table or one subject; a reader skims them. */
const LONG_FILES = new Map([
  [
    'packages/broker/src/partitions/partition.ts',
    'one partition: append, read and its offsets share all their state',
  ],
]);

/** What each package may import of the others; tests may import everything. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  base: [],
  certs: ['base'],
  protocol: ['base'],
  broker: ['base', 'certs', 'protocol'],
  client: ['base', 'certs', 'protocol'],
  mirror: ['base', 'protocol', 'client'],
  cli: ['base', 'certs', 'protocol', 'broker', 'client', 'mirror'],
  klamm: ['base', 'certs', 'protocol', 'broker', 'client', 'mirror', 'cli'],
};

/** Directions between the broker's rooms: what a room must not know. */
const BROKER_ROOMS: Readonly<Record<string, readonly string[]>> = {
  storage: ['config', 'dispatch', 'handlers', 'listeners', 'metadata', 'partitions'],
  partitions: ['dispatch', 'handlers', 'listeners'],
  metadata: ['dispatch', 'handlers', 'listeners'],
  listeners: ['handlers', 'partitions', 'storage'],
};

interface ModuleRule {
  readonly modules: RegExp;
  readonly in: RegExp;
  readonly say: string;
}

const MODULE_RULES: readonly ModuleRule[] = [
  {
    modules: /^node:(net|tls)$/,
    in: /^packages\/(broker\/src\/listeners|client\/src\/network)\//,
    say: 'sockets belong in broker/listeners and client/network',
  },
  {
    modules: /^node:fs(\/promises)?$/,
    in: /^packages\/(broker\/src\/(storage\/disk[\w-]*|config\/sources|process-table)\.ts|client\/src\/security\/tls-context\.ts|cli\/)/,
    say: 'files belong in broker/storage/disk, broker/config/sources, client/security/tls-context (stores by their path) and cli',
  },
  {
    modules: /^node:timers(\/promises)?$/,
    in: /^packages\/base\/src\/clock\.ts$/,
    say: 'timers come from @klamm/base/clock',
  },
];

interface TextRule {
  readonly pattern: RegExp;
  readonly except: RegExp;
  readonly say: string;
}

const CODE_RULES: readonly TextRule[] = [
  {
    pattern: /\bDate\.now\(|\bnew Date\(\)|(?<![.\w])(setTimeout|setInterval)\(|\bperformance\.now\(/,
    except: /^packages\/base\/src\/clock\.ts$/,
    say: 'time and timers come from @klamm/base/clock',
  },
  {
    pattern: /\bMath\.random\(/,
    except: /^packages\/base\/src\/random\.ts$/,
    say: 'chance comes from @klamm/base/random',
  },
];

const TYPESCRIPT_RULES: readonly TextRule[] = [
  { pattern: /^export default\b/m, except: /^$/, say: 'no default exports: a name is the same everywhere' },
  {
    pattern: /^(export )?(declare )?(const )?enum \w/m,
    except: /^$/,
    say: 'no enums: an `as const` object instead',
  },
  { pattern: /^(export )?(declare )?namespace \w/m, except: /^$/, say: 'no namespaces: modules are' },
  { pattern: /\/\/ *(TODO|FIXME|XXX)\b/, except: /^scripts\/tidy/, say: 'no TODO: do it, or say what is so' },
];

// Written in pieces, so that this file does not break its own rule.
const BANNED_WORDS: readonly RegExp[] = [
  new RegExp(`(?<![\\w.])/${'work'}/(main|shared)\\b`),
  new RegExp(`/tmp/${'kafka'}-jars`),
  new RegExp(`registry\\.(${'npmjs'}|${'yarnpkg'})\\.`),
];

const NAMES = /^(\d+-)?[a-z0-9]+(-[a-z0-9.]+)*(\.(test|bench|d))?$/;
const DRAWERS = /^(utils?|helpers?|misc|common|shared)$/;

/** Everything that breaks a rule: `path: what`. */
export function findings(files: readonly SourceFile[]): string[] {
  const sources = files.filter(({ path }) => /\.(ts|mjs)$/.test(path));
  return [
    ...sources.flatMap(fileFindings),
    ...files.flatMap(({ path, text }) =>
      BANNED_WORDS.filter((word) => word.test(text)).map(
        (word) => `${path}: names ${word.source}, which is not of this project`,
      ),
    ),
    ...cycles(sources),
  ].sort();
}

function fileFindings(file: SourceFile): string[] {
  const { path, text } = file;
  const isTest = /(^tests|^bench|^examples|\.test\.ts$|\/testing\/)/.test(path);
  const isPackage = path.startsWith('packages/');
  const found: string[] = [];
  const name = (path.split('/').at(-1) ?? '').replace(/\.(ts|mjs)$/, '');
  if (!NAMES.test(name)) found.push('file names are kebab-case');
  if (DRAWERS.test(name)) found.push('no drawers: name a file for its one purpose');
  const lines = text.split('\n').length - 1;
  if (!isTest && lines > LINES_MAX && !isTable(file) && !LONG_FILES.has(path)) {
    found.push(`${lines} lines; ${LINES_MAX} are allowed`);
  }
  for (const { pattern, except, say } of TYPESCRIPT_RULES) {
    if (pattern.test(text) && !except.test(path)) found.push(say);
  }
  if (isPackage && !isTest) {
    const code = text.replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*$/gm, '');
    for (const { pattern, except, say } of CODE_RULES) {
      if (pattern.test(code) && !except.test(path)) found.push(say);
    }
    found.push(...importFindings(file));
  }
  return found.map((what) => `${path}: ${what}`);
}

/** Schemas, and files that are mostly rows: a table may be as long as what it lists. */
function isTable({ path, text }: SourceFile): boolean {
  if (/^packages\/protocol\/src\/(api|stored)\//.test(path)) return true;
  const rows = text
    .split('\n')
    .filter((line) => /^\s+(\[|\{ |'[^']+': |\w+: \{|[\w'.]+: \w+\()/.test(line)).length;
  return rows > text.split('\n').length / 3;
}

function importFindings({ path, text }: SourceFile): string[] {
  const [, self = '', room = ''] = /^packages\/([\w-]+)\/src\/(?:([\w-]+)\/)?/.exec(path) ?? [];
  return importsOf(text).flatMap((target) => {
    const other = /^@klamm\/([\w-]+)/.exec(target)?.[1];
    if (other === self) return [`imports ${target}; inside a package an import is relative`];
    if (other !== undefined && ALLOWED[self]?.includes(other) !== true) {
      return [`imports ${target}; ${self} may import ${ALLOWED[self]?.join(', ') || 'no other package'}`];
    }
    if (target.startsWith('.') && !/\.(ts|mjs)$/.test(target))
      return [`imports ${target} without its extension`];
    const into = target.startsWith('.') ? normalize(join(dirname(path), target)).split('/') : [];
    if (into.length > 0 && (into[1] !== self || into[2] !== 'src'))
      return [`imports ${target}, outside its package`];
    if (
      self === 'broker' &&
      BROKER_ROOMS[room]?.includes(into[3] ?? '') === true &&
      !isTypeOnly(text, target)
    ) {
      return [`imports ${target}; ${room} must not know ${into[3]}`];
    }
    const rule = MODULE_RULES.find(({ modules }) => modules.test(target));
    return rule !== undefined && !rule.in.test(path) ? [`imports ${target}; ${rule.say}`] : [];
  });
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?from\s+'([^']+)'|(?:^|\n)import\s+'([^']+)'|\bimport\('([^']+)'\)/g;

function importsOf(text: string): string[] {
  return Array.from(text.matchAll(IMPORT), ([, a, b, c]) => a ?? b ?? c ?? '');
}

function isTypeOnly(text: string, target: string): boolean {
  return new RegExp(`(import|export) type [^;]*from '${target.replaceAll('.', '\\.')}'`).test(text);
}

/** Imports that run (types do not) and lead back to where they began. */
function cycles(files: readonly SourceFile[]): string[] {
  const graph = new Map(
    files.map(({ path, text }) => [
      path,
      importsOf(text.replace(/(?:^|\n)(?:import|export) type [^;]*;/g, ''))
        .filter((target) => target.startsWith('.') && !text.includes(`import('${target}')`))
        .map((target) => normalize(join(dirname(path), target))),
    ]),
  );
  const done = new Set<string>();
  const found = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const from = trail.indexOf(path);
    if (from >= 0) {
      const members = trail.slice(from);
      found.add(`${[...members].sort()[0]}: imports itself by ${[...members, path].join(' → ')}`);
    }
    if (from >= 0 || done.has(path)) return;
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return [...found];
}

/** The repository's text files: those git knows, and new ones it does not ignore. */
export function repositoryFiles(root = ROOT): SourceFile[] {
  const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  return list
    .split('\0')
    .filter((path) => /\.(ts|mjs|json|md|yaml|yml|sh|go|java)$|^\.(ci|npmrc)/.test(path))
    .flatMap((path) => {
      try {
        return [{ path, text: readFileSync(join(root, path), 'utf8') }];
      } catch {
        // Deleted, but git still lists it.
        return [];
      }
    });
}

/** All that is wrong in the repository. */
export function tidy(root = ROOT): string[] {
  return [
    ...findings(repositoryFiles(root)),
    ...[...staleLists(root), ...staleReference(root), ...staleSettings(root)].map(
      (path) => `${path}: does not say what is there; npm run tidy -- --fix rewrites it`,
    ),
  ];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--fix')) {
    for (const path of [...writeLists(ROOT), ...writeReference(ROOT), ...writeSettings(ROOT)]) {
      console.log(`rewrote ${path}`);
    }
  }
  const wrong = tidy();
  for (const line of wrong) console.error(line);
  if (wrong.length > 0) process.exitCode = 1;
}

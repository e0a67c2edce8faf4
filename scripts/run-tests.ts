// `npm test`: every test of the repository by Node's own runner, in two rounds and with one closing summary.
//
// First what runs in its own process alone, a file per core at a time; then, one file after another, what starts
// brokers, JVMs and other programs, which would only slow each other down. Beside those run, one after another too, the
// tests of clusters with several nodes, which spend most of their time waiting for a cluster to notice that a node is gone;
// what they say is printed when the others are through. Arguments name files or folders to run instead of all; `--test-name-pattern=REGEX` picks tests by name. It must not know what the tests are about.

import { globSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { relative, resolve, sep } from 'node:path';
import { compose } from 'node:stream';
import { run } from 'node:test';
import { spec, type TestEvent } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PATTERNS = ['packages/*/src/**/*.test.ts', '{tests,examples,scripts,bench}/**/*.test.ts'];
const STARTS_PROGRAMS =
  /^(tests\/(conformance|interop|crash|chaos|soak|simulation)|examples|packages\/klamm|tests\/package)\//;
const WAITS_FOR_CLUSTERS =
  /^tests\/(chaos\/cluster-|interop\/(cluster|growing|hand-over|mirror)[\w-]*\.test)/;
/** A soak may be told to last for ten minutes. */
const FILE_TIMEOUT_MS = 1_200_000;
const TOTAL = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) ([\d.]+)$/;
const DURATION = 'duration_ms';

const names = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const patterns = process.argv
  .slice(2)
  .filter((argument) => argument.startsWith('--'))
  .map(patternOf);

function patternOf(option: string): string {
  const [, pattern] = /^--test-name-pattern=(.+)$/.exec(option) ?? [];
  if (pattern !== undefined) return pattern;
  console.error(`npm test takes files, folders and --test-name-pattern=REGEX, not ${option}.`);
  process.exit(2);
}

function findFiles(): string[] {
  const all = globSync(PATTERNS, { cwd: ROOT, exclude: (name) => name.includes('node_modules') })
    .map((file) => file.split(sep).join('/'))
    .sort();
  if (names.length === 0) return all;
  const chosen = names.map((name) => {
    const path = resolve(name);
    if (statSync(path, { throwIfNoEntry: false }) === undefined) {
      console.error(`There is no file or folder ${name}.`);
      process.exit(2);
    }
    return relative(ROOT, path).split(sep).join('/');
  });
  return all.filter((file) => chosen.some((path) => file === path || file.startsWith(`${path}/`)));
}

// What the person at this machine keeps for the command line is not for tests.
process.env.XDG_CONFIG_HOME = resolve(ROOT, '.cache/no-profiles');

const files = findFiles();
if (files.length === 0) {
  console.error('No test file is named by these arguments.');
  process.exit(2);
}
const [alone, programs] = [
  files.filter((file) => !STARTS_PROGRAMS.test(file)),
  files.filter((file) => STARTS_PROGRAMS.test(file)),
];
const clusters = programs.filter((file) => WAITS_FOR_CLUSTERS.test(file));
const others = programs.filter((file) => !WAITS_FOR_CLUSTERS.test(file));
const totals = new Map<string, number>();

/** What the tests of some files tell, but for their closing totals, which are added up. */
async function* eventsOf(some: readonly string[], concurrency: number): AsyncGenerator<TestEvent> {
  if (some.length === 0) return;
  const options = { cwd: ROOT, files: [...some], concurrency, timeout: FILE_TIMEOUT_MS };
  for await (const event of run(
    patterns.length === 0 ? options : { ...options, testNamePatterns: patterns },
  )) {
    const [, name, count] = (event.type === 'test:diagnostic' && TOTAL.exec(event.data.message)) || [];
    if (name === undefined) yield event;
    else totals.set(name, (totals.get(name) ?? 0) + Number(count));
  }
}

/** All events, with one set of totals at their end. */
async function* events(): AsyncGenerator<TestEvent> {
  yield* eventsOf(alone, availableParallelism());
  const beside = Array.fromAsync(eventsOf(clusters, 1));
  yield* eventsOf(others, 1);
  yield* await beside;
  // Some ran at the same time.
  totals.set(DURATION, process.uptime() * 1000);
  for (const [name, count] of totals) {
    yield {
      type: 'test:diagnostic',
      data: { nesting: 0, level: 'info', message: `${name} ${Math.round(count)}` },
    };
  }
}

compose(events, new spec())
  .on('end', () => {
    if (totals.get('fail') !== 0 || totals.get('cancelled') !== 0) process.exitCode = 1;
  })
  .pipe(process.stdout);

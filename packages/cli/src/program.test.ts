// The command table as a user meets it: help for everything, flags that do not clash, mistakes with a hint.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { CommandSpec } from './command.ts';
import { completionScript } from './commands/completion.ts';
import { commands } from './commands/table.ts';
import { globalFlags } from './global-flags.ts';
import { globalsFrom } from './globals.ts';
import { buildProgram } from './program.ts';
import { VERSION } from './version.ts';

function all(
  specs: readonly CommandSpec[] = commands,
  path: readonly string[] = [],
): [string[], CommandSpec][] {
  return specs.flatMap((spec) => [
    [[...path, spec.name], spec] as [string[], CommandSpec],
    ...all(spec.commands ?? [], [...path, spec.name]),
  ]);
}

test('every command has help with an example that begins as the command does', () => {
  for (const [path, spec] of all()) {
    assert.notEqual(spec.examples.length, 0, path.join(' '));
    for (const [line] of spec.examples) assert.match(line, /(^|\| |\()klamm /, line);
    assert.equal(
      spec.load === undefined,
      spec.commands !== undefined,
      `${path.join(' ')} does something, or has commands`,
    );
  }
});

test('no flag of a command is there twice', () => {
  for (const [path, spec] of all()) {
    const words = [...(spec.flags ?? []), ...globalFlags(spec)].flatMap(({ flags }) =>
      flags.match(/(?<![\w-])--?[\w-]+/g),
    );
    assert.deepEqual(words, [...new Set(words)], path.join(' '));
  }
});

test('every row of the table loads its command', async () => {
  for (const [path, spec] of all()) {
    if (spec.load !== undefined) assert.equal(typeof (await spec.load()), 'function', path.join(' '));
  }
});

test('commander accepts the table', () => {
  assert.deepEqual(
    buildProgram({ exitCode: 0 }).commands.map((command) => command.name()),
    commands.map(({ name }) => name),
  );
});

test('flags go before the environment, and the environment before defaults', () => {
  const environment = { KLAMM_BOOTSTRAP: 'env:1', KLAMM_TIMEOUT: '3s', NO_COLOR: '1' };
  assert.equal(globalsFrom({ bootstrap: 'flag:1' }, environment).bootstrap, 'flag:1');
  assert.equal(globalsFrom({}, environment).bootstrap, 'env:1');
  assert.equal(globalsFrom({}, environment).timeoutMs, 3000);
  assert.equal(globalsFrom({}, environment).color, false);
  assert.equal(globalsFrom({}, { KLAMM_BOOTSTRAP: '' }).bootstrap, '127.0.0.1:9092');
  assert.equal(globalsFrom({ property: ['bootstrap.servers=x:1'] }, {}).bootstrap, 'x:1');
});

test('a global flag that cannot be understood is named', () => {
  for (const [values, message] of [
    [{ timeout: 'soon' }, /--timeout soon/],
    [{ output: 'xml' }, /--output xml/],
    [{ property: ['client.idd=x'] }, /did you mean client\.id\?/],
    [{ property: ['linger.ms=x'] }, /whole number/],
    [{ property: ['nothing'] }, /key=value/],
  ] as const) {
    assert.throws(() => globalsFrom(values, {}), { code: 'USAGE', message });
  }
});

test('completion names every command and every long flag, in each shell', () => {
  for (const shell of ['bash', 'zsh', 'fish'] as const) {
    const script = completionScript(shell);
    for (const [path, spec] of all()) {
      assert.ok(script.includes(path.at(-1) ?? ''), `${shell}: ${path.join(' ')}`);
      for (const { flags } of spec.flags ?? []) {
        const long = /--([\w-]+)/.exec(flags)?.[1] ?? '';
        assert.ok(script.includes(long), `${shell}: --${long}`);
      }
    }
  }
});

test('the version is that of the package', () => {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  assert.equal(VERSION, version);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configProblem, nearest } from './config.ts';

test('the nearest word is one slip away, or a few in a long word; anything else is no suggestion', () => {
  const known = ['zstd', 'gzip', 'list', 'copy', 'log.retention.hours'];
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['ztsd', 'zstd'],
    ['lst', 'list'],
    ['gzipp', 'gzip'],
    ['nope', undefined],
    ['log.retention.huors', 'log.retention.hours'],
    ['log.retenton.huors', 'log.retention.hours'],
    ['something.else', undefined],
  ];
  for (const [word, expected] of rows) assert.equal(nearest(word, known), expected, word);
});

test('a switch that can only be off says so', () => {
  const row = { type: 'boolean', default: 'false', doc: '' } as const;
  for (const value of ['true', 'FALSE', ' false ']) assert.equal(configProblem(row, value), null);
  assert.equal(configProblem(row, 'yes'), 'allowed: true, false');
  assert.equal(configProblem({ ...row, oneOf: ['false'] }, 'true'), 'allowed: false');
});

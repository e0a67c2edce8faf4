import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearest } from './config.ts';

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

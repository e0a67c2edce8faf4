import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Flags } from './command.ts';
import { splitPlace } from './topic-partitions.ts';
import { durationOf, spanText, timeText } from './transaction-texts.ts';

test('a span is told by its two largest units', () => {
  for (const [ms, text] of [
    [0, '0 ms'],
    [450, '450 ms'],
    [59_600, '1 m'],
    [61_000, '1 m 1 s'],
    [3_600_000, '1 h'],
    [3_605_000, '1 h'],
    [90 * 60_000, '1 h 30 m'],
    [50 * 3_600_000, '2 d 2 h'],
    [-5, '0 ms'],
  ] as const) {
    assert.equal(spanText(ms), text, String(ms));
  }
});

test('a time that no date can be is told as none', () => {
  assert.equal(timeText(1_750_000_000_000), '2025-06-15T15:06:40.000Z');
  assert.equal(timeText(null), null);
  assert.equal(timeText(Number.MAX_SAFE_INTEGER), null);
});

test('a span that is none is a usage error that names the flag', () => {
  assert.equal(durationOf(new Flags({ longerThan: '20m' }), 'longerThan', '--longer-than'), 1_200_000);
  assert.equal(durationOf(new Flags({}), 'longerThan', '--longer-than'), undefined);
  assert.throws(() => durationOf(new Flags({ longerThan: 'long' }), 'longerThan', '--longer-than'), {
    code: 'USAGE',
    message: /--longer-than long/,
  });
});

test('partitions are named after a colon; a name with another colon is a name', () => {
  assert.deepEqual(splitPlace('orders'), { topic: 'orders', partitions: undefined });
  assert.deepEqual(splitPlace('orders:0,12'), { topic: 'orders', partitions: [0, 12] });
  assert.deepEqual(splitPlace('orders:x'), { topic: 'orders:x', partitions: undefined });
});

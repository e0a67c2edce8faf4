// The grammar of start and stop positions, row by row.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Position, parseSpan } from './position.ts';

const NOW = 1_800_000_000_000;
const start: Position = { kind: 'start', plus: 0 };
const end: Position = { kind: 'end', minus: 0 };
const at = (offset: number): Position => ({ kind: 'offset', offset });
const time = (timestampMs: number): Position => ({ kind: 'time', timestampMs });

const ROWS: readonly (readonly [string, Position, Position?])[] = [
  ['start', start],
  ['beginning', start],
  ['earliest', start],
  ['oldest', start],
  ['end', end],
  ['latest', end],
  ['Newest', end],
  ['0', at(0)],
  ['47', at(47)],
  ['+2', { kind: 'start', plus: 2 }],
  ['-3', { kind: 'end', minus: 3 }],
  ['@now', time(NOW)],
  ['@-1h', time(NOW - 3_600_000)],
  ['@-90s', time(NOW - 90_000)],
  ['@1700000000', time(1_700_000_000_000)],
  ['@1700000000123', time(1_700_000_000_123)],
  ['@2026-11-02', time(Date.UTC(2026, 10, 2))],
  ['@2026-11-02T08:30:15Z', time(Date.UTC(2026, 10, 2, 8, 30, 15))],
  ['s@1700000000000', time(1_700_000_000_000)],
  ['10:20', at(10), at(20)],
  [':20', start, at(20)],
  ['10:', at(10), end],
  [':end', start, end],
  ['start:end', start, end],
  ['-10:-5', { kind: 'end', minus: 10 }, { kind: 'end', minus: 5 }],
  ['@-2h:@-1h', time(NOW - 7_200_000), time(NOW - 3_600_000)],
  [
    '@2026-11-02T08:00:00Z:@2026-11-02T09:00:00Z',
    time(Date.UTC(2026, 10, 2, 8)),
    time(Date.UTC(2026, 10, 2, 9)),
  ],
];

test('positions are read as kcat and rpk write them', () => {
  for (const [text, from, until] of ROWS) {
    assert.deepEqual(parseSpan([text], NOW), { from, until }, text);
  }
});

test("kcat's two halves make one span, and nothing given means the end", () => {
  assert.deepEqual(parseSpan(['s@5000000000000', 'e@6000000000000'], NOW), {
    from: time(5_000_000_000_000),
    until: time(6_000_000_000_000),
  });
  assert.deepEqual(parseSpan(['e@6000000000000'], NOW).from, start);
  assert.deepEqual(parseSpan([], NOW), { from: end, until: undefined });
});

test('what is no position is refused with the grammar', () => {
  for (const text of [
    '',
    ':',
    'foo',
    '1.5',
    '--3',
    '@',
    '@tomorrow',
    '@-1y',
    '9'.repeat(20),
    '1:2:3',
    '@2026-13-45',
  ]) {
    assert.throws(() => parseSpan([text], NOW), { code: 'USAGE', message: /as kcat and rpk write it/ }, text);
  }
});

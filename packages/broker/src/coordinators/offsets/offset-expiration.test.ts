import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOffsetExpired, type OffsetAge } from './offset-expiration.ts';

const committed = (commitTimestamp: number, expireTimestamp = -1) => ({
  offset: 1,
  leaderEpoch: -1,
  metadata: '',
  commitTimestamp,
  expireTimestamp,
  topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
  order: 1,
});
const RETENTION_MS = 100;

const CASES: [string, ReturnType<typeof committed>, OffsetAge, number, boolean][] = [
  ['a group in use keeps it', committed(0), { kind: 'kept' }, 10_000, false],
  ['it counts from its commit', committed(50), { kind: 'sinceCommit' }, 149, false],
  ['it counts from its commit, and is over', committed(50), { kind: 'sinceCommit' }, 150, true],
  ['it counts from when the group became empty', committed(0), { kind: 'since', timestamp: 500 }, 599, false],
  ['and is over after that', committed(0), { kind: 'since', timestamp: 500 }, 600, true],
  ['an old client chose for itself: not yet', committed(0, 900), { kind: 'sinceCommit' }, 899, false],
  ['an old client chose for itself: now', committed(800, 810), { kind: 'sinceCommit' }, 810, true],
];

for (const [name, offset, age, now, isOver] of CASES) {
  test(name, () => assert.equal(isOffsetExpired(offset, age, RETENTION_MS, now), isOver));
}

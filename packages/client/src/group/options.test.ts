import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type GroupOptions, groupSettings } from './options.ts';

const settings = (options: Partial<GroupOptions>) => groupSettings({ groupId: 'g', topics: 't', ...options });

test('what is wrong is named, with what is allowed', () => {
  const wrong: [Partial<GroupOptions>, RegExp][] = [
    [{ groupId: '' }, /`groupId` names no group/],
    [{ topics: [] }, /`topics` has to name topics/],
    [{ topics: ['t', ''] }, /`topics` has to name topics/],
    [{ autoOffsetReset: 'first' as never }, /"first"; it has to be earliest, latest, none/],
    [{ protocol: 'next' as never }, /it has to be auto, classic, consumer/],
    [{ sessionTimeoutMs: 3000, heartbeatIntervalMs: 3000 }, /has to be less than `sessionTimeoutMs`/],
    [{ maxPollIntervalMs: 0 }, /`maxPollIntervalMs`/],
    [{ autoCommit: { intervalMs: 0 } }, /`autoCommit.intervalMs`/],
    [
      { assignors: ['rangey'] },
      /no assignor "rangey"; there are range, roundrobin, sticky, cooperative-sticky/,
    ],
    [{ assignors: [] }, /`assignors` is empty/],
    [{ protocol: 'consumer', assignors: ['range'] }, /see `serverAssignor`/],
  ];
  for (const [options, message] of wrong) {
    assert.throws(
      () => settings(options),
      (error: Error & { code?: string }) => {
        assert.match(error.message, message);
        return error.code === 'INVALID_CONFIG';
      },
    );
  }
});

test("an assignor of one's own asks for the classic protocol; else the broker decides", () => {
  assert.equal(settings({}).membership.protocol, 'auto');
  assert.equal(settings({ assignors: ['range', 'sticky'] }).membership.protocol, 'classic');
  assert.deepEqual(
    settings({ assignors: ['range', 'sticky'] }).membership.assignors.map(({ name }) => name),
    ['range', 'sticky'],
  );
});

test('commits are made every five seconds unless told otherwise, and never where that is said', () => {
  assert.deepEqual(
    [settings({}), settings({ autoCommit: { intervalMs: 7 } }), settings({ autoCommit: false })].map(
      ({ autoCommitIntervalMs }) => autoCommitIntervalMs,
    ),
    [5000, 7, 0],
  );
});

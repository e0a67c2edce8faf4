import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TopicMetadata } from '@klamm/client/metadata-cache';
import { partitionFindings, quorumFindings } from './live-cluster.ts';

const NOW = 1_000_000;

const quorum = (leaderId: number, ...caughtUpAgo: number[]) => ({
  leaderId,
  leaderEpoch: 3,
  highWatermark: 10,
  observers: [],
  voters: caughtUpAgo.map((ago, i) => ({
    nodeId: i + 1,
    directoryId: undefined,
    logEndOffset: 10,
    caughtUpAt: ago < 0 ? -1 : NOW - ago,
    fetchedAt: NOW,
  })),
});

const codes = (findings: readonly { level: string; code: string }[]) =>
  findings.map(({ level, code }) => `${level} ${code}`);

function topic(
  name: string,
  ...partitions: [leader: number, replicas: number[], isr: number[]][]
): TopicMetadata {
  return {
    name,
    id: '',
    isInternal: false,
    partitions: partitions.map(([leader, replicas, isr], index) => ({
      index,
      leader,
      leaderEpoch: 1,
      replicas,
      isr,
    })),
  };
}

test('one voter and three are sound; two are worse than one, and four no better than three', () => {
  assert.deepEqual(codes(quorumFindings(quorum(1, 0), NOW)), []);
  assert.deepEqual(codes(quorumFindings(quorum(1, 0, 400, 500), NOW)), []);
  assert.deepEqual(codes(quorumFindings(quorum(1, 0, 0), NOW)), ['error two-voters']);
  assert.deepEqual(codes(quorumFindings(quorum(1, 0, 0, 0, 0), NOW)), ['warning even-voters']);
});

test('a voter that is behind is named, with how many more may be lost', () => {
  const three = quorumFindings(quorum(1, 0, 60_000, 0), NOW);
  assert.deepEqual(codes(three), ['warning voter-behind']);
  assert.match(three[0]?.what ?? '', /node 2 for 60 s\. No other may be lost/);
  const five = quorumFindings(quorum(1, 0, -1, 0, 0, 0), NOW);
  assert.match(five[0]?.what ?? '', /node 2\. 1 more may be lost/);
});

test('a quorum without a leader is an error', () => {
  assert.deepEqual(codes(quorumFindings(quorum(-1, 90_000, 90_000, 90_000), NOW)), ['error no-controller']);
});

test('partitions that nobody leads, that lack replicas, and topics that cannot have what they want', () => {
  const findings = partitionFindings(
    [
      topic('sound', [1, [1, 2], [1, 2]]),
      topic('offline', [-1, [3, 2], [3]], [2, [3, 2], [2]]),
      topic('wide', [1, [1, 2, 3], [1, 2, 3]]),
      topic('alone', [1, [1], [1]]),
    ],
    2,
  );
  assert.deepEqual(
    findings.map(({ level, code, places }) => [level, code, places]),
    [
      ['error', 'offline-partitions', ['offline-0']],
      ['warning', 'under-replicated', ['offline-1']],
      ['warning', 'replicas-above-brokers', ['wide']],
      ['warning', 'single-replica', ['alone']],
    ],
  );
});

test('one broker with one replica of everything is sound, and of many places some are named', () => {
  assert.deepEqual(partitionFindings([topic('t', [1, [1], [1]])], 1), []);
  const many = Array.from({ length: 9 }, () => [-1, [1], []] as [number, number[], number[]]);
  const [finding] = partitionFindings([topic('t', ...many)], 1);
  assert.deepEqual(finding?.places, ['t-0', 't-1', 't-2', 't-3', 't-4', 'and 4 more']);
});

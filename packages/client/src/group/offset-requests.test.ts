// Committed offsets against a coordinator that refuses, changes generations and has transactions open.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { Cluster } from '../cluster.ts';
import { clientSettings } from '../options.ts';
import { OffsetRequests } from './offset-requests.ts';
import { FakeMembership } from './testing/fake-membership.ts';

const [first, second] = [
  { topic: 't', partition: 0 },
  { topic: 't', partition: 1 },
];

function requestsOf(retryTimeoutMs = 60_000) {
  const settings = clientSettings({
    brokers: '127.0.0.1:1',
    retryTimeoutMs,
    retryBackOff: { firstMs: 1, mostMs: 2 },
  });
  const membership = new FakeMembership();
  const closing = new AbortController();
  const cluster = new Cluster(settings, { name: 'klamm', version: '0' });
  const requests = new OffsetRequests(cluster, 'g', membership, {
    fetching: closing.signal,
    committing: new AbortController().signal,
  });
  return { membership, requests, closing };
}

/** Gives the codes one after the other, then 0. */
function inTurn(...codes: number[]): () => number {
  return () => codes.shift() ?? 0;
}

const held = () => true;

test('what no group has committed is -1; what it has comes with its note', async () => {
  const { membership, requests } = requestsOf();
  await requests.commit([{ ...first, offset: 5, metadata: 'note' }], held);
  assert.deepEqual(await requests.fetch([first, second]), [
    { ...first, offset: 5, metadata: 'note' },
    { ...second, offset: -1, metadata: '' },
  ]);
  assert.deepEqual(membership.log, ['commit t-0=5@1', 'fetch t-0', 'fetch t-1']);
});

test('only what a transaction keeps open is asked for again', async () => {
  const { membership, requests } = requestsOf();
  membership.offsets.set('t-1', { offset: 7, metadata: '' });
  const codes = inTurn(ErrorCode.UNSTABLE_OFFSET_COMMIT, ErrorCode.UNSTABLE_OFFSET_COMMIT);
  membership.onFetch = (partition) => (partition === 't-1' ? codes() : 0);
  const offsets = (await requests.fetch([first, second])).map(({ offset }) => offset);
  assert.deepEqual(offsets, [-1, 7]);
  assert.deepEqual(membership.log, ['fetch t-0', 'fetch t-1', 'fetch t-1', 'fetch t-1']);
});

test('a refusal that stays is told by its own name', async () => {
  const { membership, requests } = requestsOf(20);
  membership.onFetch = () => ErrorCode.UNKNOWN_TOPIC_ID;
  await assert.rejects(requests.fetch([first]), { code: 'UNKNOWN_TOPIC_ID' });
  membership.onFetch = () => ErrorCode.TOPIC_AUTHORIZATION_FAILED;
  await assert.rejects(requests.fetch([first]), (error: Error & { code: string }) => {
    assert.match(error.message, /The offset of t-0 in the group "g" cannot be fetched/);
    return error.code === 'TOPIC_AUTHORIZATION_FAILED';
  });
});

test('a commit that a rebalance got in the way of goes out again with the epoch of then', async () => {
  const { membership, requests } = requestsOf();
  membership.onCommit = (partition) => {
    if (partition === 't-0' || membership.generation > 1) return 0;
    membership.generation = 2;
    return ErrorCode.STALE_MEMBER_EPOCH;
  };
  const offsets = [first, second].map((partition) => ({ ...partition, offset: 3 }));
  await requests.commit(offsets, held);
  assert.deepEqual(membership.log, ['commit t-0=3@1', 'commit t-1=3@1', 'commit t-1=3@2']);
});

test('a commit is not fought for a partition that is no longer held, nor with a generation that does not change', async () => {
  const { membership, requests } = requestsOf();
  membership.onCommit = () => ErrorCode.REBALANCE_IN_PROGRESS;
  const offsets = [{ ...first, offset: 3 }];
  await assert.rejects(
    requests.commit(offsets, () => false),
    { code: 'REBALANCE_IN_PROGRESS' },
  );
  membership.onCommit = () => ErrorCode.ILLEGAL_GENERATION;
  await assert.rejects(requests.commit(offsets, held), { code: 'ILLEGAL_GENERATION' });
  assert.equal(membership.log.length, 3);
});

test('when one partition is refused for good the others are committed all the same', async () => {
  const { membership, requests } = requestsOf();
  const codes = inTurn(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
  membership.onCommit = (partition) => (partition === 't-0' ? ErrorCode.OFFSET_METADATA_TOO_LARGE : codes());
  const offsets = [first, second].map((partition) => ({ ...partition, offset: 3 }));
  await assert.rejects(requests.commit(offsets, held), { code: 'OFFSET_METADATA_TOO_LARGE' });
  assert.equal(membership.offsets.get('t-1')?.offset, 3);
});

test('a topic that is gone holds a commit up for a moment only: a rebalance may be waiting for it', async () => {
  const { membership, requests } = requestsOf();
  membership.onCommit = (partition) => (partition === 't-0' ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : 0);
  const offsets = [first, second].map((partition) => ({ ...partition, offset: 3 }));
  await assert.rejects(requests.commit(offsets, held), { code: 'UNKNOWN_TOPIC_OR_PARTITION' });
  assert.equal(membership.offsets.get('t-1')?.offset, 3);
  assert.ok(membership.log.length < 12, membership.log.join(', '));
});

test('who is no member commits nothing, where an empty group would take it from anybody', async () => {
  const { membership, requests } = requestsOf();
  membership.memberId = '';
  membership.generation = -1;
  await assert.rejects(requests.commit([{ ...first, offset: 3 }], held), { code: 'UNKNOWN_MEMBER_ID' });
  assert.deepEqual(membership.log, []);
});

test('who was taken in again commits nothing of what it lost before it has let go of that', async () => {
  const { membership, requests } = requestsOf();
  membership.isLosing = true;
  membership.generation = 2;
  await assert.rejects(requests.commit([{ ...first, offset: 3 }], held), { code: 'UNKNOWN_MEMBER_ID' });
  assert.deepEqual(membership.log, []);
});

test('a consumer that closes waits for no offset any more', async () => {
  const { membership, requests, closing } = requestsOf();
  membership.onFetch = () => {
    closing.abort(new Error('closing'));
    return ErrorCode.UNSTABLE_OFFSET_COMMIT;
  };
  await assert.rejects(requests.fetch([first]), /closing/);
});

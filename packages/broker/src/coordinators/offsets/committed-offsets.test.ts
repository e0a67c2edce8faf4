import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GroupRecordOf } from '../group-record.ts';
import { CommittedOffsets } from './committed-offsets.ts';
import { fetchOffsets } from './offset-fetch.ts';

const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAA';

const commit = (partition: number, offset: number | null, group = 'g'): GroupRecordOf<1> => ({
  type: 1,
  key: { group, topic: 't', partition },
  value:
    offset === null
      ? null
      : {
          offset,
          leaderEpoch: 3,
          metadata: 'note',
          commitTimestamp: 1000,
          expireTimestamp: -1,
          topicId: TOPIC_ID,
        },
});

const offsetsIn = (offsets: CommittedOffsets): (number | undefined)[] =>
  [0, 1].map((partition) => offsets.get('g', 't', partition)?.offset);

test('the last commit counts; a tombstone forgets it, and with its last offset the group', () => {
  const offsets = new CommittedOffsets();
  offsets.apply(commit(0, 5), -1);
  offsets.apply(commit(0, 7), -1);
  offsets.apply(commit(1, 1), -1);
  assert.deepEqual(offsetsIn(offsets), [7, 1]);
  offsets.apply(commit(0, null), -1);
  assert.deepEqual([offsetsIn(offsets), offsets.has('g')], [[undefined, 1], true]);
  offsets.apply(commit(1, null), -1);
  assert.equal(offsets.has('g'), false);
});

test('offsets of a transaction count when it is committed, and never when it is aborted', () => {
  const offsets = new CommittedOffsets();
  offsets.apply(commit(0, 5), -1);
  offsets.apply(commit(0, 9), 7);
  offsets.apply(commit(1, 9), 8);
  assert.deepEqual(offsetsIn(offsets), [5, undefined]);
  assert.deepEqual([offsets.isPending('g', 't', 0), offsets.isPending('g', 't', 1)], [true, true]);
  offsets.transactionEnded(7, true);
  offsets.transactionEnded(8, false);
  assert.deepEqual(offsetsIn(offsets), [9, undefined]);
  assert.equal(offsets.hasPending('g'), false);
});

test('a commit outside of a transaction that came after the one inside wins when the transaction ends', () => {
  const offsets = new CommittedOffsets();
  offsets.apply(commit(0, 9), 7);
  offsets.apply(commit(0, 12), -1);
  offsets.transactionEnded(7, true);
  assert.deepEqual(offsetsIn(offsets), [12, undefined]);
});

test('a reader that wants stable offsets is refused where a transaction is open, others get what is committed', () => {
  const offsets = new CommittedOffsets();
  offsets.apply(commit(0, 5), -1);
  offsets.apply(commit(0, 9), 7);
  const asked = [{ name: 't', topicId: TOPIC_ID, partitionIndexes: [0, 1] }];
  const answers = (requireStable: boolean) =>
    fetchOffsets(offsets, 'g', asked, requireStable)[0]?.partitions.map((each) => [
      each.errorCode,
      each.committedOffset,
    ]);
  assert.deepEqual(answers(true), [
    [88, -1],
    [0, -1],
  ]);
  assert.deepEqual(answers(false), [
    [0, 5],
    [0, -1],
  ]);
});

test('removing a group removes what is pending, too', () => {
  const offsets = new CommittedOffsets();
  offsets.apply(commit(0, 5), -1);
  offsets.apply(commit(1, 9), 7);
  const partitions = [...offsets.partitionsOf('g')].map(({ partition }) => partition);
  assert.deepEqual(partitions, [0, 1]);
  for (const partition of partitions) offsets.apply(commit(partition, null), -1);
  offsets.transactionEnded(7, true);
  assert.equal(offsets.has('g'), false);
});

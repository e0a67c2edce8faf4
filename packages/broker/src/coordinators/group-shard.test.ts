// What makes a group of the classic protocol, what does not, and what becomes of a group that was there before.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { protocolsOf } from '../testing/classic-group.ts';
import { TestTopics } from '../testing/group-members.ts';
import { TestShard } from '../testing/test-shard.ts';
import type { JoinRequest, JoinResponse } from './classic/classic-member.ts';
import type { GroupOffsets } from './group-requests.ts';

const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';

function joined(shard: TestShard, fields: Partial<JoinRequest> = {}): JoinResponse {
  const request = {
    groupId: 'g',
    memberId: '',
    groupInstanceId: null,
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 60_000,
    protocolType: 'consumer',
    protocols: protocolsOf('range'),
    reason: null,
    ...fields,
  };
  let answer: JoinResponse | undefined;
  shard.join(request, (body) => {
    answer = body;
  });
  assert.ok(answer);
  return answer;
}

const groupsOf = ({ shard }: TestShard) =>
  shard.list().map(({ groupId, groupType, groupState }) => [groupId, groupType, groupState].join(' '));

/** Commits offset 5 of a partition as nobody. */
function commit({ shard, now }: TestShard): void {
  const request = {
    groupId: 'g',
    generationIdOrMemberEpoch: -1,
    memberId: '',
    groupInstanceId: null,
    retentionTimeMs: -1,
    apiVersion: 9,
    topics: [
      {
        name: 't',
        topicId: TOPIC_ID,
        partitions: [
          { partitionIndex: 0, committedOffset: 5, committedLeaderEpoch: -1, committedMetadata: null },
        ],
      },
    ],
  };
  assert.equal(shard.commit(request, () => {}, now).records.length, 1);
}

function committed({ shard }: TestShard): number | undefined {
  const query = { groupId: 'g', memberId: null, memberEpoch: -1, topics: null, requireStable: false };
  const [body] = shard.fetchOffsets(query, () => {}).replies.map((reply) => reply.body as GroupOffsets);
  return body?.topics[0]?.partitions[0]?.committedOffset;
}

test('a join that is refused makes no group, and one that brings an id of a group that is gone neither', () => {
  const shard = new TestShard(new TestTopics({ t: 1 }));
  const { INCONSISTENT_GROUP_PROTOCOL, INVALID_SESSION_TIMEOUT, UNKNOWN_MEMBER_ID } = ErrorCode;
  assert.equal(joined(shard, { protocols: [] }).errorCode, INCONSISTENT_GROUP_PROTOCOL);
  assert.equal(joined(shard, { sessionTimeoutMs: 0 }).errorCode, INVALID_SESSION_TIMEOUT);
  assert.equal(joined(shard, { memberId: 'of old' }).errorCode, UNKNOWN_MEMBER_ID);
  assert.deepEqual([groupsOf(shard), shard.log.length], [[], 0]);
});

test('a group is there from its first join on, also for a broker that starts again', () => {
  const shard = new TestShard(new TestTopics({ t: 1 }));
  assert.equal(joined(shard).errorCode, ErrorCode.MEMBER_ID_REQUIRED);
  assert.deepEqual([groupsOf(shard), shard.log.length], [['g classic Empty'], 1]);
  joined(shard, { groupInstanceId: 'i' });
  assert.deepEqual(groupsOf(shard), ['g classic CompletingRebalance']);
  shard.restart();
  assert.deepEqual(groupsOf(shard), ['g classic Empty'], 'nothing was decided in it yet');
});

test('offsets that nobody of a group committed make a group, which members may join', () => {
  const shard = new TestShard(new TestTopics({ t: 1 }));
  commit(shard);
  assert.deepEqual(groupsOf(shard), ['g classic Empty']);
  assert.equal(joined(shard, { groupInstanceId: 'i' }).errorCode, ErrorCode.NONE);
  assert.equal(committed(shard), 5);
});

test('an empty consumer group becomes a classic one by a join, and keeps its offsets, even where the join is refused', () => {
  const joins: [Partial<JoinRequest>, number, string][] = [
    [{ groupInstanceId: 'i' }, ErrorCode.NONE, 'g classic CompletingRebalance'],
    [{ protocols: [] }, ErrorCode.INCONSISTENT_GROUP_PROTOCOL, 'g classic Empty'],
  ];
  for (const [fields, errorCode, group] of joins) {
    const shard = new TestShard(new TestTopics({ t: 1 }));
    const member = shard.groupOf('g');
    const full = { rebalanceTimeoutMs: 60_000, subscribedTopicNames: ['t'], topicPartitions: [] };
    assert.equal(member.heartbeat({ memberId: 'm', memberEpoch: 0, ...full }).errorCode, ErrorCode.NONE);
    member.heartbeat({ memberId: 'm', memberEpoch: -1 });
    commit(shard);
    assert.deepEqual(groupsOf(shard), ['g consumer Empty']);
    assert.equal(joined(shard, fields).errorCode, errorCode);
    assert.deepEqual([groupsOf(shard), committed(shard)], [[group], 5]);
    shard.restart(true);
    assert.deepEqual(groupsOf(shard), ['g classic Empty']);
  }
});

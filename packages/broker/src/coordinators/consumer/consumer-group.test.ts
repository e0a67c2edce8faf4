import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestGroup, TestTopics } from '../../testing/group-members.ts';

test('a member that joins alone gets everything at once; a second one gets its half when the first has given it back', () => {
  const group = new TestGroup(new TestTopics({ t: 4 }));
  const a = group.join('a');
  assert.deepEqual([a.errorCode, a.memberEpoch, a.heartbeatIntervalMs], [0, 1, 5000]);
  assert.deepEqual(a.assigned, ['t-0', 't-1', 't-2', 't-3']);

  const b = group.join('b');
  assert.deepEqual([b.memberEpoch, b.assigned], [2, []]);
  assert.ok(b.heartbeatIntervalMs < 5000, 'it is to ask again soon');
  assert.equal(group.group.standing.state, 'Reconciling');

  const told = group.heartbeat({ memberId: 'a', memberEpoch: 1 });
  assert.deepEqual([told.memberEpoch, told.assigned], [1, ['t-0', 't-1']]);
  assert.deepEqual(
    group.heartbeat({ memberId: 'b', memberEpoch: 2 }).assigned,
    null,
    'still held by the first',
  );

  const revoked = group.heartbeat({
    memberId: 'a',
    memberEpoch: 1,
    topicPartitions: group.partitions(['t-0', 't-1']),
  });
  assert.deepEqual([revoked.memberEpoch, revoked.assigned], [2, null]);
  const given = group.heartbeat({ memberId: 'b', memberEpoch: 2 });
  assert.deepEqual([given.memberEpoch, given.assigned, given.heartbeatIntervalMs], [2, ['t-2', 't-3'], 5000]);
  assert.equal(group.group.standing.state, 'Stable');
});

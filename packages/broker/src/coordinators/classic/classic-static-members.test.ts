// Static members (KIP-345): they come back under their instance id, and the others need not notice.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { lastOf, protocolsOf, sharesOf, TestClassicGroup } from '../../testing/classic-group.ts';

const { NONE, FENCED_INSTANCE_ID, UNKNOWN_MEMBER_ID } = ErrorCode;

/** Static members "x" and "y", x the leader, in generation 1. */
function settled(): { group: TestClassicGroup; x: string; y: string } {
  const group = new TestClassicGroup();
  const calls = ['x', 'y'].map((groupInstanceId) => group.join({ groupInstanceId }));
  group.pass(6_000);
  const [x = '', y = ''] = calls.map((call) => lastOf(call).memberId);
  group.sync({ memberId: y });
  group.sync({ memberId: x, assignments: sharesOf([x, y]) });
  assert.equal(group.group.standing.state, 'Stable');
  return { group, x, y };
}

test('a static member needs no second join for its id', () => {
  const group = new TestClassicGroup({ initialRebalanceDelayMs: 0 });
  const { errorCode, memberId = '' } = lastOf(group.join({ groupInstanceId: 'x' }));
  assert.equal(errorCode, NONE);
  assert.match(memberId, /^x-/);
});

test('one that comes back has its assignment under a new id, without a rebalance; its past is fenced', () => {
  const { group, x, y } = settled();
  const back = lastOf(group.join({ groupInstanceId: 'y' }));
  const memberId = back.memberId ?? '';
  assert.notEqual(memberId, y);
  assert.deepEqual([back.generationId, back.leader, back.skipAssignment ?? false], [1, x, false]);
  const { assignment } = lastOf(group.sync({ memberId, groupInstanceId: 'y' }));
  assert.equal(`${assignment}`, `of ${y}`);
  assert.equal(group.heartbeat(x, 1, 'x'), NONE, 'the other is not disturbed');

  assert.equal(group.heartbeat(y, 1, 'y'), FENCED_INSTANCE_ID);
  assert.equal(group.heartbeat(y, 1), UNKNOWN_MEMBER_ID, 'without its instance id it is just unknown');
  assert.equal(lastOf(group.sync({ memberId: y, groupInstanceId: 'y' })).errorCode, FENCED_INSTANCE_ID);
  assert.equal(lastOf(group.join({ memberId: y, groupInstanceId: 'y' })).errorCode, FENCED_INSTANCE_ID);
  assert.deepEqual(group.leave({ memberId: y, groupInstanceId: 'y' }), [FENCED_INSTANCE_ID]);
  const commit = { memberId: y, groupInstanceId: 'y', generation: 1, apiVersion: 9, isTransactional: false };
  assert.equal(group.group.standing.commitProblem(commit), FENCED_INSTANCE_ID);
});

test('a leader that comes back is spared the assignment, or does not learn that it leads where it is of old (KIP-814)', () => {
  for (const maySkipAssignment of [true, false]) {
    const { group, x, y } = settled();
    const back = lastOf(group.join({ groupInstanceId: 'x' }, { maySkipAssignment }));
    const expected = maySkipAssignment ? [true, back.memberId, 2] : [false, x, 0];
    assert.deepEqual([back.skipAssignment ?? false, back.leader, back.members?.length], expected);
    assert.equal(`${lastOf(group.sync({ memberId: back.memberId ?? '' })).assignment}`, `of ${x}`);
    // It still leads: when it joins again, all do.
    group.join({ memberId: back.memberId ?? '', groupInstanceId: 'x' });
    assert.equal(group.heartbeat(y, 1, 'y'), ErrorCode.REBALANCE_IN_PROGRESS);
  }
});

test('one that comes back with another protocol for the group has all rebalance', () => {
  const { group, y } = settled();
  const back = group.join({ groupInstanceId: 'x', protocols: protocolsOf('roundrobin') });
  assert.equal(back.answers.length, 0);
  group.join({ memberId: y, groupInstanceId: 'y' });
  assert.deepEqual([lastOf(back).generationId, lastOf(back).protocolName], [2, 'roundrobin']);
});

test('one that comes back while the leader assigns has all rebalance: the leader knows its old id only', () => {
  const { group, x, y } = settled();
  group.join({ memberId: x, groupInstanceId: 'x' });
  group.join({ memberId: y, groupInstanceId: 'y' });
  const waiting = group.sync({ memberId: y, groupInstanceId: 'y' });
  const back = group.join({ groupInstanceId: 'y' });
  assert.equal(lastOf(waiting).errorCode, FENCED_INSTANCE_ID);
  assert.equal(lastOf(group.sync({ memberId: x })).errorCode, ErrorCode.REBALANCE_IN_PROGRESS);
  const again = group.join({ memberId: x, groupInstanceId: 'x' });
  assert.deepEqual([lastOf(again).generationId, lastOf(back).generationId], [3, 3]);
});

test('one that comes back in a rebalance takes the place of the one that waits, and waits however long it takes', () => {
  const { group, x, y } = settled();
  group.join({ memberId: x, groupInstanceId: 'x', protocols: protocolsOf('roundrobin') });
  const waiting = group.join({ groupInstanceId: 'z' });
  const back = group.join({ groupInstanceId: 'z' });
  assert.equal(lastOf(waiting).errorCode, FENCED_INSTANCE_ID);
  for (let second = 0; second < 30; second++) {
    group.pass(1_000);
    group.heartbeat(y, 1, 'y');
  }
  assert.equal(back.answers.length, 0, 'its session is over, but it waits');
  group.join({ memberId: y, groupInstanceId: 'y' });
  assert.equal(lastOf(back).generationId, 2);
});

test('one that is away in a rebalance stays, and has its share, until its session or its time to sync is over', () => {
  const { group, x, y } = settled();
  const again = group.join({ memberId: x, groupInstanceId: 'x' });
  for (let second = 0; second < 60; second++) {
    group.pass(1_000);
    group.heartbeat(y, 1, 'y');
  }
  const { generationId, members = [] } = lastOf(again);
  assert.deepEqual([generationId, members.map(({ memberId }) => memberId)], [2, [x, y]]);
  group.sync({ memberId: x, assignments: sharesOf([x, y]) });
  const back = lastOf(group.join({ groupInstanceId: 'y' }));
  assert.deepEqual([back.generationId, back.leader], [2, x]);
  assert.equal(`${lastOf(group.sync({ memberId: back.memberId ?? '' })).assignment}`, `of ${y}`);
});

test('a rebalance that nobody joins is put off while static members may come back', () => {
  const group = new TestClassicGroup();
  const calls = ['x', 'y'].map((groupInstanceId) =>
    group.join({ groupInstanceId, sessionTimeoutMs: 300_000 }),
  );
  group.pass(6_000);
  const [x = '', y = ''] = calls.map((call) => lastOf(call).memberId);
  group.sync({ memberId: y });
  group.sync({ memberId: x, assignments: sharesOf([x, y]) });
  const { memberId: dynamic = '' } = lastOf(group.join());
  group.join({ memberId: dynamic });
  group.leave({ memberId: dynamic });
  group.pass(150_000);
  assert.equal(group.group.standing.state, 'PreparingRebalance');
  assert.equal(group.group.standing.members.size, 2);
  const back = group.join({ groupInstanceId: 'y' });
  group.pass(60_000);
  assert.deepEqual([lastOf(back).generationId, lastOf(back).leader], [2, lastOf(back).memberId]);
});

test('an admin removes a static member by its instance id alone', () => {
  const { group, y } = settled();
  assert.deepEqual(group.leave({ groupInstanceId: 'x' }, { groupInstanceId: 'unknown' }, {}), [
    NONE,
    UNKNOWN_MEMBER_ID,
    UNKNOWN_MEMBER_ID,
  ]);
  assert.deepEqual(
    Array.from(group.group.standing.members, ({ memberId }) => memberId),
    [y],
  );
  assert.equal(group.heartbeat('any', 1, 'x'), UNKNOWN_MEMBER_ID, 'nobody has the instance id now');
});

test('one that comes back and is silent then is out when its session is over', () => {
  const { group, x } = settled();
  for (let second = 0; second < 9; second++) {
    group.pass(1_000);
    group.heartbeat(x, 1, 'x');
  }
  group.join({ groupInstanceId: 'y', sessionTimeoutMs: 6_000 });
  for (let second = 0; second < 6; second++) {
    assert.equal(group.group.standing.members.size, 2);
    group.pass(1_000);
    group.heartbeat(x, 1, 'x');
  }
  assert.equal(group.group.standing.members.size, 1);
});

test('an id given to a dynamic member does not let it take a static member’s place', () => {
  const { group, x } = settled();
  const { memberId = '' } = lastOf(group.join());
  assert.equal(lastOf(group.join({ memberId, groupInstanceId: 'x' })).errorCode, FENCED_INSTANCE_ID);
  assert.equal(group.heartbeat(x, 1, 'x'), NONE);
});

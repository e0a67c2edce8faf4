// How long a rebalance takes, who takes part in it, and who leads.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { lastOf, protocolsOf, sharesOf, TestClassicGroup } from '../../testing/classic-group.ts';
import type { JoinResponse } from './classic-member.ts';

/** A member that needs no id first: it waits from its first join on. */
const OLD = { mustKnowItsId: false };

test('the first rebalance of an empty group waits for newcomers, again after each, but not beyond the rebalance timeout', () => {
  const group = new TestClassicGroup({ initialRebalanceDelayMs: 3_000 });
  const alone = group.join({ rebalanceTimeoutMs: 8_000 }, OLD);
  group.pass(2_999);
  assert.equal(alone.answers.length, 0);
  group.pass(1);
  assert.equal(lastOf(alone).generationId, 1);

  const busy = new TestClassicGroup({ initialRebalanceDelayMs: 3_000 });
  const joins = [busy.join({ rebalanceTimeoutMs: 8_000 }, OLD)];
  for (let second = 1; second < 8; second++) {
    busy.pass(1_000);
    joins.push(busy.join({ rebalanceTimeoutMs: 8_000 }, OLD));
  }
  busy.pass(999);
  assert.ok(joins.every(({ answers }) => answers.length === 0));
  busy.pass(1);
  assert.deepEqual(new Set(joins.map((call) => lastOf(call).generationId)), new Set([1]));
  assert.equal(busy.group.standing.members.size, 8);
});

test('without a delay, the first member has its generation at once', () => {
  const group = new TestClassicGroup({ initialRebalanceDelayMs: 0 });
  const { errorCode, generationId, memberId, leader, members } = lastOf(group.join({}, OLD));
  assert.deepEqual([errorCode, generationId, leader], [ErrorCode.NONE, 1, memberId]);
  assert.equal(members?.length, 1);
});

test('a rebalance is over as soon as all have joined; the leader hears what each says for the protocol chosen', () => {
  const group = new TestClassicGroup();
  const [a = '', b = ''] = group.settle('a', 'b');
  const newcomer = group.join({}, OLD);
  assert.equal(group.heartbeat(a, 1), ErrorCode.REBALANCE_IN_PROGRESS);
  const joins = [group.join({ memberId: b }), group.join({ memberId: a })];
  const [ofB, ofA] = joins.map(lastOf);
  assert.deepEqual(
    [ofA, ofB, lastOf(newcomer)].map((each) => [each?.generationId, each?.leader, each?.members?.length]),
    [
      [2, a, 3],
      [2, a, 0],
      [2, a, 0],
    ],
  );
  assert.equal(ofA?.protocolName, 'range');
  for (const { metadata } of ofA?.members ?? []) assert.equal(`${metadata}`, 'for range');
  assert.equal(group.heartbeat(a, 1), ErrorCode.ILLEGAL_GENERATION, 'the generation before is over');
});

test('who does not join within the rebalance timeout is out, and another leads where it was the leader', () => {
  const group = new TestClassicGroup();
  const [leader = '', other = ''] = group.settle('leader', 'other');
  const again = group.join({ memberId: other, protocols: protocolsOf('roundrobin') });
  for (let second = 0; second < 59; second++) {
    group.pass(1_000);
    assert.equal(
      group.heartbeat(leader, 1),
      ErrorCode.REBALANCE_IN_PROGRESS,
      'it is there, but does not join',
    );
  }
  assert.equal(again.answers.length, 0);
  group.pass(1_000);
  assert.deepEqual([lastOf(again).leader, lastOf(again).members?.length], [other, 1]);
  assert.equal(group.heartbeat(leader, 1), ErrorCode.UNKNOWN_MEMBER_ID);
});

test('the longest rebalance timeout of the members counts; v0, which has none, takes the session timeout for it', () => {
  const group = new TestClassicGroup({ initialRebalanceDelayMs: 0 });
  const first = lastOf(group.join({ rebalanceTimeoutMs: -1, sessionTimeoutMs: 20_000 }, OLD)).memberId ?? '';
  group.sync({ memberId: first, assignments: sharesOf([first]) });
  const newcomer = group.join({ rebalanceTimeoutMs: 15_000 }, OLD);
  group.pass(10_000);
  group.heartbeat(first, 1);
  group.pass(9_999);
  assert.equal(newcomer.answers.length, 0);
  group.pass(1);
  assert.equal(newcomer.answeredAt - newcomer.askedAt, 20_000);
});

test('who was given an id holds a rebalance up until it joins, leaves or its session is over', () => {
  for (const end of ['joins', 'leaves', 'is silent']) {
    const group = new TestClassicGroup();
    const [a = ''] = group.settle('a');
    const { memberId: pending = '' } = lastOf(group.join());
    const again = group.join({ memberId: a });
    group.pass(9_999);
    assert.equal(again.answers.length, 0);
    if (end === 'joins') group.join({ memberId: pending });
    else if (end === 'leaves') assert.deepEqual(group.leave({ memberId: pending }), [ErrorCode.NONE]);
    else group.pass(1);
    assert.equal(lastOf(again).generationId, 2, end);
    assert.equal(group.group.standing.members.size, end === 'joins' ? 2 : 1);
  }
});

test('who was given an id and leaves disturbs no stable group', () => {
  const group = new TestClassicGroup();
  group.settle('a');
  const { memberId = '' } = lastOf(group.join());
  group.leave({ memberId });
  assert.equal(group.group.standing.state, 'Stable');
});

test('the first join of a member waits no longer than its own time, however long the rebalance; later joins do', () => {
  const group = new TestClassicGroup({ newMemberJoinTimeoutMs: 30_000 });
  const [a = '', b = ''] = group.settle('a', 'b');
  const newcomer = group.join({}, OLD);
  const again = group.join({ memberId: b });
  for (let second = 0; second < 40; second++) {
    group.pass(1_000);
    group.heartbeat(a, 1);
  }
  assert.equal(lastOf(newcomer).errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
  assert.equal(newcomer.answeredAt - newcomer.askedAt, 30_000);
  assert.equal(again.answers.length, 0, 'its session is long over, but it waits');
  group.join({ memberId: a });
  assert.equal(lastOf(again).generationId, 2);
});

test('who does not ask for its assignment within the rebalance timeout is out, though it sends heartbeats', () => {
  for (const isLeader of [true, false]) {
    const group = new TestClassicGroup();
    const [a = '', b = ''] = group.settle('a', 'b');
    group.join({ memberId: a });
    group.join({ memberId: b });
    const [late, other] = isLeader ? [a, b] : [b, a];
    const synced = group.sync({ memberId: other, assignments: sharesOf([a, b]) });
    for (let second = 0; second < 60; second++) {
      group.pass(1_000);
      group.heartbeat(late, 2);
      if (second < 59) group.heartbeat(other, 2);
    }
    assert.equal(lastOf(synced).errorCode, isLeader ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE);
    assert.deepEqual(
      Array.from(group.group.standing.members, ({ memberId }) => memberId),
      [other],
    );
    assert.equal(group.group.standing.state, 'PreparingRebalance', 'its share is to go to the others');
  }
});

test('a member that waits for the leader’s assignment is not silent, and its session begins when it has it', () => {
  const group = new TestClassicGroup();
  const [a = '', b = ''] = group.settle('a', 'b');
  group.join({ memberId: a });
  group.join({ memberId: b });
  const synced = group.sync({ memberId: b });
  for (let second = 0; second < 30; second++) {
    group.pass(1_000);
    group.heartbeat(a, 2);
  }
  group.sync({ memberId: a, assignments: sharesOf([a, b]) });
  assert.equal(`${lastOf(synced).assignment}`, `of ${b}`);
  group.pass(9_999);
  assert.equal(group.group.standing.members.size, 2);
  group.pass(1);
  assert.equal(group.group.standing.state, 'Empty');
});

test('the protocol is the one that most members name first of those that all know', () => {
  const group = new TestClassicGroup();
  const joins = [
    ['sticky', 'range', 'roundrobin'],
    ['roundrobin', 'range'],
    ['range', 'roundrobin'],
  ].map((names) => group.join({ protocols: protocolsOf(...names) }, OLD));
  group.pass(6_000);
  const chosen = joins.map((call) => lastOf(call).protocolName);
  assert.deepEqual(chosen, ['range', 'range', 'range'], 'sticky is first for one, but not known to all');
});

test('who knows no protocol of all, or is of another type, is refused, and so is one that knows none', () => {
  const group = new TestClassicGroup();
  const errorOf = (fields: Parameters<TestClassicGroup['join']>[0]) => lastOf(group.join(fields)).errorCode;
  assert.equal(errorOf({ protocols: [] }), ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  assert.equal(errorOf({ protocolType: '' }), ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  group.settle('a');
  assert.equal(errorOf({ protocols: protocolsOf('mine') }), ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  assert.equal(errorOf({ protocolType: 'connect' }), ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  assert.equal(errorOf({ protocols: protocolsOf('mine', 'roundrobin') }), ErrorCode.MEMBER_ID_REQUIRED);
});

test('a group that has emptied takes members of another type', () => {
  const group = new TestClassicGroup();
  const [a = ''] = group.settle('a');
  group.leave({ memberId: a });
  const call = group.join({ protocolType: 'connect', protocols: protocolsOf('eager') }, OLD);
  group.pass(3_000);
  const { protocolType, protocolName, generationId } = lastOf(call);
  assert.deepEqual([protocolType, protocolName, generationId], ['connect', 'eager', 3]);
});

test('one member more than the group takes is refused; one that is in it may come again', () => {
  const refused = (call: { answers: JoinResponse[] }) =>
    call.answers[0]?.errorCode === ErrorCode.GROUP_MAX_SIZE_REACHED;
  const group = new TestClassicGroup({ maxSize: 2 });
  const [a = '', b = ''] = group.settle('a', 'b');
  assert.ok(refused(group.join()));
  const again = group.join({ memberId: a });
  assert.ok(
    refused(group.join({ memberId: 'c' })) === false,
    'only those that have joined count in a rebalance',
  );
  group.join({ memberId: b });
  assert.equal(lastOf(again).members?.length, 2);
});

test('a group found too large after a restart rebalances, and whoever comes last is out at once', () => {
  const group = new TestClassicGroup();
  const ids = group.settle('a', 'b', 'c');
  group.restart({ maxSize: 2 });
  assert.equal(group.group.standing.state, 'PreparingRebalance');
  assert.equal(group.heartbeat(ids[2] ?? '', 1), ErrorCode.REBALANCE_IN_PROGRESS);
  const calls = ids.map((memberId) => group.join({ memberId, protocols: protocolsOf('range') }));
  assert.deepEqual(
    calls.map((call) => lastOf(call).errorCode),
    [ErrorCode.NONE, ErrorCode.NONE, ErrorCode.GROUP_MAX_SIZE_REACHED],
  );
});

test('members leave together; each has an outcome of its own, and the rest rebalance once', () => {
  const group = new TestClassicGroup();
  const [a = '', b = '', c = ''] = group.settle('a', 'b', 'c');
  const outcomes = group.leave({ memberId: a }, { memberId: 'unknown' }, { memberId: b }, { memberId: a });
  const { NONE, UNKNOWN_MEMBER_ID } = ErrorCode;
  assert.deepEqual(outcomes, [NONE, UNKNOWN_MEMBER_ID, NONE, UNKNOWN_MEMBER_ID]);
  const again = lastOf(group.join({ memberId: c }));
  assert.deepEqual([again.generationId, again.leader, again.members?.length], [2, c, 1]);
});

test('a heartbeat has news when the member is to join again or is out', () => {
  const group = new TestClassicGroup();
  const [a = '', b = ''] = group.settle('a', 'b');
  assert.equal(group.group.hasNewsFor(a), false);
  assert.equal(group.group.patienceWith(a), 2_500);
  group.leave({ memberId: b });
  assert.deepEqual([group.group.hasNewsFor(a), group.group.hasNewsFor(b)], [true, true]);
});

test('a commit keeps its member in the group', () => {
  const group = new TestClassicGroup();
  const [a = ''] = group.settle('a');
  for (let i = 0; i < 5; i++) {
    group.pass(9_000);
    group.group.seen(a, group.now);
  }
  assert.equal(group.group.standing.state, 'Stable');
});

test('a stable group stays as it is while its members send heartbeats, and one that syncs late has done enough', () => {
  const group = new TestClassicGroup();
  const [a = '', b = ''] = group.settle('a', 'b');
  group.join({ memberId: a });
  group.join({ memberId: b });
  group.sync({ memberId: a, assignments: sharesOf([a, b]) });
  for (let second = 0; second < 200; second++) {
    group.pass(1_000);
    if (second === 40) group.sync({ memberId: b });
    assert.deepEqual([group.heartbeat(a, 2), group.heartbeat(b, 2)], [ErrorCode.NONE, ErrorCode.NONE]);
  }
});

test('after each wait in a rebalance a member has its session to give a sign of life', () => {
  const joined = new TestClassicGroup();
  const [a = '', b = ''] = joined.settle('a', 'b');
  joined.join({ memberId: a });
  for (let second = 0; second < 20; second++) {
    joined.pass(1_000);
    joined.heartbeat(b, 1);
  }
  const last = joined.join({ memberId: b });
  for (let second = 0; second < 10; second++) {
    joined.pass(1_000);
    if (second < 9) joined.heartbeat(b, lastOf(last).generationId ?? -1);
  }
  assert.deepEqual(
    Array.from(joined.group.standing.members, ({ memberId }) => memberId),
    [b],
    'the first waited for twice its session, but answers no more',
  );

  const synced = new TestClassicGroup();
  const [c = '', d = ''] = synced.settle('c', 'd');
  synced.join({ memberId: c });
  synced.join({ memberId: d });
  synced.sync({ memberId: d });
  for (let second = 0; second < 20; second++) {
    synced.pass(1_000);
    synced.heartbeat(c, 2);
  }
  const newcomer = synced.join({}, OLD);
  synced.join({ memberId: c });
  synced.pass(10_000);
  assert.equal(lastOf(newcomer).generationId, 3, 'nobody waits for the one that is silent');
});

test('without a delay the first member does not wait for one that was given an id', () => {
  const group = new TestClassicGroup({ initialRebalanceDelayMs: 0 });
  group.join();
  assert.equal(lastOf(group.join({}, OLD)).generationId, 1);
});

test('an id given is void when its time is over, whatever else the group waits for', () => {
  const group = new TestClassicGroup();
  const [a = ''] = group.settle('a');
  group.pass(5_000);
  group.heartbeat(a, 1);
  group.join({ sessionTimeoutMs: 8_000 });
  const again = group.join({ memberId: a });
  group.pass(60_000);
  assert.equal(again.answeredAt - again.askedAt, 8_000);
});

// What a classic group keeps, what a broker that starts again makes of it, and what it says of itself.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { ConsumerProtocolSubscription } from '@klamm/protocol/groups/subscription';
import { encodeVersioned } from '@klamm/protocol/groups/versioned';
import { lastOf, protocolsOf, sharesOf, TestClassicGroup } from '../../testing/classic-group.ts';
import type { JoinRequest } from './classic-member.ts';

const reading = (...topics: string[]): JoinRequest['protocols'] => [
  {
    name: 'range',
    metadata: encodeVersioned(ConsumerProtocolSubscription, {
      topics,
      userData: null,
      ownedPartitions: [],
      generationId: -1,
    }),
  },
];

test('a broker that starts again goes on with the generation, its members and what they were given', () => {
  const group = new TestClassicGroup();
  const [a = '', b = ''] = group.settle('a', 'b');
  const before = group.group.standing.describe();
  group.restart();
  assert.deepEqual(group.group.standing.describe(), before);
  assert.equal(group.heartbeat(a, 1), ErrorCode.NONE);
  assert.equal(`${lastOf(group.sync({ memberId: b })).assignment}`, `of ${b}`);
  group.pass(9_000);
  group.heartbeat(b, 1);
  group.pass(1_000);
  assert.deepEqual(
    Array.from(group.group.standing.members, ({ memberId }) => memberId),
    [b],
    'sessions begin with the broker',
  );
});

test('a broker that dies in a rebalance begins with the generation before: its members have another one', () => {
  const group = new TestClassicGroup();
  const [a = '', b = ''] = group.settle('a', 'b');
  group.join({ memberId: a });
  group.join({ memberId: b });
  assert.equal(group.group.standing.generation, 2);
  group.restart();
  assert.equal(group.heartbeat(a, 2), ErrorCode.ILLEGAL_GENERATION);
  const joins = [group.join({ memberId: a }), group.join({ memberId: b })];
  assert.deepEqual(
    joins.map((call) => lastOf(call).generationId),
    [2, 2],
  );
});

test('a group that has emptied keeps its generation, and its next members have a later one', () => {
  const group = new TestClassicGroup({ initialRebalanceDelayMs: 0 });
  const [a = ''] = group.settle('a');
  group.leave({ memberId: a });
  const { state, generation, stateSince } = group.group.standing;
  assert.deepEqual([state, generation, stateSince], ['Empty', 2, group.now]);
  group.pass(60_000);
  group.restart();
  assert.deepEqual(
    [group.group.standing.state, group.group.standing.generation, group.group.standing.stateSince],
    [state, generation, stateSince],
  );
  assert.equal(lastOf(group.join({}, { mustKnowItsId: false })).generationId, 3);
});

test('a group is created empty, whoever has joined it: nobody can come back to a member that was never told its id', () => {
  for (const settings of [{ initialRebalanceDelayMs: 0 }, { initialRebalanceDelayMs: 3_000 }]) {
    const group = new TestClassicGroup(settings);
    group.join({}, { mustKnowItsId: false });
    group.create();
    group.restart();
    const { state, generation, protocolType, members } = group.group.standing;
    assert.deepEqual([state, generation, protocolType, members.size], ['Empty', 0, null, 0]);
    const other = group.join({ protocols: protocolsOf('mine') }, { mustKnowItsId: false });
    group.pass(3_000);
    assert.equal(lastOf(other).generationId, 1);
  }
});

test('a group that was created for one who never joined is empty since then', () => {
  const group = new TestClassicGroup();
  group.join();
  group.create();
  const createdAt = group.now;
  group.pass(60_000);
  group.restart();
  assert.deepEqual([group.group.standing.isUnused, group.group.standing.stateSince], [true, createdAt]);
});

test('a static member that comes back is kept under its new id', () => {
  const group = new TestClassicGroup({ initialRebalanceDelayMs: 0 });
  const { memberId: first = '' } = lastOf(group.join({ groupInstanceId: 'x' }));
  group.sync({ memberId: first, assignments: sharesOf([first]) });
  const { memberId = '' } = lastOf(group.join({ groupInstanceId: 'x' }));
  group.restart();
  assert.equal(group.heartbeat(memberId, 1, 'x'), ErrorCode.NONE);
  assert.equal(`${lastOf(group.sync({ memberId })).assignment}`, `of ${first}`);
});

test('a group is described with what its members said only while it is stable, and with what they were given', () => {
  const group = new TestClassicGroup();
  const [a = '', b = ''] = group.settle('a', 'b');
  const member = (memberId: string, clientId: string, metadata: string, assignment: string) => ({
    memberId,
    groupInstanceId: null,
    clientId,
    clientHost: '/127.0.0.1',
    memberMetadata: Buffer.from(metadata),
    memberAssignment: Buffer.from(assignment),
  });
  const described = (isStable: boolean, groupState: string, assigned: boolean) => ({
    groupState,
    protocolType: 'consumer',
    protocolData: isStable ? 'range' : '',
    members: [a, b].map((memberId) =>
      member(memberId, 'c', isStable ? 'for range' : '', assigned ? `of ${memberId}` : ''),
    ),
  });
  assert.deepEqual(group.group.standing.describe(), described(true, 'Stable', true));
  group.join({ memberId: a });
  assert.deepEqual(group.group.standing.describe(), described(false, 'PreparingRebalance', true));
  group.join({ memberId: b });
  assert.deepEqual(group.group.standing.describe(), described(false, 'CompletingRebalance', true));
  group.join({ memberId: b, protocols: protocolsOf('range') });
  assert.deepEqual(
    group.group.standing.describe(),
    described(false, 'PreparingRebalance', false),
    'what was given is void when another rebalance begins before the leader has assigned',
  );
});

test('a group of consumers knows what its members read; one of others, or of members it cannot read, takes all for read', () => {
  const group = new TestClassicGroup({ initialRebalanceDelayMs: 0 });
  const isRead = (topic: string) => group.group.standing.isSubscribedTo(topic);
  assert.equal(isRead('t'), false, 'nobody is there');
  const { memberId: a = '' } = lastOf(group.join({ protocols: reading('t', 'u') }, { mustKnowItsId: false }));
  assert.deepEqual([isRead('t'), isRead('u'), isRead('v')], [true, true, false]);
  group.sync({ memberId: a });
  group.restart();
  assert.deepEqual([isRead('t'), isRead('v')], [true, false], 'after a restart too');
  lastOf(group.join({ memberId: a, protocols: protocolsOf('range') }));
  assert.equal(isRead('v'), true);

  const others = new TestClassicGroup({ initialRebalanceDelayMs: 0 });
  others.join({ protocolType: 'connect', protocols: reading('t') }, { mustKnowItsId: false });
  assert.equal(others.group.standing.isSubscribedTo('v'), true);
});

test('offsets are kept while they are in use, and grow old from when the group emptied, or from their commit', () => {
  const simple = new TestClassicGroup();
  const ageOf = (group: TestClassicGroup, topic: string) => group.group.standing.ageOfOffsets(topic).kind;
  assert.equal(ageOf(simple, 't'), 'sinceCommit', 'nobody ever joined');
  const group = new TestClassicGroup({ initialRebalanceDelayMs: 0 });
  const { memberId = '' } = lastOf(group.join({ protocols: reading('t') }, { mustKnowItsId: false }));
  assert.deepEqual(
    [ageOf(group, 't'), ageOf(group, 'v')],
    ['kept', 'kept'],
    'between two generations all is kept',
  );
  group.sync({ memberId });
  assert.deepEqual([ageOf(group, 't'), ageOf(group, 'v')], ['kept', 'sinceCommit']);
  group.leave({ memberId });
  assert.deepEqual(group.group.standing.ageOfOffsets('t'), { kind: 'since', timestamp: group.now });
});

test('whoever is no member may commit to a group without members only, and in a transaction always', () => {
  const group = new TestClassicGroup();
  const commit = (fields: { memberId?: string; generation?: number; isTransactional?: boolean }) =>
    group.group.standing.commitProblem({
      memberId: '',
      groupInstanceId: null,
      generation: -1,
      apiVersion: 9,
      isTransactional: false,
      ...fields,
    });
  assert.equal(commit({}), ErrorCode.NONE, 'a consumer that assigns its partitions by itself');
  assert.equal(commit({ memberId: 'gone' }), ErrorCode.NONE);
  assert.equal(commit({ generation: 3 }), ErrorCode.UNKNOWN_MEMBER_ID);
  const [a = '', b = ''] = group.settle('a', 'b');
  assert.equal(commit({}), ErrorCode.UNKNOWN_MEMBER_ID);
  assert.equal(commit({ isTransactional: true }), ErrorCode.NONE);
  assert.equal(commit({ memberId: a, generation: 0, isTransactional: true }), ErrorCode.ILLEGAL_GENERATION);
  group.join({ memberId: a });
  group.join({ memberId: b });
  assert.equal(commit({ memberId: a, generation: 2 }), ErrorCode.REBALANCE_IN_PROGRESS);
  assert.equal(commit({ memberId: a, generation: 2, isTransactional: true }), ErrorCode.NONE);
});

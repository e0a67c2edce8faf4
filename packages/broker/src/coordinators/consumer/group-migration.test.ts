// Consumers move from the classic to the consumer protocol and back, one by one, in a group that keeps working.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorName } from '@klamm/protocol/error-codes';
import { ConsumerProtocolAssignment } from '@klamm/protocol/groups/assignment';
import { ConsumerProtocolSubscription } from '@klamm/protocol/groups/subscription';
import { encodeVersioned } from '@klamm/protocol/groups/versioned';
import { ClassicConsumer } from '../../testing/classic-consumer.ts';
import { Consumer } from '../../testing/consumer.ts';
import { TestTopics } from '../../testing/group-members.ts';
import { TestShard } from '../../testing/test-shard.ts';
import type { ConsumerGroupSettings } from './consumer-options.ts';

const COOPERATIVE = { protocols: ['cooperative-sticky', 'range'] };

/** Every member does the next thing it would do, over and over. */
function settle(
  shard: TestShard,
  classics: readonly ClassicConsumer[],
  consumers: readonly Consumer[],
): void {
  for (let round = 0; round < 8; round++) {
    for (const consumer of consumers) consumer.heartbeat(shard.groupOf('g'), false);
    for (const classic of classics) {
      classic.step();
      assertOneOwnerEach(classics, consumers);
    }
  }
}

function assertOneOwnerEach(classics: readonly ClassicConsumer[], consumers: readonly Consumer[]): void {
  const all = [...classics, ...consumers].flatMap(({ owned }) => [...owned]);
  assert.equal(new Set(all).size, all.length, `one owner each of ${all.sort()}`);
}

const owns = (members: readonly { readonly owned: ReadonlySet<string> }[]) =>
  members.map(({ owned }) => owned.size);

function classicGroup(
  options: readonly ConstructorParameters<typeof ClassicConsumer>[2][],
  settings: Partial<ConsumerGroupSettings> = {},
): { shard: TestShard; classics: ClassicConsumer[] } {
  const shard = new TestShard(new TestTopics({ t: 6 }), settings);
  const classics = options.map((each) => new ClassicConsumer(shard, 'g', each));
  settle(shard, classics, []);
  assert.equal(shard.shard.typeOf('g'), 'classic');
  return { shard, classics };
}

for (const [kind, options] of [
  ['eager', {}],
  ['cooperative', COOPERATIVE],
] as const) {
  test(`the first consumer to speak the new protocol takes its share from ${kind} classic ones, which stay members`, () => {
    const { shard, classics } = classicGroup([options, options]);
    assert.deepEqual(owns(classics), [3, 3]);
    const generations = classics.map(({ generation }) => generation);
    const ids = classics.map(({ memberId }) => memberId);

    const consumer = new Consumer('new', null);
    consumer.heartbeat(shard.groupOf('g'), false);
    assert.equal(shard.shard.typeOf('g'), 'consumer');
    assert.deepEqual([...consumer.owned], [], 'nothing before the others have given it back');
    assert.ok(generations.every((generation) => generation < consumer.epoch));
    classics[0]?.heartbeat();
    assert.equal(errorName(classics[0]?.lastError ?? 0), 'REBALANCE_IN_PROGRESS');

    settle(shard, classics, [consumer]);
    assert.deepEqual(owns([...classics, consumer]), [2, 2, 2]);
    assert.deepEqual(
      classics.map(({ memberId }) => memberId),
      ids,
      'nobody had to start anew',
    );
  });

  test(`when the last consumer that speaks the new protocol leaves, ${kind} classic ones go on as a classic group`, () => {
    const { shard, classics } = classicGroup([options, options]);
    const consumer = new Consumer('new', null);
    settle(shard, classics, [consumer]);
    const { epoch } = consumer;
    consumer.leave(shard.groupOf('g'));
    assert.equal(shard.shard.typeOf('g'), 'classic');
    settle(shard, classics, []);
    assert.deepEqual(owns(classics), [3, 3]);
    assert.ok(classics.every(({ generation }) => generation > epoch));
    shard.restart();
    settle(shard, classics, []);
    assert.deepEqual(owns(classics), [3, 3]);
  });
}

test('a group that moves over, back and over again at once gives nothing to another that a classic consumer still has', () => {
  const { shard, classics } = classicGroup([{}]);
  const first = new Consumer('first', null);
  const second = new Consumer('second', null);
  first.heartbeat(shard.groupOf('g'), false);
  first.leave(shard.groupOf('g'));
  second.heartbeat(shard.groupOf('g'), false);
  assert.equal(shard.shard.typeOf('g'), 'consumer');
  assert.deepEqual(owns([...classics, second]), [6, 0]);
  settle(shard, classics, [second]);
  assert.deepEqual(owns([...classics, second]), [3, 3]);
});

test('what cooperative classic consumers keep through rebalances that come one on the other is theirs when the group moves over', () => {
  const { shard, classics } = classicGroup([COOPERATIVE]);
  const [holder] = classics;
  const metadata = encodeVersioned(ConsumerProtocolSubscription, {
    topics: ['t'],
    userData: null,
    ownedPartitions: [{ topic: 't', partitions: [0, 1, 2, 3, 4, 5] }],
  });
  const join = (memberId: string): string => {
    let given = memberId;
    const request = {
      groupId: 'g',
      groupInstanceId: null,
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 60_000,
      reason: null,
    };
    const said =
      memberId === holder?.memberId ? metadata : Buffer.from('000100000000ffffffff00000000', 'hex');
    const protocols = [{ name: 'cooperative-sticky', metadata: said }];
    shard.join({ ...request, memberId, protocolType: 'consumer', protocols }, (answer) => {
      given ||= answer.memberId ?? '';
    });
    return given;
  };
  join(join(''));
  join(holder?.memberId ?? '');
  // Nobody has synced yet when the next one comes, and takes all assignments back.
  join(join(''));
  const consumer = new Consumer('new', null);
  consumer.heartbeat(shard.groupOf('g'), false);
  assert.equal(shard.shard.typeOf('g'), 'consumer');
  assert.deepEqual([...consumer.owned], []);
});

test('a group moves over and back again member by member, the broker dying in between', () => {
  const { shard, classics } = classicGroup([COOPERATIVE, {}, COOPERATIVE]);
  const consumers: Consumer[] = [];
  for (const isCompacted of [false, true, false]) {
    classics.pop()?.leave();
    consumers.push(new Consumer(`new-${consumers.length}`, null));
    settle(shard, classics, consumers);
    shard.restart(isCompacted);
    settle(shard, classics, consumers);
    assert.deepEqual(owns([...classics, ...consumers]), [2, 2, 2]);
  }
  for (let i = 0; i < 3; i++) {
    consumers.pop()?.leave(shard.groupOf('g'));
    classics.push(new ClassicConsumer(shard, 'g'));
    settle(shard, classics, consumers);
    shard.restart(i === 1);
    settle(shard, classics, consumers);
    assert.deepEqual(owns([...classics, ...consumers]), [2, 2, 2]);
  }
  assert.equal(shard.shard.typeOf('g'), 'classic');
});

test('the last consumer of the new protocol that dies, and not only one that leaves, makes the group a classic one', () => {
  const { shard, classics } = classicGroup([{}]);
  const consumer = new Consumer('new', null);
  settle(shard, classics, [consumer]);
  for (let ms = 0; ms <= 45_000; ms += 5_000) {
    shard.pass(5_000);
    for (const classic of classics) classic.step();
  }
  assert.equal(shard.shard.typeOf('g'), 'classic');
  settle(shard, classics, []);
  assert.deepEqual(owns(classics), [6]);
});

const POLICIES: readonly (readonly [
  policy: string,
  upgrades: boolean,
  downgrades: boolean,
  admits: boolean,
])[] = [
  ['bidirectional', true, true, true],
  ['upgrade', true, false, true],
  ['downgrade', false, true, true],
  ['disabled', false, false, false],
];
for (const [migrationPolicy, upgrades, downgrades, admits] of POLICIES) {
  test(`the migration policy ${migrationPolicy} is kept to`, () => {
    const { shard, classics } = classicGroup([{}], { migrationPolicy });
    const answer = shard.groupOf('g').heartbeat({
      memberId: 'new',
      rebalanceTimeoutMs: 60_000,
      subscribedTopicNames: ['t'],
      topicPartitions: [],
    });
    assert.equal(errorName(answer.errorCode), upgrades ? 'NONE' : 'GROUP_ID_NOT_FOUND');
    assert.equal(shard.shard.typeOf('g'), upgrades ? 'consumer' : 'classic');
    settle(shard, classics, []);

    const consumer = new Consumer('other', null);
    const classic = new ClassicConsumer(shard, 'h');
    consumer.heartbeat(shard.groupOf('h'), false);
    classic.step();
    classic.step();
    assert.equal(errorName(classic.lastError), admits ? 'NONE' : 'INCONSISTENT_GROUP_PROTOCOL');
    consumer.leave(shard.groupOf('h'));
    assert.equal(shard.shard.typeOf('h'), admits && downgrades ? 'classic' : 'consumer');
  });
}

test('without a way back, classic consumers left alone in a consumer group still share its partitions', () => {
  const { shard, classics } = classicGroup([{}, COOPERATIVE], { migrationPolicy: 'upgrade' });
  const consumer = new Consumer('new', null);
  settle(shard, classics, [consumer]);
  consumer.leave(shard.groupOf('g'));
  settle(shard, classics, []);
  assert.equal(shard.shard.typeOf('g'), 'consumer');
  assert.deepEqual(owns(classics), [3, 3]);
});

const JOIN = {
  memberId: 'new',
  rebalanceTimeoutMs: 60_000,
  subscribedTopicNames: ['t'],
  topicPartitions: [],
};
const REFUSED = [
  ['GROUP_MAX_SIZE_REACHED', { maxSize: 2 }, {}],
  ['GROUP_ID_NOT_FOUND', { maxSize: 1 }, {}],
  ['INVALID_REGULAR_EXPRESSION', {}, { subscribedTopicRegex: '(' }],
  ['INVALID_REQUEST', {}, { topicPartitions: null }],
  ['GROUP_ID_NOT_FOUND', {}, { memberEpoch: 3 }],
] as const;
for (const [error, settings, fields] of REFUSED) {
  test(`a consumer that is refused (${error}) leaves the classic group as it was`, () => {
    const { shard, classics } = classicGroup([{}, {}], settings);
    const before = shard.log.length;
    assert.equal(errorName(shard.groupOf('g').heartbeat({ ...JOIN, ...fields }).errorCode), error);
    assert.deepEqual([shard.shard.typeOf('g'), shard.log.length], ['classic', before]);
    settle(shard, classics, []);
    assert.deepEqual(owns(classics), [3, 3]);
  });
}

test('a classic group of no consumers, or whose assignor has bytes of its own, stays a classic group', () => {
  const shard = new TestShard(new TestTopics({ t: 2 }));
  for (const [groupId, protocolType, userData] of [
    ['connect', 'connect', null],
    ['own', 'consumer', Buffer.from('x')],
    ['broken', 'consumer', null],
  ] as const) {
    const metadata =
      groupId === 'broken' ? Buffer.from([9]) : Buffer.from('000100000000ffffffff00000000', 'hex');
    const request = {
      groupId,
      groupInstanceId: null,
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 10_000,
      protocolType,
      protocols: [{ name: 'p', metadata }],
      reason: null,
    };
    let memberId = '';
    shard.join({ ...request, memberId }, (answer) => {
      memberId = answer.memberId ?? '';
    });
    shard.join({ ...request, memberId }, () => {});
    const assignment = encodeVersioned(ConsumerProtocolAssignment, { assignedPartitions: [], userData });
    const sync = {
      groupId,
      memberId,
      groupInstanceId: null,
      generationId: 1,
      protocolType: null,
      protocolName: null,
    };
    shard.sync({ ...sync, assignments: [{ memberId, assignment }] }, () => {});
    const joining = {
      memberId: 'new',
      rebalanceTimeoutMs: 1,
      subscribedTopicNames: ['t'],
      topicPartitions: [],
    };
    const answer = shard.groupOf(groupId).heartbeat(joining);
    assert.equal(errorName(answer.errorCode), 'GROUP_ID_NOT_FOUND');
    assert.match(answer.errorMessage ?? '', new RegExp(groupId));
    assert.equal(shard.shard.typeOf(groupId), 'classic');
  }
});

test('a classic static consumer that comes back speaking the new protocol takes over what it had', () => {
  const { shard, classics } = classicGroup([{ instanceId: 'i' }, {}]);
  const consumer = new Consumer('new', 'i');
  consumer.heartbeat(shard.groupOf('g'), false);
  assert.equal(consumer.owned.size, 3);
  classics[0]?.heartbeat();
  assert.equal(errorName(classics[0]?.lastError ?? 0), 'FENCED_INSTANCE_ID');
  classics[0]?.lose();
  settle(shard, classics.slice(1), [consumer]);
  assert.deepEqual(owns([...classics, consumer]), [0, 3, 3]);
});

test('when the last static consumer of the new protocol comes back speaking the classic one, the group is a classic one', () => {
  const { shard, classics } = classicGroup([{}]);
  const consumer = new Consumer('new', 'i');
  settle(shard, classics, [consumer]);
  const had = consumer.owned;
  consumer.lose();
  const back = new ClassicConsumer(shard, 'g', { instanceId: 'i' });
  back.step();
  assert.equal(shard.shard.typeOf('g'), 'classic');
  assert.deepEqual(back.owned, had);
  settle(shard, [...classics, back], []);
  assert.deepEqual(owns([...classics, back]), [3, 3]);
});

test('a classic consumer in a consumer group is refused as in a classic one', () => {
  const { shard, classics } = classicGroup([{}]);
  const consumer = new Consumer('new', 's');
  settle(shard, classics, [consumer]);
  const [classic] = classics;
  const { memberId = '', generation: generationId = 0 } = classic ?? {};
  const heartbeat = (fields: object) => {
    let code = 0;
    const request = { groupId: 'g', memberId, groupInstanceId: null, generationId, ...fields };
    shard.heartbeat(request, ({ errorCode = 0 }) => {
      code = errorCode;
    });
    return errorName(code);
  };
  assert.equal(heartbeat({}), 'NONE');
  assert.equal(heartbeat({ generationId: generationId - 1 }), 'ILLEGAL_GENERATION');
  assert.equal(heartbeat({ memberId: 'x' }), 'UNKNOWN_MEMBER_ID');
  assert.equal(heartbeat({ memberId: 'new' }), 'UNKNOWN_MEMBER_ID');
  assert.equal(heartbeat({ groupInstanceId: 's' }), 'FENCED_INSTANCE_ID');
  assert.equal(heartbeat({ groupInstanceId: 'y' }), 'UNKNOWN_MEMBER_ID');
  const sync = (fields: object) => {
    let code = 0;
    const request = {
      groupId: 'g',
      memberId,
      groupInstanceId: null,
      generationId,
      protocolType: 'consumer',
      protocolName: 'range',
      assignments: [],
    };
    shard.sync({ ...request, ...fields }, ({ errorCode = 0 }) => {
      code = errorCode;
    });
    return errorName(code);
  };
  assert.equal(sync({}), 'NONE');
  assert.equal(sync({ generationId: generationId + 1 }), 'ILLEGAL_GENERATION');
  assert.equal(sync({ memberId: 'new' }), 'UNKNOWN_MEMBER_ID');
  assert.equal(sync({ protocolType: 'connect' }), 'INCONSISTENT_GROUP_PROTOCOL');
  assert.equal(sync({ protocolName: 'sticky' }), 'INCONSISTENT_GROUP_PROTOCOL');
  new Consumer('another', null).heartbeat(shard.groupOf('g'), false);
  assert.equal(sync({}), 'REBALANCE_IN_PROGRESS');

  const stranger = new ClassicConsumer(shard, 'g', { protocols: ['roundrobin'] });
  stranger.step();
  assert.equal(errorName(stranger.lastError), 'INCONSISTENT_GROUP_PROTOCOL');
});

test('a classic consumer that does not join or sync in time is put out of the consumer group', () => {
  const { shard, classics } = classicGroup([{}, {}]);
  const consumer = new Consumer('new', null);
  consumer.heartbeat(shard.groupOf('g'), false);
  for (let ms = 0; ms < 60_000; ms += 5_000) {
    shard.pass(5_000);
    consumer.heartbeat(shard.groupOf('g'), false);
    classics[0]?.step();
    // The other one sends heartbeats, but never joins.
    classics[1]?.heartbeat();
  }
  shard.pass(5_000);
  settle(shard, classics.slice(0, 1), [consumer]);
  assert.deepEqual(owns([...classics.slice(0, 1), consumer]), [3, 3]);
});

test('a cooperative classic consumer that was put out is not taken in again while it holds on to partitions', () => {
  const { shard, classics } = classicGroup([COOPERATIVE, COOPERATIVE]);
  const consumer = new Consumer('new', null);
  settle(shard, classics, [consumer]);
  const [awake, asleep] = classics as [ClassicConsumer, ClassicConsumer];
  assert.equal(asleep.owned.size, 2);
  for (let ms = 0; ms < 15_000; ms += 1_000) {
    shard.pass(1_000);
    consumer.heartbeat(shard.groupOf('g'), false);
    awake.step();
  }
  // Others have read on in its partitions: what it would commit of them as a member would set the group back.
  asleep.join();
  assert.equal(errorName(asleep.lastError), 'UNKNOWN_MEMBER_ID');
  assert.equal(asleep.owned.size, 0, 'it has lost them');
  settle(shard, [awake, asleep], [consumer]);
  assert.deepEqual(owns([awake, asleep, consumer]), [2, 2, 2]);
});

test('members of both protocols that go at once do not keep the group from becoming a classic one', () => {
  const { shard, classics } = classicGroup([{}, {}]);
  const consumer = new Consumer('new', null);
  settle(shard, classics, [consumer]);
  const members = ['new', classics[1]?.memberId ?? ''].map((memberId) => ({
    memberId,
    groupInstanceId: null,
    reason: null,
  }));
  shard.leave({ groupId: 'g', memberId: '', members });
  assert.equal(shard.shard.typeOf('g'), 'classic');
  settle(shard, classics.slice(0, 1), []);
  assert.deepEqual(owns(classics.slice(0, 1)), [6]);
});

test('an admin takes out members of either protocol with LeaveGroup, static ones by their instance id', () => {
  const { shard, classics } = classicGroup([{}]);
  const consumer = new Consumer('new', null);
  const fixed = new Consumer('fixed', 'i');
  settle(shard, classics, [consumer, fixed]);
  const members = [
    { memberId: 'new', groupInstanceId: null, reason: null },
    { memberId: '', groupInstanceId: 'i', reason: null },
    { memberId: 'x', groupInstanceId: null, reason: null },
    { memberId: 'x', groupInstanceId: 'i', reason: null },
  ];
  const answer = shard.leave({ groupId: 'g', memberId: '', members });
  assert.deepEqual(
    answer.members?.map(({ errorCode = 0 }) => errorName(errorCode)),
    ['NONE', 'NONE', 'UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID'],
  );
  assert.equal(shard.shard.typeOf('g'), 'classic', 'only a classic member stays');
});

// A member of the classic protocol against a coordinator that says what the test wants.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JoinGroup } from '@klamm/protocol/api/11-join-group';
import { Heartbeat } from '@klamm/protocol/api/12-heartbeat';
import { LeaveGroup } from '@klamm/protocol/api/13-leave-group';
import { SyncGroup } from '@klamm/protocol/api/14-sync-group';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { ConsumerProtocolAssignment } from '@klamm/protocol/groups/assignment';
import { rangeAssignor } from '@klamm/protocol/groups/assignors/range';
import { cooperativeStickyAssignor } from '@klamm/protocol/groups/assignors/sticky';
import { ConsumerProtocolSubscription } from '@klamm/protocol/groups/subscription';
import { decodeVersioned, encodeVersioned } from '@klamm/protocol/groups/versioned';
import type { Decoded, Encodable } from '@klamm/protocol/schema/fields';
import { HANG_UP, SILENCE } from '../../network/scripted-broker.ts';
import type { MembershipOptions } from './membership.ts';
import { startMember } from './testing/recorder.ts';
import { type ScriptedGroup, startScriptedGroup } from './testing/scripted-group.ts';

type JoinRequest = Decoded<(typeof JoinGroup)['request']['fields']>;
type JoinResponse = Encodable<(typeof JoinGroup)['response']['fields']>;
type SyncRequest = Decoded<(typeof SyncGroup)['request']['fields']>;

const FAST = { retryBackOff: { firstMs: 1, mostMs: 5 } };
const CLASSIC = { protocol: 'classic', heartbeatIntervalMs: 5 } as const;
const EAGER = { ...CLASSIC, assignors: [rangeAssignor] };
const COOPERATIVE = { ...CLASSIC, assignors: [cooperativeStickyAssignor] };

/** A follower's group: it takes the member in as `m`, generation by generation, and assigns what `assigns` says. */
class Group {
  readonly joins: JoinRequest[] = [];
  readonly syncs: SyncRequest[] = [];
  beats = 0;
  generation = 0;
  assigns: readonly number[] = [0, 1];
  /** Code of the next answers to each kind of request, in turn; then 0. */
  readonly codes: { join: number[]; sync: number[]; beat: number[] } = { join: [], sync: [], beat: [] };
  readonly broker: ScriptedGroup;
  /** The group's other member leads, unless a test says otherwise. */
  leads: (request: JoinRequest) => JoinResponse = () => ({ leader: 'other' });
  readonly leaves: string[] = [];

  constructor(broker: ScriptedGroup) {
    this.broker = broker;
    broker.on(JoinGroup, (request) => {
      this.joins.push(request);
      const errorCode = this.codes.join.shift() ?? 0;
      if (request.memberId === '' && request.groupInstanceId === null && errorCode === 0) {
        return { errorCode: ErrorCode.MEMBER_ID_REQUIRED, memberId: `m${this.joins.length}` };
      }
      if (errorCode !== 0) return { errorCode };
      this.generation++;
      const memberId = request.memberId === '' ? 'static' : request.memberId;
      const protocolName = request.protocols[0]?.name ?? '';
      return { generationId: this.generation, protocolName, memberId, ...this.leads(request) };
    });
    broker.on(SyncGroup, (request) => {
      this.syncs.push(request);
      const errorCode = this.codes.sync.shift() ?? 0;
      const assignedPartitions = this.assigns.length === 0 ? [] : [{ topic: 't', partitions: this.assigns }];
      return { errorCode, assignment: encodeVersioned(ConsumerProtocolAssignment, { assignedPartitions }) };
    });
    broker.on(Heartbeat, () => {
      this.beats++;
      return { errorCode: this.codes.beat.shift() ?? 0 };
    });
    broker.on(LeaveGroup, ({ members }) => {
      this.leaves.push(...members.map(({ memberId, reason }) => `${memberId}: ${reason}`));
      return {};
    });
  }

  start(options: Partial<MembershipOptions>) {
    return startMember({ brokers: this.broker.bootstrap, ...FAST }, options);
  }
}

function subscriptionIn(request: JoinRequest | undefined) {
  return decodeVersioned(ConsumerProtocolSubscription, request?.protocols[0]?.metadata ?? Buffer.alloc(0));
}

test('it joins again with the id it is given, syncs, sends heartbeats, and leaves with a reason', async () => {
  await using broker = await startScriptedGroup();
  const group = new Group(broker);
  const member = group.start({ ...EAGER, rackId: 'r', sessionTimeoutMs: 9000, rebalanceTimeoutMs: 7000 });
  await member.holds(2);
  const [first, second] = group.joins;
  assert.deepEqual([first?.memberId, second?.memberId], ['', 'm1']);
  assert.deepEqual([second?.sessionTimeoutMs, second?.rebalanceTimeoutMs], [9000, 7000]);
  assert.deepEqual([subscriptionIn(second).topics, subscriptionIn(second).rackId], [['t'], 'r']);
  assert.deepEqual(group.syncs[0]?.assignments, []);
  assert.deepEqual([member.membership.memberId, member.membership.generation], ['m1', 1]);
  await member.until(() => group.beats > 2);
  await member.membership.leave();
  assert.deepEqual(member.calls, ['assigned t-0 t-1', 'revoked t-0 t-1']);
  assert.deepEqual(group.leaves, ['m1: this consumer is closed']);
});

test('an eager member gives everything back before it joins, and heartbeats go on until then', async () => {
  await using broker = await startScriptedGroup();
  const group = new Group(broker);
  const member = group.start(EAGER);
  await member.holds(2);
  let joinsBefore = 0;
  member.onRevoked = async () => {
    const { beats } = group;
    await member.until(() => group.beats > beats + 3);
    joinsBefore = group.joins.length;
  };
  group.assigns = [1];
  group.codes.beat.push(ErrorCode.REBALANCE_IN_PROGRESS);
  await member.until(() => member.membership.generation === 2 && member.held.size === 1);
  assert.equal(joinsBefore, 2, 'it joined before it had given everything back');
  assert.deepEqual(member.calls, ['assigned t-0 t-1', 'revoked t-0 t-1', 'assigned t-1']);
  assert.deepEqual(subscriptionIn(group.joins.at(-1)).ownedPartitions, []);
  member.onRevoked = async () => {};
  await member.membership.leave();
});

test('a cooperative member keeps what it has, gives back only what goes, and joins again at once', async () => {
  await using broker = await startScriptedGroup();
  const group = new Group(broker);
  const member = group.start(COOPERATIVE);
  await member.holds(2);
  group.assigns = [1, 3];
  group.codes.beat.push(ErrorCode.REBALANCE_IN_PROGRESS);
  await member.until(() => member.membership.generation === 3 && member.calls.length === 4);
  assert.deepEqual(member.calls, ['assigned t-0 t-1', 'revoked t-0', 'assigned t-3', 'assigned']);
  const [second, third] = group.joins.slice(2).map(subscriptionIn);
  assert.deepEqual(second?.ownedPartitions, [{ topic: 't', partitions: [0, 1] }]);
  assert.deepEqual([second?.generationId, third?.generationId], [1, 2]);
  assert.deepEqual(third?.ownedPartitions, [{ topic: 't', partitions: [1, 3] }]);
  assert.match(group.joins.at(-1)?.reason ?? '', /given 1 partitions back/);
  await member.membership.leave();
});

test('a round that another overtakes is begun again at once, and nothing is lost', async () => {
  await using broker = await startScriptedGroup();
  const group = new Group(broker);
  const member = group.start(COOPERATIVE);
  await member.holds(2);
  group.codes.sync.push(ErrorCode.REBALANCE_IN_PROGRESS, ErrorCode.REBALANCE_IN_PROGRESS);
  group.codes.beat.push(ErrorCode.REBALANCE_IN_PROGRESS);
  await member.until(() => member.membership.generation === 4 && member.calls.length === 2);
  assert.deepEqual(member.calls, ['assigned t-0 t-1', 'assigned']);
  assert.ok(!member.log.some((line) => line.startsWith('error')));
  await member.membership.leave();
});

for (const [name, memberId] of [
  ['UNKNOWN_MEMBER_ID', ''],
  ['ILLEGAL_GENERATION', 'm1'],
] as const) {
  for (const at of ['beat', 'join', 'sync'] as const) {
    test(`${name} to a ${at}: what it had is lost, and it joins as "${memberId}"`, async () => {
      await using broker = await startScriptedGroup();
      const group = new Group(broker);
      const member = group.start(COOPERATIVE);
      await member.holds(2);
      const { length } = group.joins;
      group.codes[at].push(ErrorCode[name]);
      if (at !== 'beat') group.codes.beat.push(ErrorCode.REBALANCE_IN_PROGRESS);
      await member.until(() => member.calls.length === 3);
      assert.deepEqual(member.calls, ['assigned t-0 t-1', 'lost t-0 t-1', 'assigned t-0 t-1']);
      const again = group.joins[length + (at === 'beat' ? 0 : 1)];
      assert.equal(again?.memberId, memberId);
      assert.deepEqual([subscriptionIn(again).ownedPartitions, subscriptionIn(again).generationId], [[], -1]);
      assert.ok(member.log.includes('fenced'));
      await member.membership.leave();
    });
  }
}

test('it outlives a broker that hangs up, moves or loads: it keeps its id and its partitions', async () => {
  await using broker = await startScriptedGroup();
  const group = new Group(broker);
  const member = group.start(COOPERATIVE);
  await member.holds(2);
  const { NOT_COORDINATOR, COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE } = ErrorCode;
  broker.hangUp();
  group.codes.beat.push(NOT_COORDINATOR, COORDINATOR_LOAD_IN_PROGRESS, ErrorCode.REBALANCE_IN_PROGRESS);
  group.codes.join.push(COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR, COORDINATOR_LOAD_IN_PROGRESS);
  group.codes.sync.push(NOT_COORDINATOR);
  await member.until(() => member.calls.length === 2);
  assert.deepEqual(member.calls, ['assigned t-0 t-1', 'assigned']);
  assert.ok(group.joins.slice(1).every(({ memberId }) => memberId === 'm1'));
  assert.ok(member.log.includes('error NOT_COORDINATOR'));
  await member.membership.leave();
});

test('a connection that is lost while the group assembles costs neither the id nor the partitions', async () => {
  await using broker = await startScriptedGroup();
  const group = new Group(broker);
  const member = group.start(COOPERATIVE);
  await member.holds(2);
  const joins: JoinRequest[] = [];
  broker.on(JoinGroup, (request) => {
    joins.push(request);
    if (joins.length === 1) return HANG_UP;
    return {
      generationId: 9,
      protocolName: 'cooperative-sticky',
      memberId: request.memberId,
      leader: 'other',
    };
  });
  group.codes.beat.push(ErrorCode.REBALANCE_IN_PROGRESS);
  await member.until(() => member.membership.generation === 9 && member.calls.length === 2);
  assert.deepEqual(
    joins.map(({ memberId }) => memberId),
    ['m1', 'm1'],
  );
  await member.membership.leave();
});

for (const name of [
  'GROUP_AUTHORIZATION_FAILED',
  'GROUP_MAX_SIZE_REACHED',
  'INCONSISTENT_GROUP_PROTOCOL',
  'INVALID_SESSION_TIMEOUT',
  'INVALID_GROUP_ID',
  'FENCED_INSTANCE_ID',
] as const) {
  for (const at of ['join', 'sync', 'beat'] as const) {
    test(`${name} to a ${at} ends the membership`, async () => {
      await using broker = await startScriptedGroup();
      const group = new Group(broker);
      group.codes[at].push(ErrorCode[name]);
      const member = group.start(COOPERATIVE);
      await member.until(() => member.failure !== undefined);
      assert.equal(member.failure?.code, name);
      assert.equal(member.calls.at(-1), `failed ${name}`);
      assert.equal(member.held.size, 0);
    });
  }
}

test('a member that is closed while it is given its id gives that back, and joins no more', async () => {
  await using broker = await startScriptedGroup();
  const group = new Group(broker);
  let answer = (): void => {};
  const joins: string[] = [];
  broker.on(JoinGroup, async ({ memberId }) => {
    joins.push(memberId);
    await new Promise<void>((resolve) => {
      answer = resolve;
    });
    return { errorCode: ErrorCode.MEMBER_ID_REQUIRED, memberId: 'late' };
  });
  const member = group.start(EAGER);
  await member.until(() => joins.length === 1);
  const left = member.membership.leave();
  answer();
  await left;
  assert.deepEqual([joins, group.leaves], [[''], ['late: this consumer is closed']]);
});

test('a member that is suspended while the group assembles leaves nothing behind that goes on with it', async () => {
  await using broker = await startScriptedGroup();
  const group = new Group(broker);
  const member = group.start(COOPERATIVE);
  await member.holds(2);
  let answer = (): void => {};
  let joins = 0;
  broker.on(JoinGroup, async (request) => {
    joins++;
    if (joins === 1) {
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
    }
    return {
      generationId: 5,
      protocolName: 'cooperative-sticky',
      memberId: request.memberId,
      leader: 'other',
    };
  });
  group.codes.beat.push(ErrorCode.REBALANCE_IN_PROGRESS);
  await member.until(() => joins === 1);
  await member.membership.suspend('the test says so');
  const syncs = group.syncs.length;
  answer();
  member.membership.resume();
  await member.until(() => member.membership.generation === 5 && member.held.size === 2);
  assert.equal(group.syncs.length, syncs + 1);
  assert.deepEqual([joins, member.calls], [2, ['assigned t-0 t-1', 'lost t-0 t-1', 'assigned t-0 t-1']]);
  await member.membership.leave();
});

test('heartbeats go on while the group waits for its leader', async () => {
  await using broker = await startScriptedGroup();
  const group = new Group(broker);
  broker.on(SyncGroup, () => SILENCE);
  const member = group.start(EAGER);
  await member.until(() => group.beats > 3);
  await member.membership.leave();
  assert.deepEqual(group.leaves.length, 1);
});

test('a static member joins by its name, and keeps its place in the group when it closes', async () => {
  await using broker = await startScriptedGroup();
  const group = new Group(broker);
  const member = group.start({ ...EAGER, instanceId: 'i' });
  await member.holds(2);
  assert.deepEqual(
    group.joins.map(({ memberId, groupInstanceId }) => [memberId, groupInstanceId]),
    [['', 'i']],
  );
  await member.membership.leave();
  assert.deepEqual(group.leaves, []);
});

/** Makes the member lead a group of itself and one more that wants `topics` too. */
function lead(group: Group, topics: readonly string[], skipAssignment = false): void {
  group.leads = ({ memberId, protocols }) => {
    const id = memberId === '' ? 'static' : memberId;
    const other = encodeVersioned(ConsumerProtocolSubscription, { topics });
    const mine = protocols[0]?.metadata ?? Buffer.alloc(0);
    return {
      leader: id,
      skipAssignment,
      members: [
        { memberId: id, metadata: mine },
        { memberId: 'zz', metadata: other },
      ],
    };
  };
}

function sharesIn(request: SyncRequest | undefined): string[] {
  return (request?.assignments ?? []).map(({ memberId, assignment }) => {
    const { assignedPartitions } = decodeVersioned(ConsumerProtocolAssignment, assignment);
    return [memberId, ...assignedPartitions.map(({ topic, partitions }) => `${topic}:${partitions}`)].join(
      ' ',
    );
  });
}

test('the leader shares out what the members want and is there, and asks for a rebalance when that changes', async () => {
  await using broker = await startScriptedGroup();
  const group = new Group(broker);
  lead(group, ['t', 'later']);
  const member = startMember({ brokers: broker.bootstrap, ...FAST, metadataMaxAgeMs: 1 }, EAGER);
  await member.holds(2);
  assert.deepEqual(sharesIn(group.syncs[0]), ['m1 t:0,1', 'zz t:2,3']);
  broker.topics.set('later', 2);
  await member.until(() => group.syncs.length === 2);
  assert.deepEqual(sharesIn(group.syncs[1]), ['m1 t:0,1', 'zz later:0,1 t:2,3']);
  assert.match(group.joins.at(-1)?.reason ?? '', /the topic "later" is there now/);
  broker.topics.set('t', 6);
  await member.until(() => group.syncs.length === 3);
  assert.match(group.joins.at(-1)?.reason ?? '', /the topic "t" has 6 partitions now, 4 before/);
  broker.topics.delete('later');
  await member.until(() => group.syncs.length === 4);
  assert.match(group.joins.at(-1)?.reason ?? '', /the topic "later" is gone/);
  await member.membership.leave();
});

test('a leader that is to skip the assignment sends none, and watches the topics all the same', async () => {
  await using broker = await startScriptedGroup();
  const group = new Group(broker);
  lead(group, ['t'], true);
  const kafka = { brokers: broker.bootstrap, ...FAST, metadataMaxAgeMs: 1 };
  const member = startMember(kafka, { ...EAGER, instanceId: 'i' });
  await member.holds(2);
  assert.deepEqual(sharesIn(group.syncs[0]), []);
  broker.topics.set('t', 5);
  await member.until(() => group.joins.length === 2);
  await member.membership.leave();
});

test('a pattern is matched here against whole names, and again when topics come', async () => {
  await using broker = await startScriptedGroup();
  const group = new Group(broker);
  broker.topics.set('tt', 1);
  const kafka = { brokers: broker.bootstrap, ...FAST, metadataMaxAgeMs: 1 };
  const member = startMember(kafka, { ...COOPERATIVE, topics: /t|T.*/ });
  await member.holds(2);
  assert.deepEqual(subscriptionIn(group.joins[0]).topics, ['t']);
  broker.topics.set('Two', 1);
  await member.until(() => member.membership.generation === 2);
  assert.deepEqual(subscriptionIn(group.joins.at(-1)).topics, ['Two', 't']);
  await member.membership.leave();
});

test('a changed subscription is joined with, and what it does not want any more is given back before', async () => {
  await using broker = await startScriptedGroup();
  const group = new Group(broker);
  const member = group.start(COOPERATIVE);
  await member.holds(2);
  group.assigns = [];
  member.membership.subscribe(['u']);
  await member.until(() => member.membership.generation === 2);
  assert.deepEqual(member.calls.slice(0, 2), ['assigned t-0 t-1', 'revoked t-0 t-1']);
  assert.deepEqual(subscriptionIn(group.joins.at(-1)).topics, ['u']);
  assert.deepEqual(subscriptionIn(group.joins.at(-1)).ownedPartitions, []);
  await member.membership.leave();
});

test("an assignor's mistake ends the membership, and says whose it is", async () => {
  await using broker = await startScriptedGroup();
  const group = new Group(broker);
  lead(group, []);
  const assign = () => {
    throw new Error('not today');
  };
  const member = group.start({ ...EAGER, assignors: [{ name: 'mine', protocol: 'eager', assign }] });
  await member.until(() => member.failure !== undefined);
  assert.match(member.failure?.message ?? '', /The assignor "mine" failed: not today/);
  await member.until(() => group.leaves.length === 1);
});

test('an owner that is slow to give partitions back is waited for no longer than the rebalance timeout', async () => {
  await using broker = await startScriptedGroup();
  const group = new Group(broker);
  const member = group.start({ ...EAGER, rebalanceTimeoutMs: 20 });
  await member.holds(2);
  let finish = (): void => {};
  member.onRevoked = () =>
    new Promise((resolve) => {
      finish = resolve;
    });
  group.codes.beat.push(ErrorCode.REBALANCE_IN_PROGRESS);
  await member.until(() => member.membership.generation === 2);
  assert.ok(
    member.events.some(({ reason }) => reason.includes('longer than the rebalance timeout of 20 ms')),
  );
  assert.deepEqual(member.calls, ['assigned t-0 t-1', 'revoked t-0 t-1'], 'no call overtakes another');
  member.onRevoked = async () => {};
  finish();
  await member.until(() => member.calls.length === 3);
  await member.membership.leave();
});

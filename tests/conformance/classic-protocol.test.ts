// The classic group protocol byte by byte, by a client that does nothing by itself: every version, what members wait
// for, and every way to be refused. The same against Apache Kafka, by KLAMM_TEST_BOOTSTRAP.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, afterEach, before, suite, test } from 'node:test';
import { RawClient } from '@klamm/broker/testing/raw-client';
import { OffsetCommit } from '@klamm/protocol/api/08-offset-commit';
import { FindCoordinator } from '@klamm/protocol/api/10-find-coordinator';
import { JoinGroup } from '@klamm/protocol/api/11-join-group';
import { Heartbeat } from '@klamm/protocol/api/12-heartbeat';
import { LeaveGroup } from '@klamm/protocol/api/13-leave-group';
import { SyncGroup } from '@klamm/protocol/api/14-sync-group';
import { DescribeGroups } from '@klamm/protocol/api/15-describe-groups';
import { CreateTopics } from '@klamm/protocol/api/19-create-topics';
import { ErrorCode, errorName } from '@klamm/protocol/error-codes';
import type { Encodable } from '@klamm/protocol/schema/fields';
import type { Broker } from '../peers/broker.ts';
import { startKlamm } from '../peers/klamm.ts';

type JoinFields = Partial<Encodable<(typeof JoinGroup)['request']['fields']>>;
type SyncFields = Partial<Encodable<(typeof SyncGroup)['request']['fields']>>;

/** What a member says of itself, and what it is given: bytes that the broker need not understand. */
const SAID = Buffer.from('what it says');

/** A member with a connection of its own; what is not said otherwise is of the newest version. */
class Member {
  readonly #client: RawClient;
  readonly #groupId: string;
  readonly instanceId: string | null;
  memberId = '';
  generation = -1;

  constructor(client: RawClient, groupId: string, instanceId: string | null) {
    this.#client = client;
    this.#groupId = groupId;
    this.instanceId = instanceId;
  }

  async join(fields: JoinFields = {}, version = 9) {
    const answer = await this.#client.request(JoinGroup, version, {
      groupId: this.#groupId,
      memberId: this.memberId,
      groupInstanceId: version >= 5 ? this.instanceId : null,
      sessionTimeoutMs: 30_000,
      rebalanceTimeoutMs: 30_000,
      protocolType: 'test',
      protocols: [{ name: 'first', metadata: SAID }],
      ...fields,
    });
    if (answer.memberId !== '') this.memberId = answer.memberId;
    if (answer.errorCode === ErrorCode.NONE) this.generation = answer.generationId;
    return answer;
  }

  /** Joins with the id that it is given first. */
  async joinTwice(fields: JoinFields = {}) {
    const { errorCode } = await this.join(fields);
    assert.equal(errorName(errorCode), 'MEMBER_ID_REQUIRED');
    return await this.join(fields);
  }

  /** @param given by member id; only a leader gives */
  async sync(given: Readonly<Record<string, string>> = {}, fields: SyncFields = {}, version = 5) {
    return await this.#client.request(SyncGroup, version, {
      groupId: this.#groupId,
      memberId: this.memberId,
      groupInstanceId: version >= 3 ? this.instanceId : null,
      generationId: this.generation,
      protocolType: 'test',
      protocolName: 'first',
      assignments: Object.entries(given).map(([memberId, share]) => ({
        memberId,
        assignment: Buffer.from(share),
      })),
      ...fields,
    });
  }

  async heartbeat(version = 4, generationId = this.generation): Promise<string> {
    const { errorCode } = await this.#client.request(Heartbeat, version, {
      groupId: this.#groupId,
      memberId: this.memberId,
      groupInstanceId: version >= 3 ? this.instanceId : null,
      generationId,
    });
    return errorName(errorCode);
  }

  async leave(version = 5, members = [{ memberId: this.memberId, groupInstanceId: this.instanceId }]) {
    const { memberId } = this;
    const request = { groupId: this.#groupId, ...(version < 3 ? { memberId } : { members }) };
    const answer = await this.#client.request(LeaveGroup, version, request);
    return [answer.errorCode, ...answer.members.map(({ errorCode }) => errorCode)].map((code) =>
      errorName(code),
    );
  }

  async commit(generationIdOrMemberEpoch = this.generation): Promise<string> {
    const { topics } = await this.#client.request(OffsetCommit, 8, {
      groupId: this.#groupId,
      memberId: this.memberId,
      groupInstanceId: this.instanceId,
      generationIdOrMemberEpoch,
      topics: [{ name: 't', partitions: [{ partitionIndex: 0, committedOffset: 1 }] }],
    });
    return errorName(topics[0]?.partitions[0]?.errorCode ?? 0);
  }

  async describe() {
    const { groups } = await this.#client.request(DescribeGroups, 5, { groups: [this.#groupId] });
    const [group] = groups;
    assert.ok(group);
    return group;
  }
}

suite('the classic group protocol', () => {
  let broker: Broker;
  let clients: RawClient[] = [];
  let groupId = '';
  before(async () => {
    broker = await startKlamm({
      settings: {
        'group.initial.rebalance.delay.ms': '0',
        'group.min.session.timeout.ms': '200',
        'group.max.size': '3',
        'offsets.topic.num.partitions': '1',
      },
    });
    const client = await connect();
    await client.request(CreateTopics, 6, {
      topics: [{ name: 't', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
      timeoutMs: 30_000,
    });
    // The topic that keeps groups is created when somebody looks for a coordinator.
    const untilServed = AbortSignal.timeout(30_000);
    for (;;) {
      const found = await client.request(FindCoordinator, 4, { keyType: 0, coordinatorKeys: ['any'] });
      const { groups } = await client.request(DescribeGroups, 5, { groups: ['any'] });
      const codes = [found.coordinators[0]?.errorCode, groups[0]?.errorCode];
      if (codes.every((code) => code === ErrorCode.NONE)) break;
      untilServed.throwIfAborted();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
  after(() => broker[Symbol.asyncDispose]());
  afterEach(() => {
    for (const client of clients) client.close();
    clients = [];
    groupId = '';
  });

  async function connect(): Promise<RawClient> {
    const [host = '', port] = broker.bootstrap.split(':');
    const client = await RawClient.open(host, Number(port));
    clients.push(client);
    return client;
  }

  /** Members of one group of this test's. */
  async function newMember(instanceId: string | null = null): Promise<Member> {
    groupId ||= `g-${randomUUID()}`;
    return new Member(await connect(), groupId, instanceId);
  }

  /** Two members in generation 2, the first of which leads. */
  async function twoMembers(instanceIds: [string | null, string | null] = [null, null]) {
    const a = await newMember(instanceIds[0]);
    const b = await newMember(instanceIds[1]);
    const joinOf = (member: Member) => (member.instanceId === null ? member.joinTwice() : member.join());
    await joinOf(a);
    await a.sync({ [a.memberId]: 'all' });
    const second = joinOf(b);
    while ((await a.heartbeat()) === 'NONE');
    await a.join();
    await second;
    const shares = { [a.memberId]: 'of a', [b.memberId]: 'of b' };
    const syncs = await Promise.all([b.sync(), a.sync(shares)]);
    assert.deepEqual(
      syncs.map(({ assignment }) => `${assignment}`),
      ['of b', 'of a'],
    );
    return { a, b };
  }

  for (let version = 0; version <= 9; version++) {
    test(`a member joins, syncs, lives and leaves by JoinGroup v${version}`, async () => {
      const member = await newMember();
      const isGivenItsId = version >= 4;
      if (isGivenItsId) {
        const { errorCode, memberId } = await member.join({}, version);
        assert.equal(errorName(errorCode), 'MEMBER_ID_REQUIRED');
        assert.match(memberId, /^raw-/);
      }
      const joined = await member.join({}, version);
      assert.deepEqual(
        [errorName(joined.errorCode), joined.generationId, joined.protocolName, joined.leader],
        ['NONE', 1, 'first', member.memberId],
      );
      assert.equal(joined.protocolType, version >= 7 ? 'test' : null);
      assert.deepEqual(
        joined.members.map(({ memberId, metadata }) => [memberId, `${metadata}`]),
        [[member.memberId, `${SAID}`]],
      );
      const syncVersion = Math.min(version, 5);
      const synced = await member.sync({ [member.memberId]: 'mine' }, {}, syncVersion);
      assert.deepEqual([errorName(synced.errorCode), `${synced.assignment}`], ['NONE', 'mine']);
      assert.equal(synced.protocolName, syncVersion === 5 ? 'first' : null);
      assert.equal(await member.heartbeat(Math.min(version, 4)), 'NONE');
      const leaveVersion = Math.min(version, 5);
      assert.deepEqual(await member.leave(leaveVersion), leaveVersion < 3 ? ['NONE'] : ['NONE', 'NONE']);
      assert.equal(await member.heartbeat(), 'UNKNOWN_MEMBER_ID');
    });
  }

  test('a group is described as it is in each of its states', async () => {
    const { a, b } = await twoMembers();
    const textOf = async () => {
      const { groupState, protocolType, protocolData, members } = await a.describe();
      const shares = members.map(({ memberMetadata, memberAssignment }) => [
        `${memberMetadata}`,
        `${memberAssignment}`,
      ]);
      return [groupState, protocolType, protocolData, ...shares.sort()];
    };
    const [group] = [await a.describe()];
    assert.deepEqual(group.members.map(({ memberId }) => memberId).sort(), [a.memberId, b.memberId].sort());
    assert.deepEqual(
      group.members.map(({ clientId, clientHost }) => [clientId, clientHost]),
      [
        ['raw', '/127.0.0.1'],
        ['raw', '/127.0.0.1'],
      ],
    );
    const stable = ['Stable', 'test', 'first', [`${SAID}`, 'of a'], [`${SAID}`, 'of b']];
    assert.deepEqual(await textOf(), stable);
    const joining = b.join({ protocols: [{ name: 'first', metadata: Buffer.from('another') }] });
    while ((await a.heartbeat()) === 'NONE');
    assert.deepEqual(await textOf(), ['PreparingRebalance', 'test', '', ['', 'of a'], ['', 'of b']]);
    await Promise.all([a.join(), joining]);
    assert.deepEqual(await textOf(), ['CompletingRebalance', 'test', '', ['', 'of a'], ['', 'of b']]);
    await a.leave();
    await b.leave();
    assert.deepEqual(await textOf(), ['Empty', 'test', '']);
  });

  test('a stable group refuses whoever is not of it, or of another generation, protocol or instance', async () => {
    const { a, b } = await twoMembers(['x', null]);
    const stranger = await newMember();
    stranger.memberId = 'stranger';
    const impostor = await newMember('x');
    impostor.memberId = b.memberId;
    const joinError = async (member: Member, fields: JoinFields) =>
      errorName((await member.join({ memberId: member.memberId, ...fields })).errorCode);
    const syncError = async (member: Member, fields: SyncFields) =>
      errorName((await member.sync({}, fields)).errorCode);
    const { generation } = b;
    const protocols = [{ name: 'mine', metadata: SAID }];
    assert.deepEqual(
      {
        'joins as a stranger': await joinError(stranger, {}),
        'joins under the instance id of another': await joinError(impostor, {}),
        'joins under an instance id that nobody has': await joinError(b, { groupInstanceId: 'y' }),
        'joins with a session too short': await joinError(b, { sessionTimeoutMs: 199 }),
        'joins with a session too long': await joinError(b, { sessionTimeoutMs: 1_800_001 }),
        'joins with a protocol of its own': await joinError(b, { protocols }),
        'joins with none': await joinError(b, { protocols: [] }),
        'joins another type': await joinError(b, { protocolType: 'other' }),
        'joins no group': await joinError(b, { groupId: '' }),
        'joins anew, with a protocol of its own': await joinError(stranger, { memberId: '', protocols }),
        'syncs as a stranger': await syncError(stranger, { generationId: generation }),
        'syncs under the instance id of another': await syncError(impostor, { generationId: generation }),
        'syncs a generation of old': await syncError(b, { generationId: generation - 1 }),
        'syncs another protocol': await syncError(b, { protocolName: 'mine' }),
        'syncs another type': await syncError(b, { protocolType: 'other' }),
        'syncs no type': await syncError(b, { protocolType: null }),
        'syncs no group': await syncError(b, { groupId: '' }),
        'heartbeat of a stranger': await stranger.heartbeat(4, generation),
        'heartbeat under the instance id of another': await impostor.heartbeat(4, generation),
        'heartbeat of old': await b.heartbeat(4, generation - 1),
        'commits as a stranger': await stranger.commit(generation),
        'commits as nobody': await new Member(await connect(), groupId, null).commit(),
        'commits under the instance id of another': await impostor.commit(generation),
        'commits in a generation of old': await b.commit(generation - 1),
        'leaves as a stranger': (await stranger.leave()).join(),
        'leaves under the instance id of another': (await impostor.leave()).join(),
        'is still there': [await a.heartbeat(), await b.heartbeat()].join(),
      },
      {
        'joins as a stranger': 'UNKNOWN_MEMBER_ID',
        'joins under the instance id of another': 'FENCED_INSTANCE_ID',
        'joins under an instance id that nobody has': 'UNKNOWN_MEMBER_ID',
        'joins with a session too short': 'INVALID_SESSION_TIMEOUT',
        'joins with a session too long': 'INVALID_SESSION_TIMEOUT',
        'joins with a protocol of its own': 'INCONSISTENT_GROUP_PROTOCOL',
        'joins with none': 'INCONSISTENT_GROUP_PROTOCOL',
        'joins another type': 'INCONSISTENT_GROUP_PROTOCOL',
        'joins no group': 'INVALID_GROUP_ID',
        'joins anew, with a protocol of its own': 'INCONSISTENT_GROUP_PROTOCOL',
        'syncs as a stranger': 'UNKNOWN_MEMBER_ID',
        'syncs under the instance id of another': 'FENCED_INSTANCE_ID',
        'syncs a generation of old': 'ILLEGAL_GENERATION',
        'syncs another protocol': 'INCONSISTENT_GROUP_PROTOCOL',
        'syncs another type': 'INCONSISTENT_GROUP_PROTOCOL',
        'syncs no type': 'INCONSISTENT_GROUP_PROTOCOL',
        'syncs no group': 'INVALID_GROUP_ID',
        'heartbeat of a stranger': 'UNKNOWN_MEMBER_ID',
        'heartbeat under the instance id of another': 'FENCED_INSTANCE_ID',
        'heartbeat of old': 'ILLEGAL_GENERATION',
        'commits as a stranger': 'UNKNOWN_MEMBER_ID',
        'commits as nobody': 'UNKNOWN_MEMBER_ID',
        'commits under the instance id of another': 'FENCED_INSTANCE_ID',
        'commits in a generation of old': 'ILLEGAL_GENERATION',
        'leaves as a stranger': 'NONE,UNKNOWN_MEMBER_ID',
        'leaves under the instance id of another': 'NONE,FENCED_INSTANCE_ID',
        'is still there': 'NONE,NONE',
      },
    );
  });

  test('a group that nobody knows has no members', async () => {
    const member = await newMember();
    member.memberId = 'somebody';
    member.generation = 1;
    assert.equal(errorName((await member.join()).errorCode), 'UNKNOWN_MEMBER_ID');
    assert.equal(errorName((await member.sync()).errorCode), 'UNKNOWN_MEMBER_ID');
    assert.equal(await member.heartbeat(), 'UNKNOWN_MEMBER_ID');
    assert.deepEqual(await member.leave(), ['NONE', 'UNKNOWN_MEMBER_ID']);
    assert.deepEqual(await member.leave(0), ['UNKNOWN_MEMBER_ID']);
    assert.equal(await member.commit(), 'ILLEGAL_GENERATION');
    assert.equal((await member.describe()).groupState, 'Dead');
  });

  test('a static member that comes back keeps its share, and fences what it was before', async () => {
    const { a, b } = await twoMembers(['x', 'y']);
    const back = await newMember('y');
    const joined = await back.join();
    assert.deepEqual(
      [errorName(joined.errorCode), joined.generationId, joined.leader, joined.skipAssignment],
      ['NONE', 2, a.memberId, false],
    );
    assert.equal(`${(await back.sync()).assignment}`, 'of b');
    assert.equal(await b.heartbeat(), 'FENCED_INSTANCE_ID');
    assert.equal(await b.commit(), 'FENCED_INSTANCE_ID');
    assert.equal(errorName((await b.sync()).errorCode), 'FENCED_INSTANCE_ID');
    assert.equal(await a.heartbeat(), 'NONE');
  });

  test('a static leader that comes back is spared the assignment in v9, and does not learn that it leads before', async () => {
    const { a, b } = await twoMembers(['x', 'y']);
    const back = await newMember('x');
    const newest = await back.join();
    assert.deepEqual(
      [newest.generationId, newest.leader, newest.skipAssignment, newest.members.length],
      [2, back.memberId, true, 2],
    );
    const older = await newMember('x');
    const answer = await older.join({}, 8);
    assert.deepEqual([answer.generationId, answer.leader, answer.members.length], [2, back.memberId, 0]);
    assert.notEqual(older.memberId, back.memberId);
    assert.equal(`${(await older.sync()).assignment}`, 'of a');
    assert.equal(await a.heartbeat(), 'FENCED_INSTANCE_ID');
    assert.equal(await b.heartbeat(), 'NONE');
  });

  test('an admin removes static members by their instance ids, each with an outcome', async () => {
    const { a, b } = await twoMembers(['x', 'y']);
    const outcomes = await b.leave(5, [
      { memberId: '', groupInstanceId: 'x' },
      { memberId: '', groupInstanceId: 'z' },
      { memberId: a.memberId, groupInstanceId: null },
    ]);
    assert.deepEqual(outcomes, ['NONE', 'NONE', 'UNKNOWN_MEMBER_ID', 'UNKNOWN_MEMBER_ID']);
    assert.equal(await b.heartbeat(), 'REBALANCE_IN_PROGRESS');
    const again = await b.join();
    assert.deepEqual([again.generationId, again.leader], [3, b.memberId]);
  });

  test('a follower asks for a generation again, as often as it likes; a leader that does has all rebalance', async () => {
    const { a, b } = await twoMembers();
    for (let i = 0; i < 2; i++) {
      const { errorCode, generationId, leader } = await b.join();
      assert.deepEqual([errorName(errorCode), generationId, leader], ['NONE', 2, a.memberId]);
    }
    assert.equal(`${(await b.sync()).assignment}`, 'of b');
    const again = a.join();
    while ((await b.heartbeat()) === 'NONE');
    const joined = await b.join();
    assert.deepEqual([joined.generationId, (await again).generationId], [3, 3]);
    assert.equal(await b.commit(), 'REBALANCE_IN_PROGRESS', 'between join and sync');
  });

  test('a member that is silent is out when its session is over, and the others take its share', async () => {
    const silent = await newMember();
    await silent.joinTwice({ sessionTimeoutMs: 300 });
    await silent.sync({ [silent.memberId]: 'all' });
    const other = await newMember();
    // The one that is silent does not join again: the rebalance is over when its session is.
    const joined = await other.joinTwice();
    assert.deepEqual([joined.generationId, joined.leader, joined.members.length], [2, other.memberId, 1]);
    assert.equal(await silent.heartbeat(), 'UNKNOWN_MEMBER_ID');
  });

  test('a group has no more members than it may have', async () => {
    const members = [await newMember('x'), await newMember('y'), await newMember('z')];
    for (const member of members) {
      const joining = member.join();
      const others = members.slice(0, members.indexOf(member));
      for (const other of others) while ((await other.heartbeat()) === 'NONE');
      await Promise.all([joining, ...others.map((other) => other.join())]);
      const shares = Object.fromEntries(members.map(({ memberId }) => [memberId, 'some']));
      await Promise.all([member, ...others].map((each) => each.sync(shares)));
    }
    const fourth = await newMember();
    const { errorCode, memberId } = await fourth.join();
    assert.deepEqual([errorName(errorCode), memberId], ['GROUP_MAX_SIZE_REACHED', '']);
    assert.deepEqual(await members[0]?.heartbeat(), 'NONE');
  });
});

// Members that join, lose answers, reconnect, die in silence, leave, change their minds, and brokers that die, in any
// order: the promises of the classic protocol hold all the time, and in the end everybody has a share.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '@klamm/protocol/error-codes';
import fc from 'fast-check';
import { type Call, protocolsOf, sharesOf, TestClassicGroup } from '../../testing/classic-group.ts';
import type { Step } from '../step.ts';
import { ClassicGroup } from './classic-group.ts';
import type { JoinResponse, SyncResponse } from './classic-member.ts';

const SESSION_TIMEOUT_MS = 10_000;
const REBALANCE_TIMEOUT_MS = 60_000;

/** Who it is, in which generation, and what it waits for. */
class Member {
  readonly name: string;
  readonly instanceId: string | null;
  memberId = '';
  generation = -1;
  share: string | undefined;
  protocols = ['range'];
  call: Call<JoinResponse> | Call<SyncResponse> | undefined;
  #shares: ReturnType<typeof sharesOf> = [];

  constructor(name: string, instanceId: string | null) {
    this.name = name;
    this.instanceId = instanceId;
  }

  join(group: TestClassicGroup): Call<JoinResponse> {
    this.share = undefined;
    const { memberId, instanceId: groupInstanceId } = this;
    const call = group.join(
      {
        memberId,
        groupInstanceId,
        sessionTimeoutMs: SESSION_TIMEOUT_MS,
        rebalanceTimeoutMs: this.name === 'm0' ? REBALANCE_TIMEOUT_MS : REBALANCE_TIMEOUT_MS / 2,
        protocols: protocolsOf(...this.protocols),
      },
      { clientId: this.name, mustKnowItsId: this.name !== 'm1' },
    );
    this.call = call;
    return call;
  }

  sync(group: TestClassicGroup): Call<SyncResponse> {
    const { memberId, instanceId: groupInstanceId, generation: generationId } = this;
    const call = group.sync({ memberId, groupInstanceId, generationId, assignments: this.#shares });
    this.call = call;
    return call;
  }

  /** Goes on to whatever its last answer asks for. */
  goOn(group: TestClassicGroup): void {
    const answer = this.call?.answers[0];
    if (this.call !== undefined && answer === undefined) return;
    if (this.call !== undefined && answer !== undefined) {
      const isJoin = this.call.kind === 'join';
      this.call = undefined;
      if (answer.errorCode !== ErrorCode.NONE)
        this.#refused(answer.errorCode ?? 0, isJoin ? (answer as JoinResponse) : {});
      else if (isJoin) this.#joined(answer as JoinResponse, group);
      else this.share = `${(answer as SyncResponse).assignment}`;
    } else if (this.generation < 0 || this.share === undefined) this.join(group);
    else {
      const errorCode = group.heartbeat(this.memberId, this.generation, this.instanceId);
      if (errorCode !== ErrorCode.NONE) this.#refused(errorCode);
    }
  }

  /** Its process dies; the next one knows nothing. */
  die(): void {
    this.memberId = '';
    this.generation = -1;
    this.share = undefined;
    this.call = undefined;
  }

  #joined(answer: JoinResponse, group: TestClassicGroup): void {
    const { memberId = '', generationId = -1, leader, members = [], skipAssignment } = answer;
    this.memberId = memberId;
    this.generation = generationId;
    const leads = leader === memberId && skipAssignment !== true;
    this.#shares = leads ? sharesOf(members.map((each) => each.memberId ?? '')) : [];
    this.sync(group);
  }

  #refused(errorCode: number, answer: JoinResponse = {}): void {
    this.share = undefined;
    if (errorCode === ErrorCode.MEMBER_ID_REQUIRED) this.memberId = answer.memberId ?? '';
    else if (errorCode !== ErrorCode.REBALANCE_IN_PROGRESS && errorCode !== ErrorCode.ILLEGAL_GENERATION)
      this.die();
  }
}

/** What must be true of a group after every step. */
class Promises {
  readonly calls = new Set<Call<JoinResponse> | Call<SyncResponse>>();
  #generation = 0;

  check(group: TestClassicGroup, step: Step): void {
    const { members, state, generation } = group.group.standing;
    const ids = new Set(Array.from(members, ({ memberId }) => memberId));
    if (ids.size === 0) assert.equal(members.leader, null);
    else assert.ok(ids.has(members.leader ?? ''), 'the leader is a member');
    assert.equal(state === 'Empty' ? ids.size : 0, 0);
    if (state === 'Stable' || state === 'CompletingRebalance') assert.ok(ids.size > 0);

    const isNew = generation !== this.#generation;
    if (isNew) assert.equal(generation, this.#generation + 1, 'one generation after the other');
    this.#generation = generation;
    if (isNew && state === 'CompletingRebalance') assertOneLeader(step, ids);
    this.#checkCalls(group);
    if (state === 'Stable' || state === 'Empty') assertKept(group);
  }

  restarted(group: TestClassicGroup): void {
    this.calls.clear();
    this.#generation = group.group.standing.generation;
  }

  #checkCalls(group: TestClassicGroup): void {
    for (const call of this.calls) {
      assert.ok(call.answers.length <= 1, 'a request has one answer');
      if (call.answers.length === 1) this.calls.delete(call);
      else assert.ok(group.now - call.askedAt <= REBALANCE_TIMEOUT_MS, `a ${call.kind} waits too long`);
    }
  }

  /** What waits is what members wait with: no request is forgotten. */
  assertNoneForgotten(group: TestClassicGroup): void {
    let waiting = 0;
    for (const { awaitsJoin, awaitsSync } of group.group.standing.members) {
      if (awaitsJoin !== undefined) waiting++;
      if (awaitsSync !== undefined) waiting++;
    }
    assert.equal([...this.calls].filter(({ answers }) => answers.length === 0).length, waiting);
  }
}

function assertOneLeader({ replies }: Step, ids: ReadonlySet<string>): void {
  const joined = replies
    .map(({ body }) => body as JoinResponse)
    .filter(({ errorCode, generationId }) => errorCode === ErrorCode.NONE && generationId !== undefined);
  const leaders = joined.filter(({ memberId, leader }) => memberId === leader);
  assert.equal(leaders.length, 1, 'one leads');
  assert.deepEqual(new Set(leaders[0]?.members?.map(({ memberId }) => memberId)), ids);
  for (const { leader, members = [], memberId } of joined) {
    assert.equal(leader, leaders[0]?.leader, 'all know the same leader');
    if (memberId !== leader) assert.equal(members.length, 0);
  }
}

/** A broker that reads the record has the group as it is. */
function assertKept(group: TestClassicGroup): void {
  const record = group.lastRecord();
  if (record === undefined) return;
  const { standing } = group.group;
  const other = new ClassicGroup('g', group.options());
  other.replay(record);
  assert.deepEqual(other.standing.describe(), standing.describe());
  assert.deepEqual(
    [other.standing.generation, other.standing.members.leader],
    [standing.generation, standing.members.leader],
  );
}

type Action =
  | { kind: 'goOn' | 'join' | 'sync' | 'leave' | 'die' | 'remove'; who: number }
  | { kind: 'prefer'; who: number; protocols: string[] }
  | { kind: 'pass'; ms: number }
  | { kind: 'restart' };

const who = fc.nat({ max: 5 });
const one = <K extends string>(...kinds: K[]) => fc.record({ kind: fc.constantFrom(...kinds), who });
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 20, arbitrary: one('goOn') },
  // Once more, though an answer may be on its way: its connection was lost.
  { weight: 3, arbitrary: one('join', 'sync') },
  { weight: 2, arbitrary: one('leave', 'die', 'remove') },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('prefer' as const),
      who,
      protocols: fc
        .shuffledSubarray(['range', 'sticky', 'own'])
        .map((names) => (names.includes('range') ? names : [...names, 'range'])),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 25_000 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
);

const settings = fc.record({
  initialRebalanceDelayMs: fc.constantFrom(0, 3_000),
  maxSize: fc.constantFrom(3, 100),
  newMemberJoinTimeoutMs: fc.constantFrom(20_000, 300_000),
});

test('one leads each generation, one follows the other, every request is answered in time, and what is stable is kept', () => {
  fc.assert(
    fc.property(settings, fc.array(action, { maxLength: 150, size: 'max' }), (given, actions) => {
      const promises = new Promises();
      const group: TestClassicGroup = new TestClassicGroup(given, (step) => promises.check(group, step));
      const members = Array.from({ length: 6 }, (_, i) => new Member(`m${i}`, i > 3 ? `i${i}` : null));
      for (const each of actions) {
        act(each, group, members, promises);
        promises.assertNoneForgotten(group);
      }
      if (given.maxSize < members.length) return;
      // After a restart a group knows of each member only the protocol that was chosen, as in Apache Kafka: who speaks
      // another one may join when the members have joined again.
      for (const [who, { generation: joined, call }] of members.entries())
        if (joined >= 0 && call === undefined) act({ kind: 'join', who }, group, members, promises);
      for (let second = 0; second < 300; second++) {
        for (const member of members) {
          act({ kind: 'goOn', who: members.indexOf(member) }, group, members, promises);
        }
        group.pass(1_000);
      }
      const { state, generation } = group.group.standing;
      assert.equal(state, 'Stable');
      for (const member of members) {
        assert.equal(member.generation, generation, `${member.name} is in the group`);
        assert.match(member.share ?? '', /^of /, `${member.name} has a share`);
      }
      assert.equal(new Set(members.map(({ share }) => share)).size, members.length);
    }),
    { numRuns: 300 },
  );
});

function act(each: Action, group: TestClassicGroup, members: readonly Member[], promises: Promises): void {
  const member = 'who' in each ? members[each.who] : undefined;
  const before = member?.call;
  switch (each.kind) {
    case 'goOn':
      member?.goOn(group);
      break;
    case 'join':
      member?.join(group);
      break;
    case 'sync':
      member?.sync(group);
      break;
    case 'leave':
      group.leave({ memberId: member?.memberId ?? '', groupInstanceId: member?.instanceId ?? null });
      member?.die();
      break;
    case 'die':
      member?.die();
      break;
    case 'remove':
      // By an admin, who knows instance ids.
      if (member?.instanceId != null) group.leave({ groupInstanceId: member.instanceId });
      break;
    case 'prefer':
      if (member !== undefined) member.protocols = each.protocols;
      break;
    case 'pass':
      group.pass(each.ms);
      break;
    case 'restart':
      group.restart();
      promises.restarted(group);
      for (const other of members) other.call = undefined;
      break;
  }
  if (member?.call !== undefined && member.call !== before) promises.calls.add(member.call);
}

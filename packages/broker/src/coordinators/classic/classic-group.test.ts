import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode, errorName } from '@klamm/protocol/error-codes';
import { type Call, lastOf, protocolsOf, sharesOf, TestClassicGroup } from '../../testing/classic-group.ts';
import type { JoinResponse, SyncResponse } from './classic-member.ts';

/** "waits", an error, or the generation, as what and of how many members: "2 leader of 2", "2 follower". */
function joinText({ answers: [answer, another] }: Call<JoinResponse>): string {
  assert.equal(another, undefined, 'a request has one answer');
  if (answer === undefined) return 'waits';
  const { errorCode = 0, generationId, members = [], leader, memberId, skipAssignment = false } = answer;
  if (errorCode !== ErrorCode.NONE) return errorName(errorCode);
  if (leader !== memberId) return `${generationId} follower`;
  return `${generationId} leader of ${members.length}${skipAssignment ? ', assignment stays' : ''}`;
}

function syncText({ answers: [answer, another] }: Call<SyncResponse>): string {
  assert.equal(another, undefined, 'a request has one answer');
  if (answer === undefined) return 'waits';
  const { errorCode = 0, assignment } = answer;
  return errorCode === ErrorCode.NONE ? `"${assignment}"` : errorName(errorCode);
}

/** Member "m" and what it is called by now. */
interface Scene {
  readonly group: TestClassicGroup;
  m: string;
  instanceId: string | null;
  /** What m waits with. */
  call?: Call<JoinResponse> | Call<SyncResponse>;
}

const id = (call: Call<JoinResponse>): string => lastOf(call).memberId ?? '';

/** Puts m into a state. Where there is another member, it was in the group before m. */
const STATES: Readonly<Record<string, (scene: Scene) => void>> = {
  'no longer a member of a group that is empty': (scene) => {
    scene.m = scene.group.settle('m')[0] ?? '';
    scene.group.leave({ memberId: scene.m });
  },
  'given an id to join with': (scene) => {
    scene.m = id(scene.group.join());
  },
  'waiting in the first rebalance': (scene) => {
    STATES['given an id to join with']?.(scene);
    scene.call = scene.group.join({ memberId: scene.m });
  },
  'to join again': (scene) => {
    scene.m = scene.group.settle('other', 'm')[1] ?? '';
    scene.group.join({ groupInstanceId: 'newcomer' });
  },
  'waiting for others to join': (scene) => {
    STATES['to join again']?.(scene);
    scene.call = scene.group.join({ memberId: scene.m });
  },
  'to ask the leader’s assignment': (scene) => {
    const [other = '', m = ''] = scene.group.settle('other', 'm');
    scene.m = m;
    scene.group.join({ memberId: other });
    scene.call = scene.group.join({ memberId: m });
  },
  'waiting for the leader’s assignment': (scene) => {
    STATES['to ask the leader’s assignment']?.(scene);
    scene.call = scene.group.sync({ memberId: scene.m });
  },
  'the leader that is to assign': (scene) => {
    const [m = '', other = ''] = scene.group.settle('m', 'other');
    scene.m = m;
    scene.group.join({ memberId: m });
    scene.group.join({ memberId: other });
  },
  'a stable follower': (scene) => {
    scene.m = scene.group.settle('other', 'm')[1] ?? '';
  },
  'the stable leader': (scene) => {
    scene.m = scene.group.settle('m', 'other')[0] ?? '';
  },
  'a stable static follower': (scene) => {
    scene.instanceId = 'i';
    const { group } = scene;
    const first = group.join({ groupInstanceId: 'first' });
    const call = group.join({ groupInstanceId: 'i' });
    group.pass(6_000);
    scene.m = id(call);
    group.sync({ memberId: scene.m });
    group.sync({ memberId: id(first), assignments: sharesOf([id(first), scene.m]) });
  },
  'the stable static leader': (scene) => {
    scene.instanceId = 'i';
    const { group } = scene;
    const call = group.join({ groupInstanceId: 'i' });
    const other = group.join({ groupInstanceId: 'other' });
    group.pass(6_000);
    scene.m = id(call);
    group.sync({ memberId: id(other) });
    group.sync({ memberId: scene.m, assignments: sharesOf([scene.m, id(other)]) });
  },
};

const REQUESTS: Readonly<Record<string, (scene: Scene) => string>> = {
  'joins as if new': ({ group, instanceId }) => joinText(group.join({ groupInstanceId: instanceId })),
  'joins as if new, by an old client': ({ group, instanceId }) =>
    joinText(group.join({ groupInstanceId: instanceId }, { mustKnowItsId: false, maySkipAssignment: false })),
  'joins, as it is': ({ group, m, instanceId }) =>
    joinText(group.join({ memberId: m, groupInstanceId: instanceId })),
  'joins with another wish': ({ group, m, instanceId }) =>
    joinText(group.join({ memberId: m, groupInstanceId: instanceId, protocols: protocolsOf('roundrobin') })),
  'joins with a protocol that nobody else knows': ({ group, m, instanceId }) =>
    joinText(group.join({ memberId: m, groupInstanceId: instanceId, protocols: protocolsOf('mine') })),
  'joins under an instance id that is not its own': ({ group, m }) =>
    joinText(group.join({ memberId: m, groupInstanceId: 'not its own' })),
  'joins with a session too short': ({ group, m, instanceId }) =>
    joinText(group.join({ memberId: m, groupInstanceId: instanceId, sessionTimeoutMs: 5_999 })),
  'asks for its assignment': ({ group, m, instanceId }) =>
    syncText(
      group.sync({
        memberId: m,
        groupInstanceId: instanceId,
        assignments: [{ memberId: m, assignment: Buffer.from('A') }],
      }),
    ),
  'asks for the assignment of a generation that is over': ({ group, m }) =>
    syncText(group.sync({ memberId: m, generationId: group.group.standing.generation - 1 })),
  'asks for the assignment of another protocol': ({ group, m }) =>
    syncText(group.sync({ memberId: m, protocolName: 'other' })),
  'sends a heartbeat': ({ group, m, instanceId }) =>
    errorName(group.heartbeat(m, group.group.standing.generation, instanceId)),
  'sends a heartbeat of a generation that is over': ({ group, m, instanceId }) =>
    errorName(group.heartbeat(m, group.group.standing.generation - 1, instanceId)),
  commits: ({ group, m, instanceId }) =>
    errorName(
      group.group.standing.commitProblem({
        memberId: m,
        groupInstanceId: instanceId,
        generation: group.group.standing.generation,
        apiVersion: 9,
        isTransactional: false,
      }),
    ),
  leaves: ({ group, m, instanceId }) =>
    errorName(group.leave({ memberId: m, groupInstanceId: instanceId })[0] ?? 0),
  'is silent for its session': ({ group }) => {
    group.pass(10_000);
    return '';
  },
};

/**
 * By state, in the order of the requests: what m is answered; in brackets, what a request of m is answered that had
 * waited; then the group, and "+" for a record.
 */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  'no longer a member of a group that is empty': [
    'MEMBER_ID_REQUIRED → Empty 2',
    'waits → PreparingRebalance 2',
    'UNKNOWN_MEMBER_ID → Empty 2',
    'UNKNOWN_MEMBER_ID → Empty 2',
    'UNKNOWN_MEMBER_ID → Empty 2',
    'UNKNOWN_MEMBER_ID → Empty 2',
    'INVALID_SESSION_TIMEOUT → Empty 2',
    'UNKNOWN_MEMBER_ID → Empty 2',
    'UNKNOWN_MEMBER_ID → Empty 2',
    'UNKNOWN_MEMBER_ID → Empty 2',
    'UNKNOWN_MEMBER_ID → Empty 2',
    'UNKNOWN_MEMBER_ID → Empty 2',
    'UNKNOWN_MEMBER_ID → Empty 2',
    'UNKNOWN_MEMBER_ID → Empty 2',
    ' → Empty 2',
  ],
  'given an id to join with': [
    'MEMBER_ID_REQUIRED → Empty 0',
    'waits → PreparingRebalance 0',
    'waits → PreparingRebalance 0',
    'waits → PreparingRebalance 0',
    'waits → PreparingRebalance 0',
    'UNKNOWN_MEMBER_ID → Empty 0',
    'INVALID_SESSION_TIMEOUT → Empty 0',
    'UNKNOWN_MEMBER_ID → Empty 0',
    'UNKNOWN_MEMBER_ID → Empty 0',
    'UNKNOWN_MEMBER_ID → Empty 0',
    'UNKNOWN_MEMBER_ID → Empty 0',
    'UNKNOWN_MEMBER_ID → Empty 0',
    'UNKNOWN_MEMBER_ID → Empty 0',
    'NONE → Empty 0',
    ' → Empty 0',
  ],
  'waiting in the first rebalance': [
    'MEMBER_ID_REQUIRED → PreparingRebalance 0',
    'waits → PreparingRebalance 0',
    'waits (REBALANCE_IN_PROGRESS) → PreparingRebalance 0',
    'waits (REBALANCE_IN_PROGRESS) → PreparingRebalance 0',
    'INCONSISTENT_GROUP_PROTOCOL → PreparingRebalance 0',
    'UNKNOWN_MEMBER_ID → PreparingRebalance 0',
    'INVALID_SESSION_TIMEOUT → PreparingRebalance 0',
    'REBALANCE_IN_PROGRESS → PreparingRebalance 0',
    'ILLEGAL_GENERATION → PreparingRebalance 0',
    'REBALANCE_IN_PROGRESS → PreparingRebalance 0',
    'REBALANCE_IN_PROGRESS → PreparingRebalance 0',
    'ILLEGAL_GENERATION → PreparingRebalance 0',
    'NONE → PreparingRebalance 0',
    'NONE (UNKNOWN_MEMBER_ID) → PreparingRebalance 0',
    ' (NONE) → CompletingRebalance 1',
  ],
  'to join again': [
    'MEMBER_ID_REQUIRED → PreparingRebalance 1',
    'waits → PreparingRebalance 1',
    'waits → PreparingRebalance 1',
    'waits → PreparingRebalance 1',
    'INCONSISTENT_GROUP_PROTOCOL → PreparingRebalance 1',
    'UNKNOWN_MEMBER_ID → PreparingRebalance 1',
    'INVALID_SESSION_TIMEOUT → PreparingRebalance 1',
    'REBALANCE_IN_PROGRESS → PreparingRebalance 1',
    'ILLEGAL_GENERATION → PreparingRebalance 1',
    'INCONSISTENT_GROUP_PROTOCOL → PreparingRebalance 1',
    'REBALANCE_IN_PROGRESS → PreparingRebalance 1',
    'ILLEGAL_GENERATION → PreparingRebalance 1',
    'NONE → PreparingRebalance 1',
    'NONE → PreparingRebalance 1',
    ' → CompletingRebalance 2',
  ],
  'waiting for others to join': [
    'MEMBER_ID_REQUIRED → PreparingRebalance 1',
    'waits → PreparingRebalance 1',
    'waits (REBALANCE_IN_PROGRESS) → PreparingRebalance 1',
    'waits (REBALANCE_IN_PROGRESS) → PreparingRebalance 1',
    'INCONSISTENT_GROUP_PROTOCOL → PreparingRebalance 1',
    'UNKNOWN_MEMBER_ID → PreparingRebalance 1',
    'INVALID_SESSION_TIMEOUT → PreparingRebalance 1',
    'REBALANCE_IN_PROGRESS → PreparingRebalance 1',
    'ILLEGAL_GENERATION → PreparingRebalance 1',
    'INCONSISTENT_GROUP_PROTOCOL → PreparingRebalance 1',
    'REBALANCE_IN_PROGRESS → PreparingRebalance 1',
    'ILLEGAL_GENERATION → PreparingRebalance 1',
    'NONE → PreparingRebalance 1',
    'NONE (UNKNOWN_MEMBER_ID) → PreparingRebalance 1',
    ' (NONE) → CompletingRebalance 2',
  ],
  'to ask the leader’s assignment': [
    'MEMBER_ID_REQUIRED → CompletingRebalance 2',
    'waits → PreparingRebalance 2',
    '2 follower → CompletingRebalance 2',
    'waits → PreparingRebalance 2',
    'INCONSISTENT_GROUP_PROTOCOL → CompletingRebalance 2',
    'UNKNOWN_MEMBER_ID → CompletingRebalance 2',
    'INVALID_SESSION_TIMEOUT → CompletingRebalance 2',
    'waits → CompletingRebalance 2',
    'ILLEGAL_GENERATION → CompletingRebalance 2',
    'INCONSISTENT_GROUP_PROTOCOL → CompletingRebalance 2',
    'NONE → CompletingRebalance 2',
    'ILLEGAL_GENERATION → CompletingRebalance 2',
    'REBALANCE_IN_PROGRESS → CompletingRebalance 2',
    'NONE → PreparingRebalance 2',
    ' → Empty 3+',
  ],
  'waiting for the leader’s assignment': [
    'MEMBER_ID_REQUIRED → CompletingRebalance 2',
    'waits (REBALANCE_IN_PROGRESS) → PreparingRebalance 2',
    '2 follower → CompletingRebalance 2',
    'waits (REBALANCE_IN_PROGRESS) → PreparingRebalance 2',
    'INCONSISTENT_GROUP_PROTOCOL → CompletingRebalance 2',
    'UNKNOWN_MEMBER_ID → CompletingRebalance 2',
    'INVALID_SESSION_TIMEOUT → CompletingRebalance 2',
    'waits (REBALANCE_IN_PROGRESS) → CompletingRebalance 2',
    'ILLEGAL_GENERATION → CompletingRebalance 2',
    'INCONSISTENT_GROUP_PROTOCOL → CompletingRebalance 2',
    'NONE → CompletingRebalance 2',
    'ILLEGAL_GENERATION → CompletingRebalance 2',
    'REBALANCE_IN_PROGRESS → CompletingRebalance 2',
    'NONE (UNKNOWN_MEMBER_ID) → PreparingRebalance 2',
    ' (REBALANCE_IN_PROGRESS) → PreparingRebalance 2',
  ],
  'the leader that is to assign': [
    'MEMBER_ID_REQUIRED → CompletingRebalance 2',
    'waits → PreparingRebalance 2',
    '2 leader of 2 → CompletingRebalance 2',
    'waits → PreparingRebalance 2',
    'INCONSISTENT_GROUP_PROTOCOL → CompletingRebalance 2',
    'UNKNOWN_MEMBER_ID → CompletingRebalance 2',
    'INVALID_SESSION_TIMEOUT → CompletingRebalance 2',
    '"A" → Stable 2+',
    'ILLEGAL_GENERATION → CompletingRebalance 2',
    'INCONSISTENT_GROUP_PROTOCOL → CompletingRebalance 2',
    'NONE → CompletingRebalance 2',
    'ILLEGAL_GENERATION → CompletingRebalance 2',
    'REBALANCE_IN_PROGRESS → CompletingRebalance 2',
    'NONE → PreparingRebalance 2',
    ' → Empty 3+',
  ],
  'a stable follower': [
    'MEMBER_ID_REQUIRED → Stable 1',
    'waits → PreparingRebalance 1',
    '1 follower → Stable 1',
    'waits → PreparingRebalance 1',
    'INCONSISTENT_GROUP_PROTOCOL → Stable 1',
    'UNKNOWN_MEMBER_ID → Stable 1',
    'INVALID_SESSION_TIMEOUT → Stable 1',
    '"of m-1" → Stable 1',
    'ILLEGAL_GENERATION → Stable 1',
    'INCONSISTENT_GROUP_PROTOCOL → Stable 1',
    'NONE → Stable 1',
    'ILLEGAL_GENERATION → Stable 1',
    'NONE → Stable 1',
    'NONE → PreparingRebalance 1',
    ' → Empty 2+',
  ],
  'the stable leader': [
    'MEMBER_ID_REQUIRED → Stable 1',
    'waits → PreparingRebalance 1',
    'waits → PreparingRebalance 1',
    'waits → PreparingRebalance 1',
    'INCONSISTENT_GROUP_PROTOCOL → Stable 1',
    'UNKNOWN_MEMBER_ID → Stable 1',
    'INVALID_SESSION_TIMEOUT → Stable 1',
    '"of m-0" → Stable 1',
    'ILLEGAL_GENERATION → Stable 1',
    'INCONSISTENT_GROUP_PROTOCOL → Stable 1',
    'NONE → Stable 1',
    'ILLEGAL_GENERATION → Stable 1',
    'NONE → Stable 1',
    'NONE → PreparingRebalance 1',
    ' → Empty 2+',
  ],
  'a stable static follower': [
    '1 follower → Stable 1+',
    '1 follower → Stable 1+',
    '1 follower → Stable 1',
    'waits → PreparingRebalance 1',
    'INCONSISTENT_GROUP_PROTOCOL → Stable 1',
    'UNKNOWN_MEMBER_ID → Stable 1',
    'INVALID_SESSION_TIMEOUT → Stable 1',
    '"of i-1" → Stable 1',
    'ILLEGAL_GENERATION → Stable 1',
    'INCONSISTENT_GROUP_PROTOCOL → Stable 1',
    'NONE → Stable 1',
    'ILLEGAL_GENERATION → Stable 1',
    'NONE → Stable 1',
    'NONE → PreparingRebalance 1',
    ' → Empty 2+',
  ],
  'the stable static leader': [
    '1 leader of 2, assignment stays → Stable 1+',
    '1 follower → Stable 1+',
    'waits → PreparingRebalance 1',
    'waits → PreparingRebalance 1',
    'INCONSISTENT_GROUP_PROTOCOL → Stable 1',
    'UNKNOWN_MEMBER_ID → Stable 1',
    'INVALID_SESSION_TIMEOUT → Stable 1',
    '"of i-0" → Stable 1',
    'ILLEGAL_GENERATION → Stable 1',
    'INCONSISTENT_GROUP_PROTOCOL → Stable 1',
    'NONE → Stable 1',
    'ILLEGAL_GENERATION → Stable 1',
    'NONE → Stable 1',
    'NONE → PreparingRebalance 1',
    ' → Empty 2+',
  ],
};

for (const [state, enter] of Object.entries(STATES)) {
  for (const [i, [name, ask]] of Object.entries(REQUESTS).entries()) {
    test(`a member that is ${state} ${name}`, () => {
      const scene: Scene = { group: new TestClassicGroup(), m: '', instanceId: null };
      enter(scene);
      const { group } = scene;
      const { length } = group.log;
      const before = scene.call?.answers.length ?? 0;
      const told = ask(scene);
      const [answer] = scene.call?.answers.slice(before) ?? [];
      const waited = answer === undefined ? '' : ` (${errorName(answer.errorCode ?? 0)})`;
      const { standing } = group.group;
      const written = '+'.repeat(group.log.length - length);
      const text = `${told}${waited} → ${standing.state} ${standing.generation}${written}`;
      assert.equal(text, EXPECTED[state]?.[i]);
    });
  }
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode, errorName } from '@klamm/protocol/error-codes';
import { type Answer, TestGroup, TestTopics } from '../../testing/group-members.ts';
import type { HeartbeatRequest } from './heartbeat-check.ts';

/** Error, member epoch and partitions, such as "NONE 2 t-0,t-1"; "-" where it tells of none. */
const textOf = ({ errorCode, memberEpoch, assigned }: Answer): string =>
  errorCode === ErrorCode.NONE
    ? `${memberEpoch} ${assigned === null ? '-' : `[${assigned}]`}`
    : errorName(errorCode);

/** Puts member "m" of a fresh group into a state. Topic t has four partitions, u one. */
const STATES: Readonly<Record<string, (group: TestGroup) => void>> = {
  'not a member': (group) => {
    group.join('other');
  },
  stable: (group) => {
    group.join('m');
    group.heartbeat({ memberEpoch: 1, subscribedTopicNames: ['t', 'u'] });
  },
  'to give back': (group) => {
    STATES.stable?.(group);
    group.join('other');
    group.heartbeat({ memberEpoch: 2 });
  },
  waiting: (group) => {
    group.join('m', { subscribedTopicNames: ['u'] });
    group.join('other');
    group.heartbeat({ memberEpoch: 1, subscribedTopicNames: ['t', 'u'] });
  },
  away: (group) => {
    group.join('m', { instanceId: 'i' });
    group.heartbeat({ instanceId: 'i', memberEpoch: 1, subscribedTopicNames: ['t', 'u'] });
    group.heartbeat({ instanceId: 'i', memberEpoch: -2 });
  },
};

type Ask = (
  epochs: { now: number; before: number },
  has: HeartbeatRequest['topicPartitions'],
) => Partial<HeartbeatRequest>;

const full = { rebalanceTimeoutMs: 60_000, subscribedTopicNames: ['t', 'u'], topicPartitions: [] };
const REQUESTS: Readonly<Record<string, Ask>> = {
  joins: () => ({ memberEpoch: 0, ...full }),
  'comes with its epoch': ({ now }) => ({ memberEpoch: now }),
  'has just what it was told': ({ now }, has) => ({ memberEpoch: now, topicPartitions: has }),
  'missed an answer': ({ before }, has) => ({ memberEpoch: before, topicPartitions: has }),
  'missed an answer, and does not say what it has': ({ before }) => ({ memberEpoch: before }),
  'comes with an epoch of old': (_, has) => ({ memberEpoch: 77, topicPartitions: has }),
  leaves: () => ({ memberEpoch: -1 }),
  'goes away for a while': () => ({ memberEpoch: -2 }),
};

/** What member "m" is told and how it stands then, by state, in the order of the requests. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  'not a member': [
    '2 [u-0] → 2 waiting',
    'UNKNOWN_MEMBER_ID → gone',
    'UNKNOWN_MEMBER_ID → gone',
    'UNKNOWN_MEMBER_ID → gone',
    'UNKNOWN_MEMBER_ID → gone',
    'UNKNOWN_MEMBER_ID → gone',
    'UNKNOWN_MEMBER_ID → gone',
    'INVALID_REQUEST → gone',
  ],
  stable: [
    '2 [t-0,t-1,t-2,t-3,u-0] → 2 stable',
    '2 - → 2 stable',
    '2 - → 2 stable',
    '2 - → 2 stable',
    'FENCED_MEMBER_EPOCH → 2 stable',
    'FENCED_MEMBER_EPOCH → 2 stable',
    '-1 - → gone',
    'INVALID_REQUEST → 2 stable',
  ],
  'to give back': [
    '3 [t-2,t-3,u-0] → 3 stable',
    '2 - → 2 to give back',
    '3 - → 3 stable',
    '3 - → 3 stable',
    'FENCED_MEMBER_EPOCH → 2 to give back',
    'FENCED_MEMBER_EPOCH → 2 to give back',
    '-1 - → gone',
    'INVALID_REQUEST → 2 to give back',
  ],
  waiting: [
    '3 [u-0] → 3 waiting',
    '3 - → 3 waiting',
    '3 - → 3 waiting',
    '3 - → 3 waiting',
    'FENCED_MEMBER_EPOCH → 3 waiting',
    'FENCED_MEMBER_EPOCH → 3 waiting',
    '-1 - → gone',
    'INVALID_REQUEST → 3 waiting',
  ],
  away: [
    '2 [t-0,t-1,t-2,t-3,u-0] → 2 stable',
    'FENCED_MEMBER_EPOCH → -2 stable',
    'FENCED_MEMBER_EPOCH → -2 stable',
    'FENCED_MEMBER_EPOCH → -2 stable',
    'FENCED_MEMBER_EPOCH → -2 stable',
    'FENCED_MEMBER_EPOCH → -2 stable',
    '-1 - → gone',
    '-2 - → -2 stable',
  ],
};
const STANDS = ['stable', 'to give back', 'waiting'];

for (const [state, enter] of Object.entries(STATES)) {
  for (const [i, [name, ask]] of Object.entries(REQUESTS).entries()) {
    test(`a member that is ${state} ${name}`, () => {
      const group = new TestGroup(new TestTopics({ t: 4, u: 1 }));
      enter(group);
      const member = group.group.standing.members.get('m');
      const isAway = state === 'away';
      const epochs = {
        now: isAway ? 2 : (member?.memberEpoch ?? 1),
        before: member?.previousMemberEpoch ?? 1,
      };
      const has = Array.from(member?.assigned ?? [], ([topicId, partitions]) => ({
        topicId,
        partitions: [...partitions.keys()],
      }));
      const answer = group.heartbeat({ instanceId: isAway ? 'i' : null, ...ask(epochs, has) });
      const after = group.group.standing.members.get('m');
      const stands = after === undefined ? 'gone' : `${after.memberEpoch} ${STANDS[after.state]}`;
      assert.equal(`${textOf(answer)} → ${stands}`, EXPECTED[state]?.[i]);
    });
  }
}

test('a member that joins alone gets everything at once; a second one gets its half when the first has given it back', () => {
  const group = new TestGroup(new TestTopics({ t: 4 }));
  const a = group.join('a');
  assert.deepEqual(
    [a.memberEpoch, a.heartbeatIntervalMs, a.assigned],
    [1, 500, ['t-0', 't-1', 't-2', 't-3']],
  );
  const b = group.join('b');
  assert.deepEqual([b.memberEpoch, b.assigned, group.group.standing.state], [2, [], 'Reconciling']);
  assert.ok(b.heartbeatIntervalMs < 500, 'it is to ask again soon');

  assert.equal(textOf(group.heartbeat({ memberId: 'a', memberEpoch: 1 })), '1 [t-0,t-1]');
  assert.equal(textOf(group.heartbeat({ memberId: 'b', memberEpoch: 2 })), '2 -', 'still held by the first');
  const topicPartitions = group.topics.partitions(['t-0', 't-1']);
  assert.equal(textOf(group.heartbeat({ memberId: 'a', memberEpoch: 1, topicPartitions })), '2 -');
  const given = group.heartbeat({ memberId: 'b', memberEpoch: 2 });
  assert.deepEqual([textOf(given), given.heartbeatIntervalMs], ['2 [t-2,t-3]', 500]);
  assert.equal(group.group.standing.state, 'Stable');
});

test('a member that is silent for its session, or keeps what it must give back, is put out', () => {
  const group = new TestGroup(new TestTopics({ t: 4 }), { sessionTimeoutMs: 10_000 });
  group.join('slow', { rebalanceTimeoutMs: 15_000 });
  group.join('quick');
  group.heartbeat({ memberId: 'slow', memberEpoch: 1 });
  group.pass(8_000);
  group.heartbeat({ memberId: 'slow', memberEpoch: 1 });
  group.pass(1_999);
  assert.equal(group.group.standing.members.size, 2);
  group.pass(1);
  assert.deepEqual([...group.group.standing.members.keys()], ['slow'], 'the other was silent');
  group.heartbeat({ memberId: 'slow', memberEpoch: 1 });
  group.pass(4_999);
  assert.equal(group.group.standing.members.size, 1);
  group.pass(1);
  assert.equal(group.group.standing.state, 'Empty', 'it did not give partitions back');
  assert.equal(
    errorName(group.heartbeat({ memberId: 'slow', memberEpoch: 1 }).errorCode),
    'UNKNOWN_MEMBER_ID',
  );
  assert.equal(group.group.deadline, Number.POSITIVE_INFINITY);
});

test('timeouts start anew when the broker does', () => {
  const group = new TestGroup(new TestTopics({ t: 4 }));
  group.join('m');
  group.pass(44_000);
  group.restart();
  group.pass(44_000);
  assert.equal(group.group.standing.members.size, 1);
  group.pass(1_000);
  assert.equal(group.group.standing.members.size, 0);
});

test('a static member that went away comes back under another id and has what it had, unseen by the others', () => {
  const group = new TestGroup(new TestTopics({ t: 4 }));
  group.join('first', { instanceId: 'i' });
  group.join('other');
  group.heartbeat({ memberId: 'first', instanceId: 'i', memberEpoch: 1 });
  group.heartbeat({
    memberId: 'first',
    instanceId: 'i',
    memberEpoch: 1,
    topicPartitions: group.topics.partitions(['t-0', 't-1']),
  });
  group.heartbeat({ memberId: 'other', memberEpoch: 2 });
  assert.equal(group.group.standing.groupEpoch, 2);

  assert.equal(textOf(group.join('thief', { instanceId: 'i' })), 'UNRELEASED_INSTANCE_ID');
  assert.equal(textOf(group.heartbeat({ memberId: 'first', instanceId: 'i', memberEpoch: -2 })), '-2 -');
  assert.equal(textOf(group.join('second', { instanceId: 'i' })), '2 [t-0,t-1]');
  assert.equal(group.group.standing.groupEpoch, 2);
  assert.equal(textOf(group.heartbeat({ memberId: 'other', memberEpoch: 2 })), '2 -');
  assert.equal(
    textOf(group.heartbeat({ memberId: 'first', instanceId: 'i', memberEpoch: 2 })),
    'FENCED_INSTANCE_ID',
  );
  assert.equal(
    textOf(group.heartbeat({ memberId: 'first', instanceId: 'i', memberEpoch: -1 })),
    'FENCED_INSTANCE_ID',
  );
  assert.equal(
    textOf(group.heartbeat({ memberId: 'x', instanceId: 'j', memberEpoch: 2 })),
    'UNKNOWN_MEMBER_ID',
  );
});

test('a static member that went away and does not come back loses its place with its session', () => {
  const group = new TestGroup(new TestTopics({ t: 4 }));
  group.join('m', { instanceId: 'i' });
  group.pass(20_000);
  group.heartbeat({ memberId: 'm', instanceId: 'i', memberEpoch: -2 });
  group.pass(24_999);
  assert.equal(group.group.standing.members.size, 1);
  group.pass(1);
  assert.equal(group.group.standing.members.size, 0);
});

test('a static member whose join was answered into the void joins again under the same id', () => {
  const group = new TestGroup(new TestTopics({ t: 2 }));
  group.join('m', { instanceId: 'i' });
  assert.equal(textOf(group.join('m', { instanceId: 'i' })), '1 [t-0,t-1]');
});

const INVALID: readonly (readonly [string, Partial<HeartbeatRequest>, number?])[] = [
  ['no group', { groupId: ' ' }],
  ['an empty instance id', { instanceId: '' }],
  ['an empty rack', { rackId: '' }],
  ['a member epoch that cannot be', { memberEpoch: -3 }],
  ['no member id', { memberEpoch: 1, memberId: '' }],
  ['no member id in a join from v1 on', { memberId: '' }],
  ['a static leave without instance id', { memberEpoch: -2 }],
  ['a join without rebalance timeout', { rebalanceTimeoutMs: -1 }],
  ['a join that has partitions', { topicPartitions: [{ topicId: 'x', partitions: [0] }] }],
  ['a join that does not say that it has none', { topicPartitions: null }],
  ['a join without topics', { subscribedTopicNames: null }],
];
for (const [what, fields] of INVALID) {
  test(`a heartbeat with ${what} is invalid, and changes nothing`, () => {
    const group = new TestGroup(new TestTopics({ t: 1 }));
    const answer = group.join('m', fields);
    assert.equal(errorName(answer.errorCode), 'INVALID_REQUEST');
    assert.match(answer.errorMessage ?? '', /\.$/);
    assert.equal(group.log.length, 0);
  });
}

test('a member before v1 brings no id and is given one', () => {
  const group = new TestGroup(new TestTopics({ t: 1 }));
  const answer = group.heartbeat({ memberId: '', memberEpoch: 0, ...full }, 0);
  assert.deepEqual([textOf(answer), answer.memberId], ['1 [t-0]', 'made-0']);
});

test('an assignor that the broker has not is refused; the one most members ask for is taken', () => {
  const group = new TestGroup(new TestTopics({ t: 3, u: 3 }));
  const topics = { subscribedTopicNames: ['t', 'u'] };
  assert.equal(textOf(group.join('x', { ...topics, serverAssignor: 'sticky' })), 'UNSUPPORTED_ASSIGNOR');
  assert.equal(group.log.length, 0);
  group.join('a', { ...topics, serverAssignor: 'range' });
  assert.equal(group.group.assignorName, 'range');
  group.join('b', topics);
  const target = group.group.standing.targetOf('a');
  assert.deepEqual(
    group.topics.names(Array.from(target, ([topicId, partitions]) => ({ topicId, partitions }))),
    ['t-0', 't-1', 'u-0', 'u-1'],
  );
});

test('a group has no more members than it may; a known one may still join again', () => {
  const group = new TestGroup(new TestTopics({ t: 1 }), { maxSize: 1 });
  group.join('a');
  assert.equal(textOf(group.join('b')), 'GROUP_MAX_SIZE_REACHED');
  assert.equal(textOf(group.join('a')), '1 [t-0]');
});

test('topics that come, grow and go are found with the next heartbeat', () => {
  const group = new TestGroup(new TestTopics({}));
  assert.equal(textOf(group.join('m', { subscribedTopicNames: ['t', 'u'] })), '1 []');
  group.topics.set('t', 1);
  group.group.topicsChanged();
  assert.equal(textOf(group.heartbeat({ memberEpoch: 1 })), '2 [t-0]');
  group.topics.set('t', 2);
  group.topics.set('u', 1);
  group.group.topicsChanged();
  assert.equal(textOf(group.heartbeat({ memberEpoch: 2 })), '3 [t-0,t-1,u-0]');
  group.topics.set('other', 1);
  group.group.topicsChanged();
  assert.equal(textOf(group.heartbeat({ memberEpoch: 3 })), '3 -', 'a topic that nobody wants is no news');
  group.topics.delete('u');
  group.group.topicsChanged();
  assert.equal(textOf(group.heartbeat({ memberEpoch: 3 })), '3 [t-0,t-1]');
  assert.equal(
    textOf(group.heartbeat({ memberEpoch: 3, topicPartitions: group.topics.partitions(['t-0', 't-1']) })),
    '4 -',
  );
});

test('what a member does not subscribe to any more it gives back, even while it gives back something else', () => {
  const group = new TestGroup(new TestTopics({ t: 2, u: 1 }));
  group.join('m', { subscribedTopicNames: ['t', 'u'] });
  group.join('other', { subscribedTopicNames: ['t'] });
  assert.equal(textOf(group.heartbeat({ memberEpoch: 1 })), '1 [t-1,u-0]');
  assert.equal(textOf(group.heartbeat({ memberEpoch: 1, subscribedTopicNames: ['t'] })), '1 [t-1]');
});

test('patterns have the syntax of RE2 and match whole names; one that is none is refused with its reason', () => {
  const group = new TestGroup(new TestTopics({ logs: 1, 'logs-2': 1, blogs: 1 }));
  const none = { subscribedTopicNames: null };
  for (const regex of ['(', '(?=x)', '(a)\\1']) {
    const answer = group.join('m', { ...none, subscribedTopicRegex: regex });
    assert.equal(errorName(answer.errorCode), 'INVALID_REGULAR_EXPRESSION');
    assert.ok(answer.errorMessage?.includes(regex));
  }
  assert.equal(group.log.length, 0);
  assert.equal(
    textOf(group.join('m', { ...none, subscribedTopicRegex: 'logs(-\\d)?' })),
    '1 [logs-0,logs-2-0]',
  );
  group.topics.set('logs-3', 1);
  group.group.topicsChanged();
  assert.equal(textOf(group.heartbeat({ memberEpoch: 1 })), '2 [logs-0,logs-2-0,logs-3-0]');
  assert.equal(group.group.standing.isSubscribedTo('logs-3'), true);
  assert.equal(group.group.standing.isSubscribedTo('blogs'), false);
  group.heartbeat({ memberEpoch: 2, subscribedTopicRegex: '', subscribedTopicNames: ['blogs'] });
  assert.equal(group.group.standing.patterns.size, 0, 'nobody has it any more');
});

test('a pattern that would keep other engines busy for ever is matched at once; one that is too long is refused', () => {
  const group = new TestGroup(new TestTopics({ [`${'a'.repeat(200)}b`]: 1 }));
  const none = { subscribedTopicNames: null };
  assert.equal(textOf(group.join('m', { ...none, subscribedTopicRegex: '(a+)+' })), '1 []');
  const long = group.join('n', { ...none, subscribedTopicRegex: 'a?'.repeat(3000) });
  assert.equal(errorName(long.errorCode), 'INVALID_REGULAR_EXPRESSION');
  assert.match(long.errorMessage ?? '', /4096/);
});

test('a static member that comes back with a bad pattern is refused, and keeps its place', () => {
  const group = new TestGroup(new TestTopics({ t: 1 }));
  group.join('m', { instanceId: 'i' });
  group.heartbeat({ memberId: 'm', instanceId: 'i', memberEpoch: -2 });
  assert.equal(
    textOf(group.join('n', { instanceId: 'i', subscribedTopicRegex: '(' })),
    'INVALID_REGULAR_EXPRESSION',
  );
  assert.deepEqual([...group.group.standing.members.keys()], ['m']);
  assert.equal(textOf(group.join('n', { instanceId: 'i' })), '1 [t-0]');
});

test('a member commits with its epoch, or with an older one for what it has had since', () => {
  const group = new TestGroup(new TestTopics({ t: 4 }));
  const { standing } = group.group;
  const topicId = group.topics.topic('t')?.id ?? '';
  const commits = (memberId: string, generation: number, partition = 0, fields: object = {}) =>
    errorName(
      standing.commitProblem(
        { memberId, generation, groupInstanceId: null, apiVersion: 9, isTransactional: false, ...fields },
        topicId,
        partition,
      ),
    );
  assert.equal(commits('', -1), 'NONE', 'nobody is a member: anybody may');
  group.join('m');
  assert.equal(commits('', -1), 'UNKNOWN_MEMBER_ID');
  assert.equal(commits('', -1, 0, { isTransactional: true }), 'NONE');
  assert.equal(commits('m', 1), 'NONE');
  assert.equal(commits('m', 1, 0, { apiVersion: 8 }), 'UNSUPPORTED_VERSION');
  assert.equal(commits('m', 2), 'STALE_MEMBER_EPOCH');
  assert.equal(commits('m', 0), 'STALE_MEMBER_EPOCH');
  group.join('other');
  group.heartbeat({ memberEpoch: 1 });
  group.heartbeat({ memberEpoch: 1, topicPartitions: group.topics.partitions(['t-0', 't-1']) });
  assert.equal(commits('m', 1), 'NONE', 'it has had it since epoch 1');
  assert.equal(commits('m', 1, 3), 'STALE_MEMBER_EPOCH', 'it is another’s now');
  assert.equal(standing.fetchProblem('m', 2), ErrorCode.NONE);
  assert.equal(standing.fetchProblem('m', 1), ErrorCode.STALE_MEMBER_EPOCH);
  assert.equal(standing.fetchProblem(null, -1), ErrorCode.NONE);
  assert.equal(standing.fetchProblem('x', 1), ErrorCode.UNKNOWN_MEMBER_ID);
});

test('the tombstones of a group leave nothing of it', () => {
  const group = new TestGroup(new TestTopics({ t: 4 }));
  group.join('m', { subscribedTopicRegex: 't.*' });
  group.join('n', { instanceId: 'i' });
  for (const record of group.group.standing.tombstones()) group.keep({ records: [record], replies: [] });
  group.restart();
  const { members, targets, patterns, groupEpoch } = group.group.standing;
  assert.deepEqual([members.size, targets.size, patterns.size, groupEpoch], [0, 0, 0, 0]);
});

// A member of the consumer protocol against a coordinator that says what the test wants.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FindCoordinator } from '@klamm/protocol/api/10-find-coordinator';
import { JoinGroup } from '@klamm/protocol/api/11-join-group';
import { ConsumerGroupHeartbeat } from '@klamm/protocol/api/68-consumer-group-heartbeat';
import { ErrorCode } from '@klamm/protocol/error-codes';
import type { Decoded, Encodable } from '@klamm/protocol/schema/fields';
import { HANG_UP, SILENCE } from '../../network/scripted-broker.ts';
import { startMember } from './testing/recorder.ts';
import { idOf, type ScriptedGroup, startScriptedGroup } from './testing/scripted-group.ts';

type Request = Decoded<(typeof ConsumerGroupHeartbeat)['request']['fields']>;
type Response = Encodable<(typeof ConsumerGroupHeartbeat)['response']['fields']>;
type Outcome = Response | typeof HANG_UP | typeof SILENCE;

const FAST = { retryBackOff: { firstMs: 1, mostMs: 5 } };

/** An assignment of partitions of `t`, or of another topic. */
function gives(partitions: readonly number[], topic = 't') {
  return { topicPartitions: partitions.length === 0 ? [] : [{ topicId: idOf(topic), partitions }] };
}

interface Script {
  readonly heard: Request[];
  /** The answers to the next heartbeats, in turn; all others bring no news. */
  next(...answers: readonly Outcome[]): void;
}

function script(broker: ScriptedGroup, ...first: readonly Outcome[]): Script {
  const heard: Request[] = [];
  const answers = [...first];
  let epoch = 0;
  broker.on(ConsumerGroupHeartbeat, (request) => {
    heard.push(request);
    const outcome = answers.shift();
    if (typeof outcome === 'symbol') return outcome;
    epoch = outcome?.memberEpoch ?? epoch;
    return { heartbeatIntervalMs: 5, memberEpoch: epoch, ...outcome };
  });
  return { heard, next: (...more) => void answers.push(...more) };
}

function ownedIn(request: Request | undefined): readonly number[] | undefined {
  return request?.topicPartitions?.flatMap(({ partitions }) => [...partitions]);
}

test('it joins with all it has to say, then says only what changed, and leaves with -1', async () => {
  await using broker = await startScriptedGroup();
  const { heard } = script(broker, { memberEpoch: 7, assignment: gives([0, 2]) });
  const member = startMember(
    { brokers: broker.bootstrap, ...FAST },
    { rackId: 'r', serverAssignor: 'range' },
  );
  await member.holds(2);
  await member.until(() => heard.length > 6);
  const [join, ...others] = heard;
  assert.match(join?.memberId ?? '', /^[\w-]{22}$/);
  assert.deepEqual(
    { ...join, memberId: '' },
    {
      groupId: 'g',
      memberId: '',
      memberEpoch: 0,
      instanceId: null,
      rackId: 'r',
      rebalanceTimeoutMs: 300_000,
      subscribedTopicNames: ['t'],
      subscribedTopicRegex: null,
      serverAssignor: 'range',
      topicPartitions: [],
    },
  );
  const nothing = { rackId: null, rebalanceTimeoutMs: -1, subscribedTopicNames: null, serverAssignor: null };
  const told = others.filter(({ topicPartitions }) => topicPartitions !== null);
  assert.deepEqual(told, [{ ...join, ...nothing, memberEpoch: 7, ...gives([0, 2]) }]);
  assert.deepEqual(others.at(-1), { ...join, ...nothing, memberEpoch: 7, topicPartitions: null });
  assert.deepEqual([member.membership.memberId, member.membership.generation], [join?.memberId, 7]);
  await member.membership.leave();
  assert.equal(heard.at(-1)?.memberEpoch, -1);
  assert.deepEqual(member.calls, ['assigned t-0 t-2', 'revoked t-0 t-2']);
  assert.deepEqual([member.membership.memberId, member.membership.generation], ['', -1]);
});

test('what it gives back is told at once, when the owner has finished, and heartbeats go on meanwhile', async () => {
  await using broker = await startScriptedGroup();
  let finish = (): void => {};
  const { heard, next } = script(broker, { memberEpoch: 1, assignment: gives([0, 1, 2]) });
  const member = startMember({ brokers: broker.bootstrap, ...FAST });
  member.onRevoked = () =>
    new Promise((resolve) => {
      finish = resolve;
    });
  await member.until(() => heard.some((request) => ownedIn(request)?.length === 3));
  const before = heard.length;
  next({ assignment: gives([0]) });
  await member.until(() => member.calls.length === 2 && heard.length > before + 5);
  assert.ok(heard.slice(before).every(({ topicPartitions }) => topicPartitions === null));
  assert.equal(member.membership.assignment.length, 3, 'what is being given back can still be committed');
  finish();
  await member.until(() => heard.slice(before).some(({ topicPartitions }) => topicPartitions !== null));
  assert.deepEqual(ownedIn(heard.slice(before).find(({ topicPartitions }) => topicPartitions !== null)), [0]);
  assert.deepEqual(member.calls, ['assigned t-0 t-1 t-2', 'revoked t-1 t-2']);
  member.onRevoked = async () => {};
  await member.membership.leave();
});

test('it tells at once of partitions given back, however long the interval', async () => {
  await using broker = await startScriptedGroup();
  const rarely = { heartbeatIntervalMs: 600_000 };
  const { heard, next } = script(broker, { memberEpoch: 1, assignment: gives([0, 1]), ...rarely });
  const member = startMember({ brokers: broker.bootstrap, ...FAST }, rarely);
  await member.holds(2);
  next({ assignment: gives([0]), ...rarely }, rarely, rarely, rarely);
  await member.until(() => heard.some((request) => ownedIn(request)?.join() === '0'));
  await member.membership.leave();
});

for (const code of [ErrorCode.FENCED_MEMBER_EPOCH, ErrorCode.UNKNOWN_MEMBER_ID]) {
  test(`a member that is not known any more (${code}) loses all it has and joins again`, async () => {
    await using broker = await startScriptedGroup();
    const { heard, next } = script(broker, { memberEpoch: 3, assignment: gives([0, 1]) });
    const member = startMember({ brokers: broker.bootstrap, ...FAST });
    await member.holds(2);
    next({ errorCode: code }, { memberEpoch: 5, assignment: gives([1]) });
    await member.holds(1);
    assert.deepEqual(member.calls, ['assigned t-0 t-1', 'lost t-0 t-1', 'assigned t-1']);
    const [first, again] = heard.filter(({ memberEpoch }) => memberEpoch === 0);
    assert.deepEqual(again, first, 'the same member joins as it did before');
    assert.equal(member.membership.generation, 5);
    await member.membership.leave();
  });
}

test('it outlives a broker that hangs up, moves the group, loads it or restarts: it keeps its partitions and says all', async () => {
  await using broker = await startScriptedGroup();
  let searches = 0;
  broker.on(FindCoordinator, ({ coordinatorKeys }) => {
    const errorCode = searches++ % 2 === 0 ? ErrorCode.COORDINATOR_NOT_AVAILABLE : 0;
    return {
      coordinators: coordinatorKeys.map((key) => ({
        key,
        nodeId: 1,
        host: '127.0.0.1',
        port: broker.port,
        errorCode,
      })),
    };
  });
  const troubles: readonly Outcome[] = [
    HANG_UP,
    { errorCode: ErrorCode.NOT_COORDINATOR },
    { errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE },
    { errorCode: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS },
  ];
  const { heard, next } = script(broker, { memberEpoch: 3, assignment: gives([0, 1]) });
  const member = startMember({ brokers: broker.bootstrap, ...FAST });
  await member.holds(2);
  const before = heard.length;
  next(...troubles);
  await member.until(() => heard.length > before + troubles.length);
  for (const request of heard.slice(before + 1, before + troubles.length + 1)) {
    assert.equal(request.memberEpoch, 3);
    assert.deepEqual(request.subscribedTopicNames, ['t']);
    assert.deepEqual(ownedIn(request), [0, 1]);
  }
  await member.until(() => member.log.at(-1) === 'coordinator');
  assert.deepEqual(member.calls, ['assigned t-0 t-1']);
  assert.ok(member.log.includes('error NETWORK_EXCEPTION') && member.log.includes('error NOT_COORDINATOR'));
  await member.membership.leave();
});

for (const name of [
  'GROUP_AUTHORIZATION_FAILED',
  'TOPIC_AUTHORIZATION_FAILED',
  'UNSUPPORTED_ASSIGNOR',
  'INVALID_REGULAR_EXPRESSION',
  'GROUP_MAX_SIZE_REACHED',
  'UNRELEASED_INSTANCE_ID',
  'FENCED_INSTANCE_ID',
  'INVALID_REQUEST',
  'UNSUPPORTED_VERSION',
] as const) {
  test(`${name} ends the membership, and what it had is lost`, async () => {
    await using broker = await startScriptedGroup();
    const { next } = script(broker, { memberEpoch: 3, assignment: gives([0]) });
    const member = startMember({ brokers: broker.bootstrap, ...FAST }, { protocol: 'consumer' });
    await member.holds(1);
    next({ errorCode: ErrorCode[name], errorMessage: 'for a reason' });
    await member.until(() => member.failure !== undefined);
    assert.deepEqual(member.calls, ['assigned t-0', 'lost t-0', `failed ${name}`]);
    assert.match(member.failure?.message ?? '', /^The group "g": .*The broker says: for a reason$/);
    await member.membership.leave();
  });
}

test('the partitions of a topic that the cluster does not know yet are taken as soon as it does', async () => {
  await using broker = await startScriptedGroup();
  const topicPartitions = [...gives([3]).topicPartitions, ...gives([0], 'new').topicPartitions];
  script(broker, { memberEpoch: 1, assignment: { topicPartitions } });
  const member = startMember({ brokers: broker.bootstrap, ...FAST }, { topics: ['t', 'new'] });
  await member.until(() => member.log.includes('error UNKNOWN_TOPIC_ID'));
  assert.deepEqual([...member.held], ['t-3']);
  broker.topics.set('new', 1);
  await member.holds(2);
  await member.membership.leave();
});

test('topics are told apart by their ids, and what goes is given back first', async () => {
  await using broker = await startScriptedGroup();
  broker.topics.set('again', 1);
  const { next } = script(broker, { memberEpoch: 1, assignment: gives([0]) });
  const member = startMember({ brokers: broker.bootstrap, ...FAST });
  await member.holds(1);
  next({ memberEpoch: 2, assignment: gives([0], 'again') });
  await member.until(() => member.calls.length === 3);
  assert.deepEqual(member.calls, ['assigned t-0', 'revoked t-0', 'assigned again-0']);
  await member.membership.leave();
});

test('a pattern goes to the broker as RE2, and is taken back by an empty one', async () => {
  await using broker = await startScriptedGroup();
  const { heard } = script(broker, { memberEpoch: 1, assignment: gives([]) });
  const member = startMember({ brokers: broker.bootstrap, ...FAST }, { topics: /orders-.+/iu });
  await member.until(() => heard.length > 1);
  assert.deepEqual([heard[0]?.subscribedTopicRegex, heard[0]?.subscribedTopicNames], ['(?i)orders-.+', []]);
  assert.deepEqual([heard[1]?.subscribedTopicRegex, heard[1]?.subscribedTopicNames], [null, null]);
  member.membership.subscribe(['t']);
  await member.until(() => heard.some(({ subscribedTopicRegex: regex }) => regex === ''));
  assert.deepEqual(heard.find(({ subscribedTopicRegex: regex }) => regex === '')?.subscribedTopicNames, [
    't',
  ]);
  assert.deepEqual(member.calls, ['assigned'], 'that it has nothing is told too');
  await member.membership.leave();
});

test('a static member says its name each time, and leaves for a moment with -2', async () => {
  await using broker = await startScriptedGroup();
  const { heard } = script(broker, { memberEpoch: 1, assignment: gives([0]) });
  const member = startMember({ brokers: broker.bootstrap, ...FAST }, { instanceId: 'i' });
  await member.until(() => heard.length > 2);
  await member.membership.leave();
  assert.ok(heard.every(({ instanceId }) => instanceId === 'i'));
  assert.equal(heard.at(-1)?.memberEpoch, -2);
});

test('a suspended member is out of its group until it is resumed', async () => {
  await using broker = await startScriptedGroup();
  const { heard } = script(broker, { memberEpoch: 4, assignment: gives([0]) });
  const member = startMember({ brokers: broker.bootstrap, ...FAST });
  await member.holds(1);
  await member.membership.suspend('the program is slow');
  assert.deepEqual(member.calls, ['assigned t-0', 'lost t-0']);
  assert.equal(heard.at(-1)?.memberEpoch, -1);
  assert.equal(member.membership.memberId, '');
  const count = heard.length;
  broker.on(ConsumerGroupHeartbeat, (request) => {
    heard.push(request);
    return { memberEpoch: 6, heartbeatIntervalMs: 5, assignment: gives([0]) };
  });
  member.membership.resume();
  await member.holds(1);
  assert.equal(heard[count]?.memberEpoch, 0);
  await member.membership.leave();
});

test('leaving takes partitions back first, gives none any more, and does not wait for a broker that is silent', async () => {
  await using broker = await startScriptedGroup();
  const { heard } = script(broker, { memberEpoch: 1, assignment: gives([0]) });
  const member = startMember({ brokers: broker.bootstrap, ...FAST });
  await member.holds(1);
  member.onRevoked = async () => {
    broker.on(ConsumerGroupHeartbeat, (request) => {
      heard.push(request);
      return request.memberEpoch < 0
        ? SILENCE
        : { memberEpoch: 2, heartbeatIntervalMs: 5, assignment: gives([0, 1]) };
    });
    const count = heard.length;
    await member.until(() => heard.length > count + 2);
  };
  await member.membership.leave();
  assert.deepEqual(member.calls, ['assigned t-0', 'revoked t-0']);
  await assert.rejects(member.membership.request(FindCoordinator, {}), { code: 'CLOSED' });
});

test('a member that was never started, or never taken in, just ends', async () => {
  await using broker = await startScriptedGroup();
  broker.on(ConsumerGroupHeartbeat, () => SILENCE);
  const member = startMember({ brokers: broker.bootstrap, ...FAST });
  await member.until(() => broker.requests.includes('ConsumerGroupHeartbeat'));
  await member.membership.leave();
  assert.deepEqual(member.calls, []);
});

test('auto takes the classic protocol where the broker does not offer the other, or refuses it for this group', async () => {
  await using older = await startScriptedGroup([ConsumerGroupHeartbeat.key]);
  await using refusing = await startScriptedGroup();
  script(refusing, { errorCode: ErrorCode.GROUP_ID_NOT_FOUND });
  for (const broker of [older, refusing]) {
    broker.on(JoinGroup, () => ({ errorCode: ErrorCode.GROUP_MAX_SIZE_REACHED }));
    const member = startMember({ brokers: broker.bootstrap, ...FAST });
    await member.until(() => broker.requests.includes('JoinGroup'));
    await member.membership.leave();
  }
});

// Members that join, stay silent, lose answers, change their minds and leave, brokers that die, topics that grow, in
// any order: the promises of the consumer protocol hold all the time.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Consumer } from '../../testing/consumer.ts';
import { CONSUMER_SETTINGS, TestGroup, TestTopics } from '../../testing/group-members.ts';
import type { ConsumerStanding } from './consumer-standing.ts';

const { sessionTimeoutMs } = CONSUMER_SETTINGS;

type Action =
  | { kind: 'heartbeat'; who: number; isLost: boolean }
  | { kind: 'leave' | 'goAway' | 'forget'; who: number }
  | { kind: 'subscribe'; who: number; topics: string[]; regex: string | null }
  | { kind: 'grow'; topic: string; count: number }
  | { kind: 'drop'; topic: string }
  | { kind: 'restart'; isCompacted: boolean }
  | { kind: 'pass'; ms: number };

const who = fc.nat({ max: 5 });
const topicName = fc.constantFrom('t', 'u', 'v');
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.record({ kind: fc.constant('heartbeat' as const), who, isLost: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('leave' as const, 'goAway' as const, 'forget' as const),
      who,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('subscribe' as const),
      who,
      topics: fc.uniqueArray(topicName, { maxLength: 3 }),
      regex: fc.option(fc.constantFrom('t|u', '[uv]', '.*'), { freq: 2 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('grow' as const),
      topic: topicName,
      count: fc.integer({ min: 1, max: 9 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop' as const), topic: topicName }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const), isCompacted: fc.boolean() }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 20_000 }) }),
  },
);

test('no partition ever has two owners, epochs only grow, and everybody gets there in the end', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 150, size: 'max' }), (actions) => {
      const topics = new TestTopics({ t: 5 });
      const group = new TestGroup(topics);
      const consumers = Array.from({ length: 6 }, (_, i) => new Consumer(`m${i}`, i < 2 ? `i${i}` : null));
      let epoch = 0;
      for (const each of actions) {
        act(each, group, topics, consumers);
        assert.ok(group.group.standing.groupEpoch >= epoch, 'the group epoch only grows');
        epoch = group.group.standing.groupEpoch;
        assertOneOwnerEach(group, consumers);
      }
      for (let round = 0; round < 8; round++) {
        for (const consumer of consumers) consumer.heartbeat(group, false);
        assertOneOwnerEach(group, consumers);
      }
      assertAllShared(group, topics, consumers);
    }),
    { numRuns: 300 },
  );
});

function act(each: Action, group: TestGroup, topics: TestTopics, consumers: readonly Consumer[]): void {
  const consumer = 'who' in each ? consumers[each.who] : undefined;
  switch (each.kind) {
    case 'heartbeat':
      consumer?.heartbeat(group, each.isLost);
      break;
    case 'leave':
      consumer?.leave(group);
      break;
    case 'goAway':
      if (consumer === undefined || consumer.instanceId === null) break;
      group.heartbeat({ memberId: consumer.memberId, instanceId: consumer.instanceId, memberEpoch: -2 });
      consumer.lose();
      break;
    case 'forget':
      // The process died: the next one starts from nothing.
      consumer?.lose();
      break;
    case 'subscribe':
      if (consumer === undefined) break;
      consumer.topics = each.topics;
      consumer.regex = each.regex;
      consumer.isInSync = false;
      break;
    case 'grow':
      topics.set(each.topic, Math.max(each.count, topics.topic(each.topic)?.partitions.length ?? 0));
      group.group.topicsChanged();
      break;
    case 'drop':
      for (const other of consumers) {
        for (const name of other.owned) if (name.startsWith(each.topic)) other.owned.delete(name);
      }
      topics.delete(each.topic);
      group.group.topicsChanged();
      break;
    case 'restart': {
      const before = stateOf(group.group.standing);
      group.restart(each.isCompacted);
      assert.deepEqual(
        stateOf(group.group.standing),
        before,
        'what was there before the restart is there after it',
      );
      break;
    }
    case 'pass':
      group.pass(each.ms);
      // A consumer that has not heard from its coordinator for so long counts itself out.
      for (const other of consumers) if (group.now - other.heardAt >= sessionTimeoutMs) other.lose();
      break;
  }
}

function assertOneOwnerEach(group: TestGroup, consumers: readonly Consumer[]): void {
  const owners = new Map<string, string>();
  for (const { memberId, owned } of consumers) {
    for (const name of owned) {
      assert.equal(owners.get(name), undefined, `${name} belongs to ${owners.get(name)} and ${memberId}`);
      owners.set(name, memberId);
    }
  }
  const holders = new Set<string>();
  for (const { assigned, pendingRevocation } of group.group.standing.members.values()) {
    for (const held of [assigned, pendingRevocation]) {
      for (const [topicId, partitions] of held) {
        for (const partition of partitions.keys()) {
          const name = `${topicId}-${partition}`;
          assert.ok(!holders.has(name), `${name} is held twice`);
          holders.add(name);
        }
      }
    }
  }
}

/** Each partition that somebody wants has an owner who wants it, and equal wishes get equal shares. */
function assertAllShared(group: TestGroup, topics: TestTopics, consumers: readonly Consumer[]): void {
  assert.equal(group.group.standing.state, 'Stable');
  const wants = consumers.map(
    ({ topics: names, regex }) =>
      (topic: string) =>
        names.includes(topic) || (regex !== null && new RegExp(`^(${regex})$`).test(topic)),
  );
  for (const { name, partitions } of topics.topics) {
    const isWanted = wants.some((wantsTopic) => wantsTopic(name));
    for (const { index } of partitions) {
      const owner = consumers.findIndex(({ owned }) => owned.has(`${name}-${index}`));
      assert.equal(owner >= 0, isWanted, `${name}-${index}`);
      if (owner >= 0) assert.ok(wants[owner]?.(name), `${name}-${index} is with one that wants it`);
    }
  }
  const areAlike = topics.topics.every(
    ({ name }) => new Set(wants.map((wantsTopic) => wantsTopic(name))).size === 1,
  );
  const shares = consumers.map(({ owned }) => owned.size);
  if (areAlike) assert.ok(Math.max(...shares) - Math.min(...shares) <= 1, `shares of ${shares}`);
}

function stateOf(standing: ConsumerStanding): object {
  const byKey = <V>(entries: Iterable<readonly [string, V]>) =>
    new Map([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    groupEpoch: standing.groupEpoch,
    assignmentEpoch: standing.assignmentEpoch,
    metadataHash: standing.metadataHash,
    members: byKey(standing.members),
    targets: byKey([...standing.targets].map(([id, sets]) => [id, sets])),
    patterns: byKey(Array.from(standing.patterns, ([id, { topics }]) => [id, topics])),
    byInstance: ['i0', 'i1'].map((id) => standing.idOf(id)),
  };
}

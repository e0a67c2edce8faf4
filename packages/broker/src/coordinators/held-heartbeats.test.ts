// Members whose heartbeats wait for news, over a network without delay: a rebalance is over when no time has passed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorName } from '@klamm/protocol/error-codes';
import fc from 'fast-check';
import { CONSUMER_SETTINGS, heartbeatOf, TestTopics } from '../testing/group-members.ts';
import { TestShard } from '../testing/test-shard.ts';

const { heartbeatIntervalMs } = CONSUMER_SETTINGS;

/** Has one heartbeat under way at any time: it sends the next one when it is answered with news, or after a while. */
class PatientConsumer {
  readonly #shard: TestShard;
  readonly memberId: string;
  epoch = 0;
  owned = new Set<string>();
  isWaiting = false;
  answers = 0;
  /** When it sends the next one. */
  nextAt = 0;

  constructor(shard: TestShard, memberId: string) {
    this.#shard = shard;
    this.memberId = memberId;
  }

  send(): void {
    assert.ok(!this.isWaiting, 'one at a time');
    this.isWaiting = true;
    const isJoin = this.epoch === 0;
    const request = heartbeatOf('g', {
      memberId: this.memberId,
      memberEpoch: this.epoch,
      rebalanceTimeoutMs: isJoin ? 60_000 : -1,
      subscribedTopicNames: isJoin ? ['t'] : null,
      topicPartitions: this.#shard.topics.partitions([...this.owned]),
    });
    this.#shard.heldHeartbeat(
      request,
      ({ errorCode = 0, memberEpoch = 0, assignment, heartbeatIntervalMs: interval = 0 }) => {
        assert.ok(this.isWaiting, 'a heartbeat is answered once');
        this.isWaiting = false;
        this.answers++;
        assert.equal(errorName(errorCode), 'NONE', this.memberId);
        const isNews = memberEpoch !== this.epoch || assignment != null;
        this.epoch = memberEpoch;
        if (assignment != null)
          this.owned = new Set(this.#shard.topics.names(assignment.topicPartitions ?? []));
        this.nextAt = this.#shard.now + (isNews ? 0 : interval);
      },
    );
  }

  leave(): void {
    this.#shard.consumerHeartbeat(heartbeatOf('g', { memberId: this.memberId, memberEpoch: -1 }));
    this.epoch = 0;
    this.owned.clear();
    this.isWaiting = false;
  }
}

/** Sends whatever is to be sent now. */
function run(members: readonly PatientConsumer[], now: number): void {
  for (let i = 0; i < 1000; i++) {
    const next = members.find(({ isWaiting, nextAt }) => !isWaiting && nextAt <= now);
    if (next === undefined) return;
    next.send();
  }
  assert.fail('members and coordinator keep each other busy');
}

const action = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('join' as const), slot: fc.nat({ max: 5 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('leave' as const), slot: fc.nat({ max: 5 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('grow' as const), slot: fc.nat({ max: 5 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), slot: fc.integer({ min: 1, max: 4_000 }) }),
  },
);

test('a rebalance takes round trips and no time, each heartbeat is answered once, and none waits longer than its interval', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40, size: 'max' }), (actions) => {
      const shard = new TestShard(new TestTopics({ t: 6 }));
      const slots: (PatientConsumer | undefined)[] = [];
      let partitions = 6;
      let made = 0;
      for (const { kind, slot } of actions) {
        if (kind === 'join') slots[slot] ??= new PatientConsumer(shard, `m${made++}`);
        else if (kind === 'leave') {
          slots[slot]?.leave();
          slots[slot] = undefined;
        } else if (kind === 'grow') {
          partitions++;
          shard.topics.set('t', partitions);
          shard.topicsChanged();
        } else shard.pass(slot);
        const members = slots.filter((member) => member !== undefined);
        run(members, shard.now);
        const all = members.flatMap(({ owned }) => [...owned]);
        assert.equal(new Set(all).size, all.length, 'one owner each');
        if (members.every(({ isWaiting }) => isWaiting) && members.length > 0) {
          const shares = members.map(({ owned }) => owned.size);
          assert.equal(all.length, partitions, `everything is shared out: ${shares}`);
          assert.ok(Math.max(...shares) - Math.min(...shares) <= 1, `evenly: ${shares}`);
        }
      }
      const members = slots.filter((member) => member !== undefined);
      const answers = members.map((member) => member.answers);
      shard.pass(heartbeatIntervalMs);
      for (const [i, member] of members.entries())
        assert.ok(member.answers > (answers[i] ?? 0) || !member.isWaiting);
    }),
    { numRuns: 300 },
  );
});

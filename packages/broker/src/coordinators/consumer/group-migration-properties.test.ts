// Members of both protocols that come, go, fall silent and move over in any order, in a group that may change its own
// protocol at any time, on brokers that die: no partition has two owners, and all get there in the end.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ClassicConsumer } from '../../testing/classic-consumer.ts';
import { Consumer } from '../../testing/consumer.ts';
import { TestTopics } from '../../testing/group-members.ts';
import { TestShard } from '../../testing/test-shard.ts';

const PARTITIONS = 6;
const CLASSIC_SESSION_MS = 10_000;
const SESSION_MS = 45_000;

const slot = fc.nat({ max: 4 });
const action = fc.oneof(
  { weight: 16, arbitrary: fc.record({ kind: fc.constant('step' as const), slot }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), slot }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('move' as const), slot }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const), isCompacted: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 4_000 }) }),
  },
);

/** A consumer whose process may be started anew with the other protocol. */
class Process {
  readonly #shard: TestShard;
  readonly #name: string;
  readonly #isCooperative: boolean;
  #starts = 0;
  member: Consumer | ClassicConsumer;

  constructor(shard: TestShard, name: string, isClassic: boolean, isCooperative: boolean) {
    this.#shard = shard;
    this.#name = name;
    this.#isCooperative = isCooperative;
    this.member = this.#start(isClassic);
  }

  step(): void {
    if (this.member instanceof Consumer) this.member.heartbeat(this.#shard.groupOf('g'), false);
    else this.member.step();
  }

  leave(): void {
    if (this.member instanceof Consumer) this.member.leave(this.#shard.groupOf('g'));
    else if (!this.member.isWaiting && this.member.memberId !== '') this.member.leave();
  }

  move(): void {
    this.leave();
    this.member.lose();
    this.member = this.#start(this.member instanceof Consumer);
  }

  /** Nobody answered for so long that it counts itself out. */
  tire(now: number): void {
    const { member } = this;
    // A join may take long.
    if (member instanceof ClassicConsumer && member.isWaiting) return;
    const sessionMs = member instanceof Consumer ? SESSION_MS : CLASSIC_SESSION_MS;
    if (now - member.heardAt >= sessionMs) member.lose();
  }

  /** The connection is gone, and the answer with it. */
  drop(): void {
    if (this.member instanceof ClassicConsumer && this.member.isWaiting) {
      this.member.isWaiting = false;
      this.member.needsJoin = true;
    }
  }

  #start(isClassic: boolean): Consumer | ClassicConsumer {
    const protocols = this.#isCooperative ? ['cooperative-sticky', 'range'] : ['range'];
    if (isClassic) return new ClassicConsumer(this.#shard, 'g', { protocols });
    return new Consumer(`${this.#name}-${this.#starts++}`, null);
  }
}

test('a group of both protocols keeps one owner for each partition, and gets there in the end', () => {
  fc.assert(
    fc.property(
      fc.array(action, { maxLength: 120, size: 'max' }),
      fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
      fc.constantFrom('bidirectional', 'upgrade', 'downgrade'),
      (actions, isClassic, migrationPolicy) => {
        const shard = new TestShard(new TestTopics({ t: PARTITIONS }), { migrationPolicy });
        const processes = isClassic.map((each, i) => new Process(shard, `m${i}`, each, i % 2 === 0));
        for (const each of actions) {
          if (each.kind === 'step') processes[each.slot]?.step();
          else if (each.kind === 'leave') processes[each.slot]?.leave();
          else if (each.kind === 'move') processes[each.slot]?.move();
          else if (each.kind === 'restart') {
            shard.restart(each.isCompacted);
            for (const process of processes) process.drop();
          } else {
            shard.pass(each.ms);
            for (const process of processes) process.tire(shard.now);
          }
          assertOneOwnerEach(processes);
        }
        // Whoever died without leaving is put out, and the others share what is there.
        for (let round = 0; round < 40; round++) {
          shard.pass(3_000);
          for (const process of processes) process.step();
          assertOneOwnerEach(processes);
        }
        const refused = processes.filter(({ member }) => member instanceof Consumer && member.epoch === 0);
        const isMixed = migrationPolicy === 'downgrade' && shard.shard.typeOf('g') === 'classic';
        assert.ok(refused.length === 0 || isMixed, 'only a policy keeps consumers out of a classic group');
        const shares = processes
          .filter((each) => !refused.includes(each))
          .map(({ member }) => member.owned.size);
        assert.equal(
          shares.reduce((sum, size) => sum + size, 0),
          shares.length === 0 ? 0 : PARTITIONS,
          `shares of ${shares} in a ${shard.shard.typeOf('g')} group`,
        );
      },
    ),
    { numRuns: 200 },
  );
});

function assertOneOwnerEach(processes: readonly Process[]): void {
  const all = processes.flatMap(({ member }) => [...member.owned]);
  assert.equal(new Set(all).size, all.length, `one owner each of ${all.sort()}`);
}

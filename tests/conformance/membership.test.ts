// Our members in groups of a whole broker, in every protocol: what they hold together is always every partition at
// most once, and every partition once when they have settled. The same against Apache Kafka, by KLAMM_TEST_BOOTSTRAP.
//
// The draws of the storm are printed as a seed; KLAMM_SEED repeats them (not the machine's own timing).

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { sleep, systemClock } from '@klamm/base/clock';
import { seededRandom } from '@klamm/base/random';
import { Kafka } from '@klamm/client/client';
import type { MembershipOptions } from '@klamm/client/group/membership/membership';
import { startMember } from '@klamm/client/group/membership/testing/recorder';
import { rangeAssignor } from '@klamm/protocol/groups/assignors/range';
import { roundRobinAssignor } from '@klamm/protocol/groups/assignors/round-robin';
import { cooperativeStickyAssignor, stickyAssignor } from '@klamm/protocol/groups/assignors/sticky';
import type { Broker } from '../peers/broker.ts';
import { startKlamm } from '../peers/klamm.ts';

const KINDS: Readonly<Record<string, Partial<MembershipOptions>>> = {
  consumer: { protocol: 'consumer' },
  'consumer, range': { protocol: 'consumer', serverAssignor: 'range' },
  range: { protocol: 'classic', assignors: [rangeAssignor] },
  roundrobin: { protocol: 'classic', assignors: [roundRobinAssignor] },
  sticky: { protocol: 'classic', assignors: [stickyAssignor] },
  'cooperative-sticky': { protocol: 'classic', assignors: [cooperativeStickyAssignor] },
};

type Recorded = ReturnType<typeof startMember>;

let broker: Broker;
let kafka: Kafka;
before(async () => {
  broker = await startKlamm();
  kafka = new Kafka({ brokers: broker.bootstrap });
});
after(() => broker[Symbol.asyncDispose]());

function join(options: Partial<MembershipOptions>): Recorded {
  // Topics are looked at often, so that a test need not wait for minutes.
  const client = { brokers: broker.bootstrap, metadataMaxAgeMs: 200 };
  return startMember(client, { heartbeatIntervalMs: 200, sessionTimeoutMs: 10_000, ...options });
}

async function newTopic(partitions: number, name = `t-${randomUUID()}`): Promise<string> {
  await using admin = kafka.admin();
  await admin.createTopic({ name, partitions });
  return name;
}

async function closeAll(members: Iterable<Recorded>): Promise<void> {
  await Promise.all(Array.from(members, ({ membership }) => membership.leave()));
}

/** Throws where a partition has two owners; the number of owned partitions. */
function countOwned(members: Iterable<Recorded>): number {
  const owned = new Set<string>();
  for (const { held } of members) {
    for (const partition of held) {
      assert.ok(!owned.has(partition), `${partition} has two owners`);
      owned.add(partition);
    }
  }
  return owned.size;
}

/** Resolves when all seventeen partitions of the storm have an owner. */
async function untilSettled(members: ReadonlySet<Recorded>): Promise<void> {
  for (const member of members) return member.until(() => countOwned(members) === 17);
}

for (const [name, kind] of Object.entries(KINDS)) {
  describe(name, { concurrency: 4 }, () => {
    test('members share the partitions out, and take over from one that leaves', async () => {
      const topics = [await newTopic(6)];
      const groupId = randomUUID();
      const [a, b, c] = [1, 2, 3].map(() => join({ ...kind, groupId, topics })) as [
        Recorded,
        Recorded,
        Recorded,
      ];
      const all = [a, b, c];
      await a.until(() => all.every(({ held }) => held.size === 2));
      assert.equal(countOwned(all), 6);
      await c.membership.leave();
      await a.until(() => a.held.size === 3 && b.held.size === 3);
      assert.equal(countOwned([a, b]), 6);
      await b.membership.leave();
      await a.holds(6);
      await closeAll([a]);
    });

    test('a pattern finds topics that come, and partitions that are added are shared out', async () => {
      const prefix = randomUUID();
      await newTopic(1, `${prefix}-a`);
      await newTopic(1, `no-${prefix}-a`);
      const member = join({ ...kind, groupId: prefix, topics: new RegExp(`${prefix}-.`) });
      await member.holds(1);
      await newTopic(2, `${prefix}-b`);
      await member.holds(3);
      await using admin = kafka.admin();
      await admin.createPartitions(`${prefix}-b`, 4);
      await member.holds(5);
      assert.ok([...member.held].every((partition) => partition.startsWith(prefix)));
      await closeAll([member]);
    });

    test('a topic that is not there yet is told of, and read as soon as it is', async () => {
      const topic = `t-${randomUUID()}`;
      const member = join({ ...kind, groupId: topic, topics: [topic] });
      await member.until(() => member.log.includes('error UNKNOWN_TOPIC_OR_PARTITION'));
      await newTopic(2, topic);
      await member.holds(2);
      await closeAll([member]);
    });

    test('a static member that restarts has its partitions back, and the others notice nothing', async () => {
      const topics = [await newTopic(4)];
      const groupId = randomUUID();
      const member = (instanceId: string) => join({ ...kind, groupId, topics, instanceId });
      const [a, b] = [member('a'), member('b')];
      await a.until(() => a.held.size === 2 && b.held.size === 2);
      const had = [...b.held].sort();
      const told = a.calls.length;
      await b.membership.leave();
      const again = member('b');
      await again.holds(2);
      assert.deepEqual([...again.held].sort(), had);
      assert.equal(a.calls.length, told);
      await closeAll([a, again]);
    });

    test('a changed subscription moves the partitions', async () => {
      const [one, other] = [await newTopic(2), await newTopic(3)];
      const member = join({ ...kind, groupId: one, topics: [one] });
      await member.holds(2);
      member.membership.subscribe([other]);
      await member.until(() => member.held.size === 3 && member.held.has(`${other}-0`));
      await closeAll([member]);
    });

    test('members that come and go never own a partition together, and settle on all of them', async (t) => {
      const seed = Number(process.env.KLAMM_SEED ?? Math.floor(Math.random() * 2 ** 31));
      t.diagnostic(`seed ${seed} (KLAMM_SEED=${seed} repeats it)`);
      const random = seededRandom(seed);
      const topics = [await newTopic(12), await newTopic(5)];
      const groupId = randomUUID();
      const members = new Set<Recorded>();
      const leaving = new Set<Promise<void>>();
      for (let step = 0; step < 24; step++) {
        const [first] = members;
        if (members.size < 2 || (members.size < 7 && random() < 0.6) || first === undefined) {
          const member = join({ ...kind, groupId, topics });
          // The check runs whenever a member has been given something.
          const { assigned } = member;
          member.assigned = async (...args) => {
            await assigned.apply(member, args);
            countOwned(members);
          };
          members.add(member);
        } else if (random() < 0.3) {
          await first.membership.suspend('the test says so');
          first.membership.resume();
        } else {
          leaving.add(first.membership.leave().then(() => void members.delete(first)));
        }
        if (random() < 0.3) await untilSettled(members);
        else await sleep(systemClock, random() * 200);
      }
      await Promise.all(leaving);
      await untilSettled(members);
      for (const { failure } of members) assert.equal(failure, undefined);
      await closeAll(members);
    });
  });
}

test('a group moves from the classic protocol to the consumer protocol and back, member by member', async () => {
  const topics = [await newTopic(6)];
  const groupId = randomUUID();
  const classic = { ...KINDS['cooperative-sticky'], groupId, topics };
  const newer = { ...KINDS.consumer, groupId, topics };
  const first = [join(classic), join(classic)];
  await first[0]?.until(() => first.every(({ held }) => held.size === 3));
  const second = [join(newer), join(newer)];
  await closeAll(first);
  await second[0]?.until(() => second.every(({ held }) => held.size === 3));
  const third = [join(classic), join(classic)];
  await closeAll(second);
  await third[0]?.until(() => third.every(({ held }) => held.size === 3));
  await closeAll(third);
});

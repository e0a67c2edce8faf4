import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { groupByTopic, partitionText, type TopicPartition } from '../topic-partition.ts';
import type { Assignor, AssignorMember } from './assignor.ts';
import { rangeAssignor } from './range.ts';
import { roundRobinAssignor } from './round-robin.ts';
import { cooperativeStickyAssignor, stickyAssignor } from './sticky.ts';

const ALL = [rangeAssignor, roundRobinAssignor, stickyAssignor, cooperativeStickyAssignor];

type Topics = ReadonlyMap<string, number>;
type Assigned = ReadonlyMap<string, readonly TopicPartition[]>;

interface Wish {
  readonly memberId: string;
  readonly topics: readonly string[];
  readonly instanceId?: string;
}

/** A member of `assignor` that has `owned` since `generation`. */
function memberOf(
  assignor: Assignor,
  { memberId, topics, instanceId = undefined }: Wish,
  owned: readonly TopicPartition[] = [],
  generation = -1,
): AssignorMember {
  const isCooperative = assignor.protocol === 'cooperative';
  const history = { topics, lastAssignment: generation < 0 ? null : owned, generation };
  return {
    memberId,
    instanceId: instanceId ?? null,
    subscription: {
      topics,
      userData: assignor.subscriptionUserData?.(history) ?? null,
      ownedPartitions: isCooperative ? groupByTopic(owned) : [],
      generationId: isCooperative ? generation : -1,
      rackId: null,
    },
  };
}

/** Rebalances until nobody has to give anything back; true to how members hold on to what they have. */
function settle(assignor: Assignor, wishes: readonly Wish[], topics: Topics, before?: Assigned): Assigned {
  let had = before ?? new Map<string, readonly TopicPartition[]>();
  for (let generation = before === undefined ? -1 : 5; ; generation++) {
    assert.ok(generation < 10, 'the group never settles');
    const members = wishes.map((wish) =>
      memberOf(assignor, wish, had.get(wish.memberId), had.has(wish.memberId) ? generation : -1),
    );
    const assigned = assignor.assign(members, topics);
    if (assignor.protocol === 'eager') return assigned;
    const held = new Map<string, string>();
    for (const [memberId, partitions] of had) {
      for (const partition of partitions) held.set(partitionText(partition), memberId);
    }
    for (const [memberId, partitions] of assigned) {
      for (const partition of partitions) {
        const holder = held.get(partitionText(partition));
        const isThere = wishes.some((wish) => wish.memberId === holder);
        assert.ok(!isThere || holder === memberId, `${partitionText(partition)} has two owners`);
      }
    }
    const gaveBack = wishes.some(({ memberId }) => {
      const now = new Set((assigned.get(memberId) ?? []).map(partitionText));
      return (had.get(memberId) ?? []).some((partition) => !now.has(partitionText(partition)));
    });
    had = assigned;
    if (!gaveBack) return assigned;
  }
}

function loads(assigned: Assigned, wishes: readonly Wish[]): number[] {
  return wishes.map(({ memberId }) => assigned.get(memberId)?.length ?? 0);
}

function spread(numbers: readonly number[]): number {
  return Math.max(...numbers) - Math.min(...numbers);
}

/** Throws unless every partition somebody wants has one owner, who wants it, and nothing else has any. */
function checkComplete(assigned: Assigned, wishes: readonly Wish[], topics: Topics): void {
  const owners = new Map<string, string>();
  for (const { memberId, topics: wanted } of wishes) {
    for (const partition of assigned.get(memberId) ?? []) {
      const text = partitionText(partition);
      assert.ok(wanted.includes(partition.topic), `${memberId} does not want ${text}`);
      assert.equal(owners.get(text), undefined, `${text} has two owners`);
      owners.set(text, memberId);
    }
  }
  const expected = [...topics].filter(([topic]) => wishes.some((wish) => wish.topics.includes(topic)));
  assert.equal(
    owners.size,
    expected.reduce((sum, [, count]) => sum + count, 0),
  );
}

function moves(before: Assigned, after: Assigned): string[] {
  const owners = new Map<string, string>();
  for (const [memberId, partitions] of before) {
    for (const partition of partitions) owners.set(partitionText(partition), memberId);
  }
  const moved: string[] = [];
  for (const [memberId, partitions] of after) {
    for (const partition of partitions) {
      const text = partitionText(partition);
      if (owners.has(text) && owners.get(text) !== memberId) moved.push(text);
    }
  }
  return moved;
}

const TOPICS = ['a', 'b', 'c', 'd', 'a-1'];
const anyTopics = fc
  .array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: TOPICS.length })
  .map((counts) => new Map(counts.map((count, index) => [TOPICS[index] as string, count])));
const anyWishes = fc
  .uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 8 })
  .chain((ids) =>
    fc.tuple(...ids.map((memberId) => fc.subarray(TOPICS).map((topics) => ({ memberId, topics })))),
  );
const equalGroup = fc.record({
  topics: anyTopics,
  ids: fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 8 }),
});

for (const assignor of ALL) {
  describe(assignor.name, () => {
    test('gives every partition to one member that wants it, whatever the members want', () => {
      fc.assert(
        fc.property(anyTopics, anyWishes, (topics, wishes) => {
          checkComplete(settle(assignor, wishes, topics), wishes, topics);
        }),
      );
    });

    test('gives the same however the members and topics are ordered', () => {
      fc.assert(
        fc.property(anyTopics, anyWishes, (topics, wishes) => {
          const members = wishes.map((wish) => memberOf(assignor, wish));
          const one = assignor.assign(members, topics);
          const other = assignor.assign([...members].reverse(), new Map([...topics].reverse()));
          for (const { memberId } of wishes) assert.deepEqual(one.get(memberId), other.get(memberId));
        }),
      );
    });

    test('is done at once with 5,000 partitions and 100 members that come and go', {
      timeout: 20_000,
    }, () => {
      const topics = new Map(Array.from({ length: 50 }, (_, i) => [`t${i}`, 100]));
      const wishes = Array.from({ length: 100 }, (_, i) => ({
        memberId: `m${i}`,
        topics: [...topics.keys()],
      }));
      const before = settle(assignor, wishes.slice(0, 1), topics);
      const after = settle(assignor, wishes, topics, before);
      checkComplete(after, wishes, topics);
      const mixed = wishes.map(({ memberId, topics: all }, i) => {
        return { memberId, topics: all.filter((_, j) => (i * 7 + j * 3) % 5 > 1) };
      });
      checkComplete(settle(assignor, mixed, topics, after), mixed, topics);
    });
  });
}

for (const assignor of [roundRobinAssignor, stickyAssignor, cooperativeStickyAssignor]) {
  test(`${assignor.name}: members that want the same have equally many, give or take one`, () => {
    fc.assert(
      fc.property(equalGroup, ({ topics, ids }) => {
        const wishes = ids.map((memberId) => ({ memberId, topics: [...topics.keys()] }));
        assert.ok(spread(loads(settle(assignor, wishes, topics), wishes)) <= 1);
      }),
    );
  });
}

for (const assignor of [stickyAssignor, cooperativeStickyAssignor]) {
  describe(`${assignor.name} sticks`, () => {
    test('a member that leaves moves its own partitions only', () => {
      fc.assert(
        fc.property(equalGroup, ({ topics, ids }) => {
          const wishes = ids.map((memberId) => ({ memberId, topics: [...topics.keys()] }));
          const before = new Map(settle(assignor, wishes, topics));
          before.delete(ids[0] as string);
          const after = settle(assignor, wishes.slice(1), topics, before);
          checkComplete(after, wishes.slice(1), topics);
          assert.deepEqual(moves(before, after), []);
        }),
      );
    });

    test('a member that joins takes no more than evenness needs', () => {
      fc.assert(
        fc.property(equalGroup, ({ topics, ids }) => {
          const wishes = ids.map((memberId) => ({ memberId, topics: [...topics.keys()] }));
          const before = settle(assignor, wishes.slice(1), topics);
          const after = settle(assignor, wishes, topics, before);
          checkComplete(after, wishes, topics);
          assert.ok(spread(loads(after, wishes)) <= 1);
          const total = loads(after, wishes).reduce((sum, load) => sum + load, 0);
          const moved = moves(before, after);
          assert.ok(moved.length <= Math.floor(total / wishes.length), `${moved.length} of ${total} moved`);
          const joined = new Set((after.get(ids[0] as string) ?? []).map(partitionText));
          assert.ok(moved.every((text) => joined.has(text)));
        }),
      );
    });

    test('nothing moves where nothing changed, whatever the members want', () => {
      fc.assert(
        fc.property(anyTopics, anyWishes, (topics, wishes) => {
          const before = settle(assignor, wishes, topics);
          assert.deepEqual(moves(before, settle(assignor, wishes, topics, before)), []);
        }),
      );
    });
  });
}

test('no member could give one of its partitions to another and be more even', () => {
  fc.assert(
    fc.property(anyTopics, anyWishes, anyWishes, (topics, wishes, earlier) => {
      const assigned = settle(stickyAssignor, wishes, topics, settle(stickyAssignor, earlier, topics));
      for (const from of wishes) {
        const partitions = assigned.get(from.memberId) ?? [];
        for (const to of wishes) {
          if (!partitions.some(({ topic }) => to.topics.includes(topic))) continue;
          assert.ok(partitions.length <= (assigned.get(to.memberId)?.length ?? 0) + 1);
        }
      }
    }),
  );
});

const two: readonly Wish[] = [
  { memberId: 'z', topics: ['a', 'b'] },
  { memberId: 'y', topics: ['a', 'b'] },
];

function texts(assigned: Assigned): Record<string, string[]> {
  return Object.fromEntries(
    [...assigned]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([memberId, partitions]) => [memberId, partitions.map(partitionText)]),
  );
}

test('range cuts each topic in ranges and round robin deals across topics, as in Java', () => {
  const topics = new Map([
    ['a', 3],
    ['b', 3],
  ]);
  const range = two.map((wish) => memberOf(rangeAssignor, wish));
  assert.deepEqual(texts(rangeAssignor.assign(range, topics)), {
    y: ['a-0', 'a-1', 'b-0', 'b-1'],
    z: ['a-2', 'b-2'],
  });
  assert.deepEqual(texts(roundRobinAssignor.assign(range, topics)), {
    y: ['a-0', 'a-2', 'b-1'],
    z: ['a-1', 'b-0', 'b-2'],
  });
});

test('static members come first, in the order of their instance ids, so that a restart changes nothing', () => {
  const members = [
    { memberId: '1', topics: ['a'] },
    { memberId: '2', topics: ['a'], instanceId: 'y' },
    { memberId: '3', topics: ['a'], instanceId: 'x' },
  ].map((wish) => memberOf(rangeAssignor, wish));
  const assigned = texts(rangeAssignor.assign(members, new Map([['a', 3]])));
  assert.deepEqual(assigned, { 1: ['a-2'], 2: ['a-1'], 3: ['a-0'] });
});

test('the newest claim counts, two of one generation cancel each other, and damaged user data is no claim', () => {
  const topics = new Map([['a', 2]]);
  const both = [
    { topic: 'a', partition: 0 },
    { topic: 'a', partition: 1 },
  ];
  const wish = (memberId: string): Wish => ({ memberId, topics: ['a'] });
  const [newest, stale] = [
    memberOf(stickyAssignor, wish('x'), both, 7),
    memberOf(stickyAssignor, wish('y'), both, 6),
  ];
  const assigned = stickyAssignor.assign([stale, newest], topics);
  assert.deepEqual([assigned.get('x')?.length, assigned.get('y')?.length], [1, 1]);

  const owns = (memberId: string, generation: number): AssignorMember =>
    memberOf(cooperativeStickyAssignor, wish(memberId), both, generation);
  // Both hold both: nobody may get any before both have given them back.
  assert.deepEqual(texts(cooperativeStickyAssignor.assign([owns('x', 7), owns('y', 7)], topics)), {
    x: [],
    y: [],
  });
  assert.equal(cooperativeStickyAssignor.assign([owns('x', 7), owns('y', 6)], topics).get('y')?.length, 0);

  const damaged = {
    ...newest,
    subscription: { ...newest.subscription, userData: Buffer.from('ffff', 'hex') },
  };
  checkComplete(stickyAssignor.assign([damaged], topics), [wish('x')], topics);
});

test('user data of the sticky assignor is what Java writes', () => {
  const partitions = [
    { topic: 'ab', partition: 1 },
    { topic: 'ab', partition: 3 },
  ];
  const bytes = stickyAssignor.subscriptionUserData?.({
    topics: ['ab'],
    lastAssignment: partitions,
    generation: 9,
  });
  const generation = '00000009';
  const assignment = `00000001${'0002'}6162${'00000002'}0000000100000003`;
  assert.equal(bytes?.toString('hex'), assignment + generation);
  // Its first version had no generation.
  const old = memberOf(stickyAssignor, { memberId: 'x', topics: ['ab'] });
  const member = { ...old, subscription: { ...old.subscription, userData: Buffer.from(assignment, 'hex') } };
  const other = memberOf(stickyAssignor, { memberId: 'a', topics: ['ab'] });
  const assigned = stickyAssignor.assign([member, other], new Map([['ab', 4]]));
  assert.deepEqual(texts(assigned).x, ['ab-1', 'ab-3']);
});

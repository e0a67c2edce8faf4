import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PartitionSets } from '../partition-sets.ts';
import type { AssignedMember } from './assignor.ts';
import { assignByRange } from './range-assignor.ts';
import { assignUniformly } from './uniform-assignor.ts';

const member = (
  memberId: string,
  topics: string,
  target: PartitionSets = new Map(),
  instanceId: string | null = null,
): AssignedMember => ({
  memberId,
  instanceId,
  topicIds: new Set(topics),
  target,
});
const textOf = (targets: ReadonlyMap<string, PartitionSets>) =>
  Object.fromEntries(
    Array.from(targets, ([memberId, sets]) => [
      memberId,
      Array.from(sets, ([topic, partitions]) => Array.from(partitions, (partition) => `${topic}${partition}`))
        .flat()
        .sort()
        .join(' '),
    ]),
  );
const countOf = (sets: PartitionSets | undefined) =>
  [...(sets?.values() ?? [])].reduce((sum, { size }) => sum + size, 0);
/** How many partitions went from one member to another. */
const movedOf = (before: ReadonlyMap<string, PartitionSets>, after: ReadonlyMap<string, PartitionSets>) => {
  let moved = 0;
  for (const [memberId, sets] of before) {
    for (const [topic, partitions] of sets) {
      for (const partition of partitions)
        if (after.get(memberId)?.get(topic)?.has(partition) !== true) moved++;
    }
  }
  return moved;
};

test('range: ranges of each topic, the first members get one more, the same numbers of topics meet in one member', () => {
  const members = [member('a', 'tu'), member('b', 'tu'), member('c', 'u')];
  const partitionCounts = new Map([
    ['t', 5],
    ['u', 4],
  ]);
  assert.deepEqual(textOf(assignByRange({ members, partitionCounts })), {
    a: 't0 t1 t2 u0 u1',
    b: 't3 t4 u2',
    c: 'u3',
  });
});

test('range: a static member that comes back under another id keeps its place', () => {
  const partitionCounts = new Map([['t', 2]]);
  const before = assignByRange({
    members: [member('a', 't', undefined, 'one'), member('b', 't', undefined, 'two')],
    partitionCounts,
  });
  const after = assignByRange({
    members: [member('b', 't', undefined, 'two'), member('z', 't', undefined, 'one')],
    partitionCounts,
  });
  assert.deepEqual([textOf(before).b, textOf(after).b], ['t1', 't1']);
});

test('uniform: shares differ by one at most, and a newcomer takes just its share', () => {
  const partitionCounts = new Map([
    ['t', 7],
    ['u', 5],
  ]);
  const first = assignUniformly({ members: [member('a', 'tu'), member('b', 'tu')], partitionCounts });
  assert.deepEqual([countOf(first.get('a')), countOf(first.get('b'))], [6, 6]);
  const members = ['a', 'b', 'c'].map((id) => member(id, 'tu', first.get(id)));
  const second = assignUniformly({ members, partitionCounts });
  assert.deepEqual([...second.values()].map(countOf), [4, 4, 4]);
  assert.equal(movedOf(first, second), 4);
});

const topicNames = ['t', 'u', 'v', 'w'];
const input = fc.record({
  counts: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 }),
  wishes: fc.array(fc.uniqueArray(fc.nat({ max: 3 }), { maxLength: 4 }), { minLength: 1, maxLength: 7 }),
});
const givenBy = (
  { counts, wishes }: { counts: number[]; wishes: number[][] },
  before?: ReadonlyMap<string, PartitionSets>,
) => {
  const there = topicNames.slice(0, counts.length);
  const members = wishes.map((wish, i) =>
    member(`m${i}`, wish.flatMap((at) => there[at] ?? []).join(''), before?.get(`m${i}`)),
  );
  const wanted = new Set(members.flatMap(({ topicIds }) => [...topicIds]));
  const partitionCounts = new Map(
    there.map((name, i) => [name, counts[i] ?? 0] as const).filter(([name]) => wanted.has(name)),
  );
  return { members, partitionCounts };
};

for (const [name, assign] of [
  ['range', assignByRange],
  ['uniform', assignUniformly],
] as const) {
  test(`${name}: each wanted partition goes to just one member, which wants it`, () => {
    fc.assert(
      fc.property(input, (drawn) => {
        const given = givenBy(drawn);
        const targets = assign(given);
        const seen = new Map<string, string>();
        for (const { memberId, topicIds } of given.members) {
          for (const [topic, partitions] of targets.get(memberId) ?? []) {
            assert.ok(topicIds.has(topic));
            for (const partition of partitions) {
              assert.equal(seen.get(`${topic}${partition}`), undefined);
              seen.set(`${topic}${partition}`, memberId);
            }
          }
        }
        assert.equal(
          seen.size,
          [...given.partitionCounts.values()].reduce((sum, count) => sum + count, 0),
        );
      }),
      { numRuns: 500 },
    );
  });
}

test('uniform: where nothing changes, nothing moves', () => {
  fc.assert(
    fc.property(input, (drawn) => {
      const given = givenBy(drawn);
      const first = assignUniformly(given);
      assert.equal(movedOf(first, assignUniformly(givenBy(drawn, first))), 0);
    }),
    { numRuns: 500 },
  );
});

test('uniform: no partition can move to a member that may have it and has at least two fewer', () => {
  fc.assert(
    fc.property(input, input, (drawn, other) => {
      const before = assignUniformly(givenBy(other));
      const given = givenBy(drawn, before);
      const targets = assignUniformly(given);
      for (const { memberId } of given.members) {
        for (const topic of targets.get(memberId)?.keys() ?? []) {
          for (const { memberId: to, topicIds } of given.members) {
            if (topicIds.has(topic))
              assert.ok(countOf(targets.get(to)) >= countOf(targets.get(memberId)) - 1);
          }
        }
      }
    }),
    { numRuns: 500 },
  );
});

test('uniform: with equal wishes nobody loses one partition and is given another', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 8 }),
      (count, was, is) => {
        const partitionCounts = new Map([['t', count]]);
        const of = (size: number, before?: ReadonlyMap<string, PartitionSets>) =>
          Array.from({ length: size }, (_, i) => member(`m${i}`, 't', before?.get(`m${i}`)));
        const before = assignUniformly({ members: of(was), partitionCounts });
        const after = assignUniformly({ members: of(is, before), partitionCounts });
        const stayed = new Map([...before].filter(([memberId]) => after.has(memberId)));
        const surplus = [...stayed].reduce(
          (sum, [id, sets]) => sum + Math.max(0, countOf(sets) - countOf(after.get(id))),
          0,
        );
        assert.equal(movedOf(stayed, after), surplus);
      },
    ),
    { numRuns: 300 },
  );
});

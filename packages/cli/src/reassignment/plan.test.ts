import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { planReplicas } from './plan.ts';

const brokers = (...racks: (string | null)[]) => racks.map((rack, i) => ({ nodeId: i + 1, rack }));
const partitions = (...replicas: number[][]) =>
  replicas.map((each, partition) => ({ topic: 't', partition, replicas: each }));
const countOf = (ids: readonly number[], nodeId: number): number => ids.filter((id) => id === nodeId).length;

test('more replicas: each partition keeps what it has, and leaders are spread', () => {
  const plan = planReplicas(partitions([1], [1], [1]), brokers(null, null, null), 3);
  assert.deepEqual(
    plan.map(({ from, replicas }) => [from, replicas.toSorted()]),
    [1, 1, 1].map((id) => [[id], [1, 2, 3]]),
  );
  assert.deepEqual(plan.map(({ replicas }) => replicas[0]).toSorted(), [1, 2, 3]);
  assert.equal(plan[0]?.replicas[0], 1, 'the first goes on being led by its broker');
});

test('what lies evenly stays where it is', () => {
  const now = partitions([1, 2], [2, 3], [3, 1]);
  const plan = planReplicas(now, brokers(null, null, null), undefined);
  assert.deepEqual(
    plan.map(({ replicas }) => replicas),
    now.map(({ replicas }) => replicas),
  );
});

test('brokers that are not to be used are left, and new ones take their share', () => {
  const plan = planReplicas(
    partitions([1, 2], [2, 1], [1, 2], [2, 1]),
    brokers(null, null, null, null).slice(2),
    2,
  );
  for (const { replicas } of plan) assert.deepEqual(replicas.toSorted(), [3, 4]);
  const grown = planReplicas(partitions([1], [1], [1], [1]), brokers(null, null, null, null), undefined);
  assert.deepEqual(grown.flatMap(({ replicas }) => replicas).toSorted(), [1, 2, 3, 4]);
});

test('fewer replicas: those go that share a rack', () => {
  const [plan] = planReplicas(partitions([1, 2, 3]), brokers('a', 'a', 'b'), 2);
  assert.ok(plan?.replicas.includes(3));
});

test('replicas are on as many racks as there are', () => {
  const racks = brokers('a', 'a', 'b', 'b', 'c', 'c');
  for (const { replicas } of planReplicas(partitions([1], [1], [1], [2], [1], [1]), racks, 3)) {
    const used = replicas.map((id) => racks.find(({ nodeId }) => nodeId === id)?.rack);
    assert.deepEqual(used.toSorted(), ['a', 'b', 'c']);
  }
});

const someRacks = fc.array(fc.constantFrom('a', 'b', null), { minLength: 1, maxLength: 6 });
const somePartitions = (most: number) =>
  fc.array(fc.uniqueArray(fc.integer({ min: 1, max: most }), { minLength: 1, maxLength: 4 }), {
    minLength: 1,
    maxLength: 12,
  });

test('whatever there is, each partition gets distinct brokers of those allowed, as many as asked for', () => {
  fc.assert(
    fc.property(someRacks, somePartitions(8), fc.option(fc.nat({ max: 5 })), (racks, now, wish) => {
      const allowed = brokers(...racks);
      const factor = wish === null ? undefined : Math.min(wish + 1, allowed.length);
      const plan = planReplicas(partitions(...now), allowed, factor);
      for (const { from, replicas } of plan) {
        assert.equal(replicas.length, factor ?? Math.min(from.length, allowed.length));
        assert.equal(new Set(replicas).size, replicas.length);
        for (const id of replicas) assert.ok(id <= allowed.length);
      }
    }),
  );
});

test('without racks, no broker has two replicas more than another, and a second plan moves nothing', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), somePartitions(6), fc.nat({ max: 5 }), (count, now, wish) => {
      const allowed = brokers(...Array.from({ length: count }, () => null));
      const plan = planReplicas(partitions(...now), allowed, Math.min(wish + 1, count));
      const all = plan.flatMap(({ replicas }) => replicas);
      const loads = allowed.map(({ nodeId }) => countOf(all, nodeId));
      assert.ok(Math.max(...loads) - Math.min(...loads) <= 1, `${loads}`);
      const again = planReplicas(plan, allowed, undefined);
      assert.deepEqual(
        again.map(({ replicas }) => replicas),
        plan.map(({ replicas }) => replicas),
      );
    }),
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OffsetMap } from './offset-map.ts';

/** What a mirror does: batches of so many records, and holes that are filled or passed over. */
const STEPS = fc.array(
  fc.record({ kind: fc.constantFrom('batch', 'filled', 'skipped'), count: fc.integer({ min: 1, max: 9 }) }),
  { maxLength: 30 },
);

test('wherever a mirror was when it stopped, the target end says where the source goes on', () => {
  fc.assert(
    fc.property(STEPS, (steps) => {
      const map = new OffsetMap();
      let source = 0;
      let target = 0;
      const kept: [number, number][] = [];
      for (const { kind, count } of steps) {
        for (let i = 0; kind === 'batch' && i < count; i++) kept.push([source + i, target + i]);
        source += count;
        if (kind === 'skipped') map.add({ source, target });
        else target += count;
        assert.equal(map.toSource(target), source);
        // As it is read back, with breaks that others took the place of.
        assert.equal(new OffsetMap(map.breaks).toSource(target), source);
      }
      for (const [from, to] of kept) {
        assert.equal(map.toTarget(from), to, `record at ${from}`);
        assert.equal(map.toSource(to), from, `record at ${to}`);
      }
      assert.equal(map.toTarget(source), target);
    }),
  );
});

test('a group that is in a hole goes on at the first record behind it, and never back', () => {
  fc.assert(
    fc.property(STEPS, (steps) => {
      const map = new OffsetMap();
      let source = 0;
      let target = 0;
      for (const { kind, count } of steps) {
        source += count;
        if (kind === 'skipped') map.add({ source, target });
        else target += count;
      }
      for (let at = 0, before = 0; at <= source; at++) {
        const to = map.toTarget(at);
        assert.ok(to >= before && to <= target, `${at} → ${to}`);
        assert.ok(map.toSource(to) >= at, `${at} → ${to} skips nothing that was not read`);
        before = to;
      }
    }),
  );
});

test('without breaks every offset is the same', () => {
  const map = new OffsetMap();
  assert.ok(map.isSame);
  assert.equal(map.toTarget(7), 7);
  assert.equal(map.toSource(7), 7);
  map.add({ source: 100, target: 3 });
  assert.ok(!map.isSame);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Deadlines } from './deadlines.ts';
import { NO_STEP, type Timed } from './step.ts';

const item = (deadline: number): Timed & { deadline: number } => ({ deadline, expire: () => NO_STEP });

test('what is due is taken out once, in order; what moved away is not, until it is due', () => {
  const deadlines = new Deadlines<Timed>();
  const [a, b, c] = [item(30), item(10), item(20)];
  for (const each of [a, b, c]) deadlines.note(each);
  b.deadline = 40;
  assert.equal(deadlines.next, 10, 'too early is allowed');
  assert.equal(deadlines.takeDue(25), c);
  assert.equal(deadlines.takeDue(25), undefined);
  assert.deepEqual([deadlines.takeDue(50), deadlines.takeDue(50), deadlines.takeDue(50)], [a, b, undefined]);
  deadlines.note(c);
  deadlines.forget(c);
  assert.equal(deadlines.takeDue(100), undefined);
});

test('under any changes, all that is due and noted is found, and nothing that is not due', () => {
  const change = fc.record({ which: fc.nat(9), by: fc.integer({ min: -20, max: 20 }), time: fc.nat(10) });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 200 }), (changes) => {
      const deadlines = new Deadlines<Timed>();
      const items = Array.from({ length: 10 }, (_, i) => item(i * 10));
      for (const each of items) deadlines.note(each);
      let now = 0;
      for (const { which, by, time } of changes) {
        const changed = items[which];
        if (changed === undefined) continue;
        changed.deadline = Math.max(now, changed.deadline) + by;
        deadlines.note(changed);
        now += time;
        assert.ok(deadlines.next <= Math.min(...items.map(({ deadline }) => deadline)), 'never too late');
        for (let due = deadlines.takeDue(now); due !== undefined; due = deadlines.takeDue(now)) {
          assert.ok(due.deadline <= now);
          (due as { deadline: number }).deadline = now + 50;
          deadlines.note(due);
        }
        assert.ok(
          items.every(({ deadline }) => deadline > now),
          'nothing due is left',
        );
      }
    }),
  );
});

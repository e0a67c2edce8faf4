import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeldSends } from './held-sends.ts';

function held() {
  const sends = new HeldSends();
  const sent: number[] = [];
  const add = (...numbers: number[]): void => {
    for (const number of numbers) sends.add(() => sent.push(number));
  };
  return { sends, sent, add };
}

test('what is held goes out in its order, when the last reason has gone', () => {
  const { sends, sent, add } = held();
  sends.hold();
  sends.hold();
  add(1, 2);
  sends.release();
  assert.deepEqual([sends.isHolding, sent], [true, []]);
  add(3);
  sends.release();
  assert.deepEqual([sends.isHolding, sent], [false, [1, 2, 3]]);
});

test('a connection that ends lets go of all, and a reason that goes later is nothing', () => {
  const { sends, sent, add } = held();
  sends.hold();
  add(1, 2);
  sends.end();
  sends.release();
  assert.deepEqual([sends.isHolding, sent], [false, [1, 2]]);
  sends.hold();
  assert.ok(sends.isHolding, 'it can be held again');
});

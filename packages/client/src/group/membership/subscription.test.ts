import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matching, re2Of } from './subscription.ts';

test('a pattern matches whole names, whatever its flags and alternatives', () => {
  const names = ['b', 'ab', 'a', 'A', 'ba'];
  assert.deepEqual(matching(/a|b/, names), ['a', 'b']);
  assert.deepEqual(matching(/a|b/gi, names), ['A', 'a', 'b']);
  assert.deepEqual(matching(/^a.?$/y, names), ['a', 'ab']);
});

test('flags that RE2 knows stand in front of the pattern, others are left out', () => {
  assert.equal(re2Of(/a.b/), 'a.b');
  assert.equal(re2Of(/a.b/gimsuy), '(?ims)a.b');
});

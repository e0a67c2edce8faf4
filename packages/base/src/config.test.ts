import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ConfigRow, configProblem, nearest } from './config.ts';

const row = (of: Partial<ConfigRow>): ConfigRow => ({ type: 'string', default: null, doc: '', ...of });

const CASES: [string, Partial<ConfigRow>, string, RegExp | null][] = [
  ['a boolean', { type: 'boolean' }, 'TRUE', null],
  ['no boolean', { type: 'boolean' }, 'yes', /true, false/],
  ['the least', { type: 'int', min: 1 }, '1', null],
  ['less than the least', { type: 'int', min: 1 }, '0', /a whole number, at least 1/],
  ['the most', { type: 'int', max: 9 }, '9', null],
  ['more than the most', { type: 'int', min: 1, max: 9 }, '10', /at least 1 and at most 9/],
  ['more than an int', { type: 'int' }, '2147483648', /whole number/],
  ['as much as a long', { type: 'long' }, '9223372036854775807', null],
  ['a fraction', { type: 'int' }, '1.5', /whole number/],
  ['a double', { type: 'double', min: 0, max: 1 }, '0.5', null],
  ['an exception', { type: 'int', min: 1, also: -1 }, '-1', null],
  ['a word that is allowed', { oneOf: ['a', 'b'] }, 'b', null],
  ['one that is not', { oneOf: ['a', 'b'] }, 'c', /allowed: a, b/],
  ['a list', { type: 'list', oneOf: ['a', 'b'] }, 'a, b', null],
  ['a list with a stranger', { type: 'list', oneOf: ['a', 'b'] }, 'a,c', /"c" is none of: a, b/],
];

for (const [what, of, text, problem] of CASES) {
  test(`${what}: ${text}`, () => {
    const found = configProblem(row(of), text);
    if (problem === null) assert.equal(found, null);
    else assert.match(found ?? '', problem);
  });
}

test('the nearest word, where one is near', () => {
  const known = ['retention.ms', 'retention.bytes', 'segment.ms'];
  assert.equal(nearest('retenton.ms', known), 'retention.ms');
  assert.equal(nearest('compression', known), undefined);
});

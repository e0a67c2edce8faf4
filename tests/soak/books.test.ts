import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type Line, miscompacted, miscopied, namesOf, type Seen, unbalanced, untrue } from './books.ts';

/** One record of a transaction, in partition 0; the key is its account. */
function seen(offset: number, txn: string, i: number, of = 2, amount = i % 2 === 0 ? -5 : 5): Seen {
  return { partition: 0, offset, key: `${i}`, value: JSON.stringify({ txn, i, of, account: i, amount }) };
}

const line = (client: string, letter: string, at: number, text: string): Line => ({
  client,
  letter,
  at,
  text,
});
const WHOLE = [seen(0, 'm.1:1', 0), seen(1, 'm.1:1', 1)];

suite('the books of the soak', () => {
  test('a ledger in which every transaction is whole and adds up is in order', () => {
    assert.deepEqual(unbalanced(WHOLE), []);
  });

  test('a transaction of which a record is missing, or there twice, is found', () => {
    assert.deepEqual(unbalanced(WHOLE.slice(0, 1)), [
      'm.1:1 has the records 0 of 2',
      'the accounts add up to -5',
    ]);
    assert.deepEqual(unbalanced([...WHOLE, ...WHOLE]), ['m.1:1 has the records 0,0,1,1 of 2']);
  });

  test('what was acknowledged is there, and what was aborted is not', () => {
    const lines = [line('m.1', 'B', 1, 'm.1:1'), line('m.1', 'C', 2, 'm.1:1')];
    assert.deepEqual(untrue(lines, namesOf(WHOLE)), []);
    assert.deepEqual(untrue(lines, new Set()), ['m.1:1 was committed, and is not seen']);
    const aborted = [line('m.1', 'B', 1, 'm.1:1'), line('m.1', 'A', 2, 'm.1:1')];
    assert.deepEqual(untrue(aborted, namesOf(WHOLE)), ['m.1:1 was aborted, and is seen']);
    assert.deepEqual(untrue([line('m.1', 'B', 1, 'm.1:1!')], new Set(['m.1:1!'])), [
      'm.1:1! was never committed, and is seen',
    ]);
    assert.deepEqual(untrue([], namesOf(WHOLE)), ['m.1:1 is seen, and nobody began it']);
  });

  test('a transaction that was begun by one whose place another had taken is found', () => {
    const from = (began: number): Line[] => [
      line('m.1', 'N', 1, 'm'),
      line('m.1', 'I', 2, 'm'),
      line('m.1', 'B', began, 'm.1:1'),
      line('m.2', 'N', 3, 'm'),
      line('m.2', 'I', 4, 'm'),
    ];
    assert.deepEqual(untrue(from(3), namesOf(WHOLE)), []);
    assert.deepEqual(untrue(from(5), namesOf(WHOLE)), [
      'm.1:1 was begun and committed after m.2 had taken its place',
    ]);
  });

  test('a copy that lacks a record, has one twice, or has them in another order is found', () => {
    const more = [...WHOLE, seen(3, 'm.1:2', 0), seen(4, 'm.1:2', 1)];
    assert.deepEqual(miscopied(more, more, 0), []);
    for (const copy of [more.slice(1), [...more, ...WHOLE], more.toReversed()]) {
      assert.notDeepEqual(miscopied(more, copy, 0), []);
    }
  });

  test('compaction may take older records of a key, and nothing else', () => {
    const before = [...WHOLE, seen(3, 'm.1:2', 0)];
    assert.deepEqual(miscompacted(before, before.slice(1)), []);
    assert.deepEqual(miscompacted(before, before.slice(0, 2)), ['0@3, key 0: m.1:2']);
    assert.deepEqual(miscompacted(WHOLE, before), ['0@3, key 0: m.1:2']);
  });
});

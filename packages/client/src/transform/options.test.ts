import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type TransformOptions, transformSettings } from './options.ts';

const options: TransformOptions = { from: { groupId: 'g', topics: 't' }, to: { transactionalId: 'x' } };

test('a transaction gathers for 100 ms, or 10,000 messages, unless told otherwise', () => {
  const { commitIntervalMs, maxMessages } = transformSettings(options);
  assert.deepEqual({ commitIntervalMs, maxMessages }, { commitIntervalMs: 100, maxMessages: 10_000 });
  assert.equal(transformSettings({ ...options, commitIntervalMs: 0, maxMessages: 1 }).maxMessages, 1);
});

test('an option that is not what it has to be is refused by name', () => {
  const wrong: [RegExp, Partial<Record<keyof TransformOptions, unknown>>][] = [
    [/commitIntervalMs/, { commitIntervalMs: -1 }],
    [/maxMessages/, { maxMessages: 0 }],
    [/to\.transactionalId/, { to: {} }],
    [/to\.transactionalId/, { to: { transactionalId: '' } }],
  ];
  for (const [name, change] of wrong) {
    assert.throws(() => transformSettings({ ...options, ...change } as TransformOptions), {
      code: 'INVALID_CONFIG',
      message: name,
    });
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KlammError, messageOf } from './errors.ts';

test('an error of a second installed copy of Klamm is still a KlammError', async () => {
  // A query makes Node load the module again, as a second copy in another node_modules would be.
  const copy: typeof import('./errors.ts') = await import(
    `${import.meta.url.replace('.test.ts', '.ts')}?copy`
  );
  assert.notEqual(copy.KlammError, KlammError);
  const error = new copy.KlammError('gone', { code: 'NETWORK_EXCEPTION', errorCode: 13, retriable: true });
  assert.ok(error instanceof KlammError);
});

test('other errors and other values are not', () => {
  for (const value of [new Error('x'), { code: 'X', retriable: true }, null, undefined, 'x', 1]) {
    assert.equal(value instanceof KlammError, false);
  }
});

test('it carries code, number, retriable and cause', () => {
  const cause = new Error('ECONNRESET');
  const error = new KlammError('gone', { code: 'NETWORK_EXCEPTION', errorCode: 13, retriable: true, cause });
  assert.deepEqual(
    [error.code, error.errorCode, error.retriable, error.cause, error.message],
    ['NETWORK_EXCEPTION', 13, true, cause, 'gone'],
  );
  assert.equal(new KlammError('x', { code: 'OWN', retriable: false }).errorCode, -1);
});

test('the text of anything thrown', () => {
  assert.equal(messageOf(new Error('a')), 'a');
  assert.equal(messageOf('b'), 'b');
  assert.equal(messageOf(undefined), 'undefined');
});

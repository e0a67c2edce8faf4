// PLAIN and OAUTHBEARER, which say all in one message: both halves, and what is refused.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { oauthBearerClient, oauthBearerServer, readBearerMessage } from './oauth-bearer.ts';
import { plainClient, plainServer } from './plain.ts';

const check = (user: string, password: string): boolean => user === 'alice' && password === 'secret';

test('PLAIN lets in who has the password, and tells no one else why not', async () => {
  const step = async (user: string, password: string) =>
    plainServer(check).evaluate((await plainClient(user, password).next(null)) ?? Buffer.alloc(0));
  const inside = await step('alice', 'secret');
  assert.deepEqual(inside.kind === 'done' && inside.identity, { name: 'alice', isTokenAuthenticated: false });
  for (const [user, password] of [
    ['alice', 'guess'],
    ['bob', 'secret'],
    ['alice', ''],
    ['', 'secret'],
    ['al\0ice', 'secret'],
  ] as const) {
    const outside = await step(user, password);
    assert.equal(outside.kind, 'failed', `${user}:${password}`);
    if (outside.kind === 'failed') assert.doesNotMatch(outside.reason, /secret|guess/);
  }
});

test('PLAIN lets nobody act for another, and takes one message only', () => {
  const message = (text: string) => Buffer.from(text.replaceAll('|', '\0'));
  const acting = async (text: string) => (await plainServer(check).evaluate(message(text))).kind;
  return Promise.all([acting('alice|alice|secret'), acting('root|alice|secret')]).then(async (kinds) => {
    assert.deepEqual(kinds, ['done', 'failed']);
    const broker = plainServer(check);
    await broker.evaluate(message('|alice|guess'));
    assert.equal((await broker.evaluate(message('|alice|secret'))).kind, 'failed', 'a second guess');
  });
});

test('OAUTHBEARER carries the token and its extensions', async () => {
  const message = await oauthBearerClient('abc.def.', { logicalCluster: 'lkc-1' }).next(null);
  assert.equal(`${message}`, 'n,,\x01auth=Bearer abc.def.\x01logicalCluster=lkc-1\x01\x01');
  assert.deepEqual(readBearerMessage(message ?? Buffer.alloc(0)), {
    token: 'abc.def.',
    authorizationId: '',
    extensions: new Map([['logicalCluster', 'lkc-1']]),
  });
});

test('a token that is refused ends the login after the client has read so', async () => {
  const client = oauthBearerClient('bad');
  const broker = oauthBearerServer(async () => ({ reason: 'the token has expired' }));
  const first = await broker.evaluate((await client.next(null)) ?? Buffer.alloc(0));
  assert.equal(first.kind, 'continues');
  const answer = first.kind === 'continues' ? await client.next(first.challenge) : null;
  assert.equal(`${answer}`, '\x01');
  const last = await broker.evaluate(answer ?? Buffer.alloc(0));
  const said = '{"status":"invalid_token"}';
  assert.deepEqual(last, { kind: 'failed', reason: 'the token has expired', said });
});

test('what OAUTHBEARER cannot carry is refused at once', () => {
  const refused = { code: 'SASL_AUTHENTICATION_FAILED' };
  assert.throws(() => oauthBearerClient('a b'), refused);
  assert.throws(() => oauthBearerClient('token', { auth: 'other' }), refused);
  assert.throws(() => oauthBearerClient('token', { key: 'a\x01b' }), refused);
});

test('no bytes make the reader of OAUTHBEARER throw', () => {
  const pieces = ['n,,', 'n,a=x,', '\x01', 'auth=Bearer ', 'auth=', 'abc', 'key=', '=', '\0'];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 12 }), (parts) => {
      readBearerMessage(Buffer.from(parts.join('')));
    }),
  );
});

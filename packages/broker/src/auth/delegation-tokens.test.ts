// Delegation tokens over the wire: made by a user, used by whoever has them, for as long as they hold.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Metadata } from '@klamm/protocol/api/03-metadata';
import { CreateDelegationToken } from '@klamm/protocol/api/38-create-delegation-token';
import { RenewDelegationToken } from '@klamm/protocol/api/39-renew-delegation-token';
import { ExpireDelegationToken } from '@klamm/protocol/api/40-expire-delegation-token';
import { DescribeDelegationToken } from '@klamm/protocol/api/41-describe-delegation-token';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { plainClient } from '@klamm/protocol/sasl/plain';
import { scramClient } from '@klamm/protocol/sasl/scram-client';
import { startBroker } from '../broker.ts';
import { RawClient } from '../testing/raw-client.ts';
import { logIn } from '../testing/sasl.ts';

async function start(config: Record<`listener.name.${string}`, string> & Record<string, string>) {
  const broker = await startBroker({
    listeners: 'PLAINTEXT://127.0.0.1:0,SASL_PLAINTEXT://127.0.0.1:0',
    config: {
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256',
      'listener.name.sasl_plaintext.plain.sasl.jaas.config':
        'org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="a" user_bob="b";',
      ...config,
    },
  });
  const clients: RawClient[] = [];
  const open = async (name = 'SASL_PLAINTEXT'): Promise<RawClient> => {
    const port = broker.endpoints.find((endpoint) => endpoint.name === name)?.port ?? 0;
    const client = await RawClient.open('127.0.0.1', port);
    clients.push(client);
    return client;
  };
  const as = async (user: string, password: string): Promise<RawClient> => {
    const client = await open();
    assert.equal((await logIn(client, plainClient(user, password))).errorCode, ErrorCode.NONE);
    return client;
  };
  return {
    open,
    as,
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.close();
      await broker.close();
    },
  };
}

const SECRET = { 'delegation.token.secret.key': 'a secret of this cluster' };
const AT_ONCE = { 'connection.failed.authentication.delay.ms': '0' };

test('whoever has a token is its owner, may not make another, and is shut out when it ends', async () => {
  await using broker = await start({ ...SECRET, ...AT_ONCE });
  const alice = await broker.as('alice', 'a');
  const made = await alice.request(CreateDelegationToken, 3, { renewers: [], maxLifetimeMs: 60_000 });
  assert.equal(made.errorCode, ErrorCode.NONE);
  assert.equal(made.principalName, 'alice');
  const password = made.hmac.toString('base64');
  const sasl = () => scramClient('SCRAM-SHA-256', made.tokenId, password, { isToken: true });

  const worker = await broker.open();
  const login = await logIn(worker, sasl());
  assert.equal(login.errorCode, ErrorCode.NONE);
  assert.ok(login.sessionLifetimeMs > 0 && login.sessionLifetimeMs <= 60_000, 'no longer than the token');
  assert.equal((await worker.request(Metadata, 12, { topics: [] })).brokers.length, 1);
  const again = await worker.request(CreateDelegationToken, 3, { renewers: [], maxLifetimeMs: -1 });
  assert.equal(again.errorCode, ErrorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED);

  const notAToken = await logIn(await broker.open(), scramClient('SCRAM-SHA-256', made.tokenId, password));
  assert.equal(notAToken.errorCode, ErrorCode.SASL_AUTHENTICATION_FAILED);
  const { hmac } = made;
  const ended = await alice.request(ExpireDelegationToken, 2, { hmac, expiryTimePeriodMs: -1 });
  assert.equal(ended.errorCode, ErrorCode.NONE);
  const after = await logIn(await broker.open(), sasl());
  assert.equal(after.errorCode, ErrorCode.SASL_AUTHENTICATION_FAILED);
});

test('a token is renewed by its renewers, and seen by them and its owner', async () => {
  await using broker = await start(SECRET);
  const alice = await broker.as('alice', 'a');
  const bob = await broker.as('bob', 'b');
  const renewers = [{ principalType: 'User', principalName: 'bob' }];
  const own = await alice.request(CreateDelegationToken, 3, { renewers: [], maxLifetimeMs: -1 });
  const shared = await alice.request(CreateDelegationToken, 3, { renewers, maxLifetimeMs: -1 });
  const renew = (hmac: Buffer) => bob.request(RenewDelegationToken, 2, { hmac, renewPeriodMs: -1 });
  assert.equal((await renew(shared.hmac)).errorCode, ErrorCode.NONE);
  assert.equal((await renew(own.hmac)).errorCode, ErrorCode.DELEGATION_TOKEN_OWNER_MISMATCH);
  assert.equal((await renew(Buffer.from('no token'))).errorCode, ErrorCode.DELEGATION_TOKEN_NOT_FOUND);
  const owners = [{ principalType: 'User', principalName: 'bob' }];
  const ofBob = await alice.request(DescribeDelegationToken, 3, { owners });
  assert.deepEqual(
    ofBob.tokens.map(({ tokenId, hmac }) => [tokenId, hmac]),
    [[shared.tokenId, shared.hmac]],
  );
  assert.deepEqual((await alice.request(DescribeDelegationToken, 3, { owners: [] })).tokens, []);
});

test('only people can renew, and nobody asks for tokens who is not known to be there', async () => {
  await using broker = await start(SECRET);
  const alice = await broker.as('alice', 'a');
  const renewers = [{ principalType: 'Group', principalName: 'ops' }];
  const grouped = await alice.request(CreateDelegationToken, 3, { renewers, maxLifetimeMs: -1 });
  assert.equal(grouped.errorCode, ErrorCode.INVALID_PRINCIPAL_TYPE);
  const nobody = await broker.open('PLAINTEXT');
  const { errorCode } = await nobody.request(DescribeDelegationToken, 3, { owners: null });
  assert.equal(errorCode, ErrorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED);
});

test('without a secret key there are no tokens', async () => {
  await using broker = await start({});
  const alice = await broker.as('alice', 'a');
  const { errorCode } = await alice.request(CreateDelegationToken, 3, { renewers: [], maxLifetimeMs: -1 });
  assert.equal(errorCode, ErrorCode.DELEGATION_TOKEN_AUTH_DISABLED);
});

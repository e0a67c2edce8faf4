// Delegation tokens with the client: made, used for a login, renewed, ended; on a real Apache Kafka and on Klamm.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { sleep, systemClock } from '@klamm/base/clock';
import { KlammError } from '@klamm/base/errors';
import type { Admin } from '@klamm/client/admin/admin';
import type { DelegationToken } from '@klamm/client/admin/tokens';
import { Kafka } from '@klamm/client/client';
import type { SaslOptions } from '@klamm/client/security/options';
import { startApacheKafka } from '../peers/apache-kafka.ts';
import type { Broker } from '../peers/broker.ts';
import { getJava } from '../peers/java.ts';
import { startKlamm } from '../peers/klamm.ts';
import { usePeer } from '../peers/peers.ts';
import { useTarget } from './target.ts';

const java = await usePeer(getJava);
const MODULES = 'org.apache.kafka.common.security';
const settings = {
  'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:SASL_PLAINTEXT',
  'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256',
  'sasl.mechanism.inter.broker.protocol': 'PLAIN',
  'listener.name.plaintext.plain.sasl.jaas.config': `${MODULES}.plain.PlainLoginModule required username="alice" password="one" user_alice="one" user_bob="two";`,
  'listener.name.plaintext.scram-sha-256.sasl.jaas.config': `${MODULES}.scram.ScramLoginModule required;`,
  'delegation.token.secret.key': 'a secret of the brokers',
};
const brokers: [string, string | false, () => Promise<Broker>][] = [
  ['Apache Kafka 4.3.1', java.skip, () => startApacheKafka(java.get(), { settings })],
  ['Klamm', false, () => startKlamm({ settings })],
];

const DAY_MS = 86_400_000;
const withCode = (code: string) => (error: unknown) => error instanceof KlammError && error.code === code;

/** Brokers of Apache Kafka learn of a token, and of its end, a moment after whoever asked for it. */
async function untilThere(admin: Admin, ...tokens: DelegationToken[]): Promise<void> {
  const text = (all: readonly DelegationToken[]): string => JSON.stringify(all);
  while (text(await admin.describeTokens()) !== text(tokens)) await sleep(systemClock, 20);
}

for (const [name, skip, start] of brokers) {
  suite(`delegation tokens of ${name}`, { skip, timeout: 120_000 }, () => {
    const target = useTarget(start);
    const as = (sasl: SaslOptions) =>
      new Kafka({ brokers: target.bootstrap, sasl, retryTimeoutMs: 5000 }).admin();
    const alice = () => as({ mechanism: 'plain', username: 'alice', password: 'one' });
    const bob = () => as({ mechanism: 'plain', username: 'bob', password: 'two' });
    const byToken = ({ tokenId, hmac }: DelegationToken) =>
      as({
        mechanism: 'scram-sha-256',
        username: tokenId,
        password: hmac.toString('base64'),
        delegationToken: true,
      });

    test('a token is a login for its owner, until it is ended', async () => {
      await using admin = alice();
      const token = await admin.createToken({ renewers: ['User:bob'], maxLifetimeMs: 2 * DAY_MS });
      assert.equal(token.owner, 'User:alice');
      assert.equal(token.requester, 'User:alice');
      assert.equal(token.renewableUntil - token.issuedAt, 2 * DAY_MS);
      assert.equal(token.expiresAt - token.issuedAt, DAY_MS);
      await untilThere(admin, token);
      assert.deepEqual(await admin.describeTokens(['User:bob']), [token], 'those of a renewer too');
      assert.deepEqual(await admin.describeTokens(['User:carol']), []);
      {
        await using other = byToken(token);
        assert.equal((await other.describeCluster()).brokers.length, 1);
        await assert.rejects(other.createToken(), withCode('DELEGATION_TOKEN_REQUEST_NOT_ALLOWED'));
      }
      {
        await using renewer = bob();
        const expiresAt = await renewer.renewToken(token.hmac, 36 * 3_600_000);
        assert.ok(expiresAt > token.expiresAt && expiresAt <= token.renewableUntil);
      }
      await admin.expireToken(token.hmac);
      await untilThere(admin);
      await using late = byToken(token);
      await assert.rejects(late.describeCluster(), withCode('SASL_AUTHENTICATION_FAILED'));
    });

    test('a token that is not there, and one of somebody else, are refused', async () => {
      await using owner = alice();
      const token = await owner.createToken();
      await untilThere(owner, token);
      await using other = bob();
      await assert.rejects(other.renewToken(Buffer.from('none')), withCode('DELEGATION_TOKEN_NOT_FOUND'));
      await assert.rejects(other.expireToken(token.hmac), withCode('DELEGATION_TOKEN_OWNER_MISMATCH'));
      await owner.expireToken(token.hmac);
    });
  });
}

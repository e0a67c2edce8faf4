// Delegation tokens with the client: made, used for a login, renewed, ended; on a real Apache Kafka and on Klamm.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
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
import { runProgram } from '../peers/program.ts';
import { useTarget } from './target.ts';

const BIN = fileURLToPath(new URL('../../packages/klamm/src/bin.ts', import.meta.url));
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

    test('so it is from the command line', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'klamm-tokens-'));
      try {
        const properties = `security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.username=alice\nsasl.password=one\n`;
        writeFileSync(join(folder, 'alice.properties'), properties);
        const klamm = async (...args: string[]): Promise<string> => {
          const login = args.includes('--command-config') ? [] : ['--command-config', 'alice.properties'];
          const all = [BIN, ...args, '-b', target.bootstrap, ...login];
          const { stdout } = await runProgram(process.execPath, all, { cwd: folder });
          return stdout;
        };
        const [made] = JSON.parse(
          await klamm('token', 'create', '--renewer', 'bob', '--max-lifetime', '3h', '-o', 'json'),
        );
        assert.equal(Date.parse(made.renewableUntil) - Date.parse(made.expires), 0);
        writeFileSync(
          join(folder, 'token.properties'),
          `security.protocol=SASL_PLAINTEXT\nsasl.mechanism=SCRAM-SHA-256\nsasl.jaas.config=${MODULES}.scram.ScramLoginModule required username="${made.token}" password="${made.hmac}" tokenauth=true;\n`,
        );
        writeFileSync(join(folder, 'hmac'), `${made.hmac}\n`);
        await using admin = alice();
        while ((await admin.describeTokens()).length === 0) await sleep(systemClock, 20);
        const listed = await klamm('token', 'list', '-o', 'json');
        assert.deepEqual(
          JSON.parse(listed),
          [{ ...made, hmac: undefined }].map(({ hmac: _, ...rest }) => rest),
        );
        await klamm('cluster', 'info', '--command-config', 'token.properties');
        await klamm('token', 'renew', '--hmac-file', 'hmac', '--for', '1h');
        await klamm('token', 'end', '--hmac-file', 'hmac');
        await untilThere(admin);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
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

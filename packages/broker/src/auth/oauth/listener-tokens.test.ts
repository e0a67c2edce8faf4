// OAUTHBEARER from the settings of a listener to a user who is in, and asked for a login again when the token ends.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { systemClock } from '@klamm/base/clock';
import { Metadata } from '@klamm/protocol/api/03-metadata';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { oauthBearerClient } from '@klamm/protocol/sasl/oauth-bearer';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { startBroker } from '../../broker.ts';
import { RawClient } from '../../testing/raw-client.ts';
import { logIn } from '../../testing/sasl.ts';

test('a signed token is the login, for as long as it holds', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'klamm-jwks-'));
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const path = join(folder, 'keys.json');
  writeFileSync(
    path,
    JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'a', alg: 'ES256' }] }),
  );
  const warnings: string[] = [];
  const warn = (line: string): void => void warnings.push(line);
  await using broker = await startBroker({
    listeners: 'OTHER://127.0.0.1:0',
    logger: { debug: () => {}, info: () => {}, warn, error: warn },
    config: {
      'listener.security.protocol.map': 'OTHER:SASL_PLAINTEXT',
      'listener.name.other.sasl.enabled.mechanisms': 'OAUTHBEARER',
      'listener.name.other.oauthbearer.sasl.oauthbearer.jwks.endpoint.url': pathToFileURL(path).href,
      'sasl.oauthbearer.expected.issuer': 'https://idp',
      'sasl.oauthbearer.expected.audience': 'klamm',
      'sasl.oauthbearer.sub.claim.name': 'preferred_username',
      'connection.failed.authentication.delay.ms': '0',
    },
  });
  const seconds = Math.floor(systemClock.now() / 1000);
  const good: JWTPayload = {
    preferred_username: 'dave',
    iss: 'https://idp',
    aud: 'klamm',
    iat: seconds,
    exp: seconds + 60,
  };
  const ask = async (payload: JWTPayload, extensions: Record<string, string> = {}) => {
    const client = await RawClient.open('127.0.0.1', broker.port);
    try {
      const jwt = new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid: 'a' });
      const answer = await logIn(client, oauthBearerClient(await jwt.sign(privateKey), extensions));
      if (answer.errorCode === ErrorCode.NONE) await client.request(Metadata, 12, { topics: [] });
      return answer;
    } finally {
      client.close();
    }
  };
  try {
    const answer = await ask(good, { logicalCluster: 'lkc' });
    assert.equal(answer.errorCode, ErrorCode.NONE);
    assert.ok(answer.sessionLifetimeMs > 0 && answer.sessionLifetimeMs <= 60_000);
    assert.deepEqual(warnings, []);
    for (const [payload, reason] of [
      [{ ...good, aud: 'other' }, /"aud"/],
      [{ ...good, iss: 'https://other' }, /"iss"/],
      [{ ...good, exp: seconds - 60 }, /"exp"/],
      [{ ...good, preferred_username: '' }, /preferred_username/],
    ] as const) {
      const refused = await ask(payload);
      assert.equal(refused.errorCode, ErrorCode.SASL_AUTHENTICATION_FAILED);
      assert.equal(refused.errorMessage, '{"status":"invalid_token"}', 'the client is told no more');
      assert.match(`${warnings.at(-1)}`, reason, 'the log is');
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

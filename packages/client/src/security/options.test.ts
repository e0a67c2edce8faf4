// The options `tls` and `sasl`: what does not go together is refused in words, and nothing secret is ever shown.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { lineLogger, silentLogger } from '@klamm/base/logger';
import { Kafka } from '../client.ts';
import { type SaslOptions, securitySettings, type TlsOptions } from './options.ts';

const PEM = '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n';

for (const [what, tls, message] of [
  [
    'two sources of trust',
    { ca: PEM, truststore: { path: 'a' } },
    /`tls\.ca` or `tls\.truststore`, not both/,
  ],
  ['a key without its certificate', { key: PEM }, /`tls\.cert` and `tls\.key` belong together/],
  ['a certificate without its key', { cert: PEM }, /`tls\.cert` and `tls\.key` belong together/],
  [
    'two certificates of its own',
    { cert: PEM, key: PEM, keystore: { path: 'a' } },
    /or `tls\.keystore`, not both/,
  ],
  ['a store that is nowhere', { truststore: { password: 'x' } }, /`tls\.truststore` needs `path` or `bytes`/],
  [
    'a store in two places',
    { keystore: { path: 'a', bytes: Buffer.of(1) } },
    /`tls\.keystore` needs `path` or `bytes`, one of them/,
  ],
] satisfies [string, TlsOptions, RegExp][]) {
  test(`${what}: refused`, () => {
    assert.throws(() => securitySettings(tls, undefined, silentLogger), { code: 'INVALID_CONFIG', message });
  });
}

for (const [what, sasl, message] of [
  [
    'a mechanism nobody knows',
    { mechanism: 'gssapi', username: 'a', password: 'b' },
    /"gssapi"; plain, scram/,
  ],
  ['a login without a user', { mechanism: 'plain', username: '', password: 'b' }, /needs `username` and/],
  [
    'a login without a password',
    { mechanism: 'scram-sha-256', username: 'a' } as unknown as SaslOptions,
    /scram-sha-256 needs `username` and `password`/,
  ],
  [
    'a password where a token is wanted',
    { mechanism: 'OAUTHBEARER', username: 'a', password: 'b' },
    /oauthbearer needs `token`/,
  ],
  [
    'a token where a password is wanted',
    { mechanism: 'plain', token: () => ({ value: 'x' }) },
    /`sasl\.token` is for the mechanism oauthbearer, not "plain"/,
  ],
  [
    'a delegation token by a mechanism that has none',
    { mechanism: 'plain', username: 'a', password: 'b', delegationToken: true },
    /`sasl\.delegationToken` is for scram-sha-256 and scram-sha-512/,
  ],
  [
    'a token where a function is wanted',
    { mechanism: 'oauthbearer', token: 'x' } as unknown as SaslOptions,
    /`sasl\.token` is a function that is called for each login, not a string/,
  ],
] satisfies [string, SaslOptions, RegExp][]) {
  test(`${what}: refused`, () => {
    assert.throws(() => securitySettings(true, sasl, silentLogger), { code: 'INVALID_CONFIG', message });
  });
}

test('a password in the clear, and a broker that may be anybody, are warned of', () => {
  const lines: string[] = [];
  const logger = lineLogger('warn', (line) => lines.push(line));
  securitySettings(undefined, { mechanism: 'PLAIN', username: 'a', password: 'b' }, logger);
  securitySettings({ rejectUnauthorized: false }, undefined, logger);
  securitySettings(true, { mechanism: 'plain', username: 'a', password: 'b' }, logger);
  securitySettings(undefined, { mechanism: 'scram-sha-256', username: 'a', password: 'b' }, logger);
  assert.equal(lines.length, 2);
  assert.match(lines[0] ?? '', /in the clear: `sasl` with PLAIN, and no `tls`/);
  assert.match(lines[1] ?? '', /rejectUnauthorized/);
});

test('a client and what it makes show no secret, however they are printed', async () => {
  const kafka = new Kafka({
    brokers: '127.0.0.1:1',
    tls: { truststore: { bytes: Buffer.from('hidden-store'), password: 'hidden-1' }, passphrase: 'hidden-2' },
    sasl: { mechanism: 'scram-sha-256', username: 'alice', password: 'hidden-3' },
  });
  const admin = kafka.admin();
  const producer = kafka.producer();
  for (const object of [kafka, admin, producer]) {
    const printed = `${inspect(object, { depth: 20, showHidden: true, getters: true })} ${JSON.stringify(object)}`;
    assert.doesNotMatch(printed, /hidden-|hidden_/);
    assert.ok(!printed.includes(Buffer.from('hidden-store').toString('hex').slice(0, 16)));
  }
  await Promise.all([admin.close(), producer.close()]);
});

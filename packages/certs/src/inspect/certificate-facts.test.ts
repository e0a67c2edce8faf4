// What certificates say, of those that we issue.

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { issueAuthority, issueBroker } from '../issue/certificate.ts';
import { certificateFacts, isForHost } from './certificate-facts.ts';

const NOW = Date.UTC(2026, 0, 1);
const common = { days: 10, keyKind: 'ec-p256', now: NOW } as const;
const authority = await issueAuthority({ ...common, name: 'CN=Authority,O=Example' });
const dns = ['kafka.example', '*.brokers.example'];
const ips = ['10.0.0.5', '::1'];
const broker = await issueBroker({ ...common, name: 'CN=broker-1', authority, dns, ips });

test('an authority and a broker are told apart, with names, dates and keys', () => {
  const facts = certificateFacts(new X509Certificate(broker.certificate));
  assert.deepEqual([facts.subject, facts.issuer], ['CN=broker-1', 'CN=Authority,O=Example']);
  assert.deepEqual([facts.dns, facts.ips], [dns, ips]);
  assert.deepEqual([facts.isAuthority, facts.isSelfSigned, facts.key], [false, false, 'ec prime256v1']);
  assert.equal(facts.notAfter, NOW + 10 * 86_400_000);
  assert.ok(facts.notBefore < NOW);
  const own = certificateFacts(new X509Certificate(authority.certificate));
  assert.deepEqual([own.subject, own.isAuthority, own.isSelfSigned], ['CN=Authority,O=Example', true, true]);
});

for (const [host, expected] of [
  ['kafka.example', true],
  ['a.brokers.example', true],
  ['a.b.brokers.example', false],
  ['broker-1', false],
  ['10.0.0.5', true],
  ['10.0.0.6', false],
  ['::1', true],
] as const) {
  test(`it is ${expected ? '' : 'not '}for ${host}`, () => {
    assert.equal(isForHost(new X509Certificate(broker.certificate), host), expected);
  });
}

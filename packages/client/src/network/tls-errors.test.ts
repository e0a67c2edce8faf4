// Errors of TLS in words: each names the broker, the cause, and what to do; none is worth another try.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isTlsAlert, tlsError } from './tls-errors.ts';

const address = { host: '10.0.0.7', port: 9094 };
const failed = (code: string, more: object = {}): NodeJS.ErrnoException =>
  Object.assign(new Error('as Node says it'), { code, ...more });

for (const [code, more, message] of [
  ['SELF_SIGNED_CERT_IN_CHAIN', {}, /a CA that is not trusted here; give the certificate of the CA/],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', {}, /signed by itself, and not trusted here/],
  [
    'ERR_TLS_CERT_ALTNAME_INVALID',
    { cert: { subjectaltname: 'DNS:kafka.example' } },
    /for other addresses \(DNS:kafka\.example\), not for IP Address:10\.0\.0\.7/,
  ],
  [
    'CERT_HAS_EXPIRED',
    { cert: { valid_to: 'Jan 1' } },
    /has expired \(it held until Jan 1\); the broker needs a new/,
  ],
  ['CERT_NOT_YET_VALID', {}, /does not hold yet; are the clocks right\?/],
  ['ERR_SSL_WRONG_VERSION_NUMBER', {}, /does not speak TLS there; leave `tls` out/],
  [
    'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
    {},
    /asks for a certificate of this client; give `tls\.cert`/,
  ],
  ['ERR_SSL_SOMETHING_NEW', {}, /as Node says it/],
] as const) {
  test(code, () => {
    const error = tlsError(address, failed(code, more));
    assert.match(error?.message ?? '', /^No TLS with 10\.0\.0\.7:9094: /);
    assert.match(error?.message ?? '', message);
    assert.deepEqual([error?.code, error?.retriable], ['SSL_AUTHENTICATION_FAILED', false]);
  });
}

test('what has nothing to do with TLS is left to others', () => {
  assert.equal(tlsError(address, failed('ECONNREFUSED')), undefined);
  assert.equal(tlsError(address, new Error('anything')), undefined);
});

test('an alert of TLS is told from an answer of Kafka', () => {
  assert.ok(isTlsAlert(Buffer.from('15030100020246', 'hex')));
  assert.ok(!isTlsAlert(Buffer.from('0000001500', 'hex')));
  assert.ok(!isTlsAlert(Buffer.alloc(0)));
});

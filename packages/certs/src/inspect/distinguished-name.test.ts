// Names as Java prints them.

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { issueAuthority } from '../issue/certificate.ts';
import { distinguishedName } from './distinguished-name.ts';

for (const [name, expected] of [
  ['CN=alice', 'CN=alice'],
  ['CN=alice, OU=eng, O=Example, C=DE', 'CN=alice,OU=eng,O=Example,C=DE'],
  ['CN=a\\+b, O=Example\\, Inc.', 'CN=a\\+b,O=Example\\, Inc.'],
  ['CN=Jürgen', 'CN=Jürgen'],
  ['CN=x, E=a@b.c', 'CN=x,1.2.840.113549.1.9.1=#1605614062 2e63'.replace(' ', '')],
] as const) {
  test(`${name} is ${expected}`, async () => {
    const issued = await issueAuthority({ name, days: 1, keyKind: 'ec-p256', now: Date.UTC(2026, 0, 1) });
    assert.equal(distinguishedName(new X509Certificate(issued.certificate).raw), expected);
  });
}

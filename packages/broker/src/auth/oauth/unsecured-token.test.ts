// Tokens that nobody signed: taken where they are asked for, and only such tokens.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '@klamm/base/clock';
import { unsecuredTokenJudge, wantsUnsecured } from './unsecured-token.ts';

const SECONDS = 1_800_000_000;
const clock = { ...systemClock, now: () => SECONDS * 1000 };
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const token = (claims: unknown, header: unknown = { alg: 'none' }): string =>
  `${part(header)}.${part(claims)}.`;
const good = { sub: 'alice', iat: SECONDS, exp: SECONDS + 60, scope: 'read write' };

for (const [what, text, options, isTaken] of [
  ['in order', token(good), {}, true],
  ['that says it is signed', token(good, { alg: 'RS256' }), {}, false],
  ['that is signed', `${token(good)}AAAA`, {}, false],
  ['of two parts', token(good).slice(0, -1), {}, false],
  ['that is no JSON', 'e30.abc.', {}, false],
  ['without a user', token({ ...good, sub: undefined }), {}, false],
  ['with a user elsewhere', token({ ...good, sub: undefined, me: 'a' }), { PrincipalClaimName: 'me' }, true],
  ['that has expired', token({ ...good, iat: SECONDS - 9, exp: SECONDS - 2 }), {}, false],
  [
    'within the skew',
    token({ ...good, iat: SECONDS - 9, exp: SECONDS - 2 }),
    { AllowableClockSkewMs: '3000' },
    true,
  ],
  ['of the future', token({ ...good, iat: SECONDS + 5 }), {}, false],
  ['without an end', token({ ...good, exp: undefined }), {}, false],
  ['with the scopes asked for', token(good), { RequiredScope: 'read  write' }, true],
  ['without a scope asked for', token({ ...good, scope: ['read'] }), { RequiredScope: 'read write' }, false],
] as const) {
  test(`an unsecured token ${what} is ${isTaken ? 'taken' : 'refused'}`, () => {
    const given = new Map(
      Object.entries(options).map(([name, value]) => [`unsecuredValidator${name}`, value]),
    );
    assert.equal('identity' in unsecuredTokenJudge(given, clock)(text), isTaken);
  });
}

test('unsecured tokens have to be asked for, in options that can be', () => {
  assert.equal(wantsUnsecured(new Map()), false);
  assert.equal(wantsUnsecured(new Map([['unsecuredLoginStringClaim_sub', 'admin']])), false);
  assert.equal(wantsUnsecured(new Map([['unsecuredValidatorRequiredScope', '']])), true);
  const options = new Map([['unsecuredValidatorAllowableClockSkewMs', 'soon']]);
  assert.throws(() => unsecuredTokenJudge(options, clock), { code: 'INVALID_CONFIG' });
});

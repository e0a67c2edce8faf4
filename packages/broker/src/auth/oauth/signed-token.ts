// Whether a signed token is to be believed, and for whom (Kafka's BrokerJwtValidator): signed with a key of the set, in
// time, by the issuer and for the audience that are expected. The library that checks signatures is loaded with the
// first token.

import type { Clock } from '@klamm/base/clock';
import type { BearerVerdict } from '@klamm/protocol/sasl/oauth-bearer';
import type { JSONWebKeySet, JWTPayload, JWTVerifyOptions } from 'jose';
import type { KeySet } from './key-set.ts';

export interface SignedTokenOptions {
  readonly keySet: KeySet;
  readonly clock: Clock;
  /** Undefined for any. */
  readonly issuer: string | undefined;
  /** Of which a token has to name one; none for any. */
  readonly audiences: readonly string[];
  readonly clockSkewSeconds: number;
  readonly scopeClaim: string;
  readonly subjectClaim: string;
}

type Jose = typeof import('jose');

export async function judgeSignedToken(token: string, options: SignedTokenOptions): Promise<BearerVerdict> {
  const jose = await import('jose');
  const { keySet } = options;
  const keys = await keySet.keys();
  if (keys === undefined) return { reason: 'there are no keys to check tokens with' };
  try {
    return await judged(jose, token, keys, options);
  } catch (error) {
    if (!(error instanceof jose.errors.JWKSNoMatchingKey)) return refusal(jose, error);
  }
  // Keys change: it may be a new one.
  try {
    return await judged(jose, token, (await keySet.fresh()) ?? keys, options);
  } catch (error) {
    return refusal(jose, error);
  }
}

async function judged(
  jose: Jose,
  token: string,
  keys: JSONWebKeySet,
  options: SignedTokenOptions,
): Promise<BearerVerdict> {
  const { clock, issuer, audiences, clockSkewSeconds } = options;
  const expected: JWTVerifyOptions = {
    requiredClaims: ['exp', 'iat'],
    clockTolerance: clockSkewSeconds,
    currentDate: new Date(clock.now()),
    ...(issuer === undefined ? {} : { issuer }),
    ...(audiences.length === 0 ? {} : { audience: [...audiences] }),
  };
  const { payload } = await jose.jwtVerify(token, jose.createLocalJWKSet(keys), expected);
  return identityOf(payload, options);
}

function identityOf(payload: JWTPayload, { subjectClaim, scopeClaim }: SignedTokenOptions): BearerVerdict {
  const name = payload[subjectClaim];
  if (typeof name !== 'string' || name.trim() === '') {
    return { reason: `the token names nobody: its claim "${subjectClaim}" is no text` };
  }
  const scope = payload[scopeClaim];
  const scopes = Array.isArray(scope) ? scope : typeof scope === 'string' ? [scope] : [];
  if (scopes.some((each) => typeof each !== 'string' || each.trim() === '')) {
    return { reason: `the claim "${scopeClaim}" of the token holds no scopes` };
  }
  return {
    identity: { name: name.trim(), isTokenAuthenticated: false, expiresAtMs: (payload.exp ?? 0) * 1000 },
  };
}

/** What the library says of claims and signatures holds nothing of the token but names of claims. */
function refusal(jose: Jose, error: unknown): BearerVerdict {
  const why = error instanceof jose.errors.JOSEError ? error.message : 'it cannot be checked';
  return { reason: `the token is not valid: ${why}` };
}

// Tokens that nobody signed (RFC 7515 appendix A.5), for trying things out: whoever writes one is whoever he says he is. They
// are taken only where the login settings have an option `unsecuredValidator…`, of those that Kafka's
// OAuthBearerUnsecuredValidatorCallbackHandler reads.

import type { Clock } from '@klamm/base/clock';
import { KlammError } from '@klamm/base/errors';
import type { BearerVerdict } from '@klamm/protocol/sasl/oauth-bearer';

const PREFIX = 'unsecuredValidator';

type Claims = Readonly<Record<string, unknown>>;

export function wantsUnsecured(options: ReadonlyMap<string, string>): boolean {
  return [...options.keys()].some((option) => option.startsWith(PREFIX));
}

/** Throws KlammError INVALID_CONFIG where an option cannot be. */
export function unsecuredTokenJudge(
  options: ReadonlyMap<string, string>,
  clock: Clock,
): (token: string) => BearerVerdict {
  const option = (name: string): string => options.get(PREFIX + name)?.trim() ?? '';
  const subjectClaim = option('PrincipalClaimName') || 'sub';
  const scopeClaim = option('ScopeClaimName') || 'scope';
  const required = option('RequiredScope').split(/\s+/).filter(Boolean);
  const skewMs = Number(option('AllowableClockSkewMs') || '0');
  if (!Number.isInteger(skewMs) || skewMs < 0) {
    throw new KlammError(`${PREFIX}AllowableClockSkewMs is no number of milliseconds.`, {
      code: 'INVALID_CONFIG',
      errorCode: 40,
      retriable: false,
    });
  }
  return (token) => {
    const claims = claimsOf(token);
    if (claims === undefined) return { reason: 'the token is not an unsecured one' };
    const name = claims[subjectClaim];
    if (typeof name !== 'string' || name === '')
      return { reason: `the token names nobody in "${subjectClaim}"` };
    const { exp, iat = 0 } = claims;
    if (typeof exp !== 'number' || typeof iat !== 'number')
      return { reason: 'the token does not say its times' };
    const now = clock.now();
    if (iat * 1000 > now + skewMs) return { reason: 'the token is not issued yet' };
    if (exp * 1000 + skewMs <= now) return { reason: 'the token has expired' };
    if (exp <= iat) return { reason: 'the token expires before it is issued' };
    const scopes = scopesOf(claims[scopeClaim]);
    if (!required.every((scope) => scopes.includes(scope)))
      return { reason: 'the token lacks a scope that is asked for' };
    return { identity: { name, isTokenAuthenticated: false, expiresAtMs: exp * 1000 } };
  };
}

function claimsOf(token: string): Claims | undefined {
  const [header = '', claims = '', signature, ...rest] = token.split('.');
  if (signature !== '' || rest.length > 0) return undefined;
  return objectOf(header)?.alg === 'none' ? objectOf(claims) : undefined;
}

function objectOf(base64url: string): Claims | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(base64url, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function scopesOf(value: unknown): unknown[] {
  if (typeof value === 'string') return value.split(/\s+/);
  return Array.isArray(value) ? value : [];
}

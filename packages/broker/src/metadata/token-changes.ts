// Decisions on delegation tokens: what is refused and why, or which record makes it so (KIP-48, KIP-373). Rules of
// DelegationTokenControlManager; who may ask at all is the handlers' to judge.

import { randomUuid } from '@klamm/base/random';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { DelegationTokenRecord, RemoveDelegationTokenRecord } from '@klamm/protocol/stored/metadata';
import { encodeMetadata } from '@klamm/protocol/stored/metadata-frame';
import type { DelegationToken, TokenImage } from './token-image.ts';

/** What the settings say about lifetimes, in ms. */
export interface TokenLimits {
  readonly maxLifetimeMs: number;
  readonly expiryTimeMs: number;
}

interface Decided {
  readonly record: Buffer;
  readonly expiryTimestamp: number;
}

/** A record and when the token expires then; or an error code. */
type Outcome = Decided | number;

/** @param maxLifetimeMs what was asked for; not above 0 for the broker's own limit */
export function createToken(
  wanted: Pick<DelegationToken, 'owner' | 'requester' | 'renewers'> & { readonly maxLifetimeMs: number },
  limits: TokenLimits,
  now: number,
): { readonly record: Buffer; readonly token: DelegationToken } {
  const { maxLifetimeMs, ...people } = wanted;
  const maxTimestamp = later(now, shorter(limits.maxLifetimeMs, maxLifetimeMs));
  const token: DelegationToken = {
    ...people,
    tokenId: randomUuid(),
    issueTimestamp: now,
    maxTimestamp,
    expirationTimestamp: Math.min(maxTimestamp, later(now, limits.expiryTimeMs)),
  };
  return { record: encodeMetadata(DelegationTokenRecord, token), token };
}

/** @param periodMs what was asked for; not above 0 for the broker's own limit */
export function renewToken(
  token: DelegationToken | undefined,
  asker: string,
  periodMs: number,
  limits: TokenLimits,
  now: number,
): Outcome {
  if (token === undefined) return ErrorCode.DELEGATION_TOKEN_NOT_FOUND;
  if (isExpired(token, now)) return ErrorCode.DELEGATION_TOKEN_EXPIRED;
  if (!isOwnerOrRenewer(token, asker)) return ErrorCode.DELEGATION_TOKEN_OWNER_MISMATCH;
  return expiringAt(token, later(now, shorter(limits.expiryTimeMs, periodMs)));
}

/** @param periodMs how long it holds from now; below 0 it ends at once */
export function expireToken(
  token: DelegationToken | undefined,
  asker: string,
  periodMs: number,
  now: number,
): Outcome {
  if (token === undefined) return ErrorCode.DELEGATION_TOKEN_NOT_FOUND;
  if (!isOwnerOrRenewer(token, asker)) return ErrorCode.DELEGATION_TOKEN_OWNER_MISMATCH;
  if (periodMs < 0) return { record: removal(token), expiryTimestamp: now };
  if (isExpired(token, now)) return ErrorCode.DELEGATION_TOKEN_EXPIRED;
  return expiringAt(token, later(now, periodMs));
}

/** Removes the tokens whose time is over. */
export function expiredTokenRecords(image: TokenImage, now: number): Buffer[] {
  return [...image.all()].filter((token) => isExpired(token, now)).map(removal);
}

export function isExpired({ maxTimestamp, expirationTimestamp }: DelegationToken, now: number): boolean {
  return maxTimestamp < now || expirationTimestamp < now;
}

export function isOwnerOrRenewer({ owner, renewers }: DelegationToken, principal: string): boolean {
  return owner === principal || renewers.includes(principal);
}

function expiringAt(token: DelegationToken, wanted: number): Decided {
  const expiryTimestamp = Math.min(token.maxTimestamp, wanted);
  const record = encodeMetadata(DelegationTokenRecord, { ...token, expirationTimestamp: expiryTimestamp });
  return { record, expiryTimestamp };
}

const removal = ({ tokenId }: DelegationToken): Buffer =>
  encodeMetadata(RemoveDelegationTokenRecord, { tokenId });

const shorter = (limitMs: number, askedMs: number): number =>
  askedMs > 0 ? Math.min(limitMs, askedMs) : limitMs;

/** What is further off than can be written is as good as for ever. */
const later = (now: number, durationMs: number): number =>
  Math.min(now + durationMs, Number.MAX_SAFE_INTEGER);

// Delegation tokens (KIP-48): short-lived logins that somebody who is logged in makes for others. A token's HMAC is its
// password: whoever has it is its owner, so it is kept as a secret is.
//
// Brokers take these requests from connections that a login or a certificate vouches for, and not from those that a
// token itself does (DELEGATION_TOKEN_REQUEST_NOT_ALLOWED).

import { CreateDelegationToken } from '@klamm/protocol/api/38-create-delegation-token';
import { RenewDelegationToken } from '@klamm/protocol/api/39-renew-delegation-token';
import { ExpireDelegationToken } from '@klamm/protocol/api/40-expire-delegation-token';
import { DescribeDelegationToken } from '@klamm/protocol/api/41-describe-delegation-token';
import type { Cluster } from '../cluster.ts';
import { invalidOption } from '../option-checks.ts';
import { throwFirst } from './topics.ts';

export interface DelegationToken {
  /** The user name of a SCRAM login with this token. */
  readonly tokenId: string;
  /** Its password, once it is written in base64. */
  readonly hmac: Buffer;
  /** As whom one acts with it: `User:alice`. */
  readonly owner: string;
  /** Who asked for it; empty from brokers that are older than Kafka 3.3. */
  readonly requester: string;
  /** ms since 1970. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** Until when it can be renewed. */
  readonly renewableUntil: number;
  /** Who may renew it besides its owner. */
  readonly renewers: readonly string[];
}

export interface CreateTokenOptions {
  /** Default: the caller. */
  readonly owner?: string;
  readonly renewers?: readonly string[];
  /** How long it can be renewed, in ms. Default, and most: the broker's delegation.token.max.lifetime.ms. */
  readonly maxLifetimeMs?: number;
}

const BROKERS_CHOICE = -1;

export async function createToken(
  cluster: Cluster,
  { owner, renewers = [], maxLifetimeMs = BROKERS_CHOICE }: CreateTokenOptions,
): Promise<DelegationToken> {
  const principal = owner === undefined ? undefined : principalOf(owner);
  const answer = await cluster.request(
    CreateDelegationToken,
    {
      ownerPrincipalType: principal?.principalType ?? null,
      ownerPrincipalName: principal?.principalName ?? null,
      renewers: renewers.map(principalOf),
      maxLifetimeMs,
    },
    { once: true },
  );
  refuse('No delegation token was made', answer.errorCode);
  return tokenOf({
    ...answer,
    issueTimestamp: answer.issueTimestampMs,
    expiryTimestamp: answer.expiryTimestampMs,
    maxTimestamp: answer.maxTimestampMs,
    renewers: renewers.map(principalOf),
  });
}

/** Resolves with when the token expires now, in ms since 1970. */
export async function renewToken(cluster: Cluster, hmac: Buffer, renewPeriodMs?: number): Promise<number> {
  const answer = await cluster.request(RenewDelegationToken, {
    hmac,
    renewPeriodMs: renewPeriodMs ?? BROKERS_CHOICE,
  });
  refuse('The delegation token was not renewed', answer.errorCode);
  return answer.expiryTimestampMs;
}

/** Ends a token at once, or `afterMs` from now. Resolves with when it expires, in ms since 1970. */
export async function expireToken(cluster: Cluster, hmac: Buffer, afterMs?: number): Promise<number> {
  const answer = await cluster.request(ExpireDelegationToken, {
    hmac,
    expiryTimePeriodMs: afterMs ?? BROKERS_CHOICE,
  });
  refuse('The delegation token was not ended', answer.errorCode);
  return answer.expiryTimestampMs;
}

/** The tokens of these owners, or all that the caller may see; without those it may not. */
export async function describeTokens(
  cluster: Cluster,
  owners: readonly string[] | null,
): Promise<DelegationToken[]> {
  const answer = await cluster.request(DescribeDelegationToken, { owners: owners?.map(principalOf) ?? null });
  refuse('The delegation tokens cannot be read', answer.errorCode);
  return answer.tokens.map(tokenOf);
}

function refuse(what: string, errorCode: number): void {
  throwFirst([{ what, errorCode, errorMessage: null }]);
}

interface WirePrincipal {
  readonly principalType: string;
  readonly principalName: string;
}

function tokenOf(
  token: WirePrincipal & {
    readonly tokenId: string;
    readonly hmac: Buffer;
    readonly tokenRequesterPrincipalType: string;
    readonly tokenRequesterPrincipalName: string;
    readonly issueTimestamp: number;
    readonly expiryTimestamp: number;
    readonly maxTimestamp: number;
    readonly renewers: readonly WirePrincipal[];
  },
): DelegationToken {
  const { tokenRequesterPrincipalType: type, tokenRequesterPrincipalName: name } = token;
  return {
    tokenId: token.tokenId,
    hmac: Buffer.from(token.hmac),
    owner: `${token.principalType}:${token.principalName}`,
    requester: type === '' ? '' : `${type}:${name}`,
    issuedAt: token.issueTimestamp,
    expiresAt: token.expiryTimestamp,
    renewableUntil: token.maxTimestamp,
    renewers: token.renewers.map((renewer) => `${renewer.principalType}:${renewer.principalName}`),
  };
}

function principalOf(text: string): WirePrincipal {
  const colon = text.indexOf(':');
  if (colon <= 0)
    throw invalidOption(`"${text}" is no principal; write it as User:${text === '' ? 'alice' : text}.`);
  return { principalType: text.slice(0, colon), principalName: text.slice(colon + 1) };
}

// CreateDelegationToken v1 to v3 (KIP-48). Behavior: makes a token for whoever asks, or, where that is allowed, for
// somebody else (KIP-373). Version notes: v3 has the owner in the request and who asked in the answer.

import { CreateDelegationToken } from '@klamm/protocol/api/38-create-delegation-token';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { principalText } from '../auth/principal.ts';
import { authorized } from '../dispatch/authorized.ts';
import type { RequestContext } from '../dispatch/context.ts';
import { defineHandler } from '../dispatch/handler.ts';
import { AclResource, Operation } from '../metadata/acl.ts';
import { createToken } from '../metadata/token-changes.ts';
import { NO_TIMESTAMP, textOf, tokenRequestProblem, wirePrincipal } from './token-requests.ts';

const NO_TOKEN = {
  issueTimestampMs: NO_TIMESTAMP,
  expiryTimestampMs: NO_TIMESTAMP,
  maxTimestampMs: NO_TIMESTAMP,
  tokenId: '',
  hmac: Buffer.alloc(0),
};

export const createDelegationToken = defineHandler(CreateDelegationToken, {
  async handle(context, { ownerPrincipalType, ownerPrincipalName, renewers, maxLifetimeMs }) {
    const { broker, connection } = context;
    const requester = principalText(connection.principal);
    const owner = ownerPrincipalName ? `${ownerPrincipalType ?? ''}:${ownerPrincipalName}` : requester;
    const people = peopleOf(owner, requester);
    const errorCode = problemOf(context, owner, requester, renewers);
    if (errorCode !== ErrorCode.NONE) return { ...NO_TOKEN, ...people, errorCode };
    const { tokens, catalog, clock } = broker;
    const token = await catalog.change(() => {
      const wanted = { owner, requester, renewers: renewers.map(textOf), maxLifetimeMs };
      const made = createToken(wanted, tokens.limits, clock.now());
      return { records: [made.record], result: made.token };
    });
    return {
      ...people,
      errorCode,
      issueTimestampMs: token.issueTimestamp,
      expiryTimestampMs: token.expirationTimestamp,
      maxTimestampMs: token.maxTimestamp,
      tokenId: token.tokenId,
      hmac: tokens.hmacOf(token.tokenId),
    };
  },
  onError: (_request, errorCode) => ({ ...NO_TOKEN, ...peopleOf(':', ':'), errorCode }),
});

function problemOf(
  context: RequestContext,
  owner: string,
  requester: string,
  renewers: readonly { readonly principalType: string }[],
): number {
  const problem = tokenRequestProblem(context);
  if (problem === ErrorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED) return problem;
  if (owner !== requester && !authorized(context, Operation.createTokens, AclResource.user, owner)) {
    return ErrorCode.DELEGATION_TOKEN_AUTHORIZATION_FAILED;
  }
  if (renewers.some(({ principalType }) => principalType !== 'User')) return ErrorCode.INVALID_PRINCIPAL_TYPE;
  return problem;
}

function peopleOf(owner: string, requester: string) {
  const asking = wirePrincipal(requester);
  return {
    ...wirePrincipal(owner),
    tokenRequesterPrincipalType: asking.principalType,
    tokenRequesterPrincipalName: asking.principalName,
  };
}

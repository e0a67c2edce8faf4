// DescribeDelegationToken v1 to v3 (KIP-48). Behavior: tokens of the owners named, or all, of which whoever asks is owner or
// renewer, or may see; their secrets with them, as in Kafka. Version notes: v3 tells who asked for them.

import { DescribeDelegationToken } from '@klamm/protocol/api/41-describe-delegation-token';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { principalText } from '../auth/principal.ts';
import { authorized } from '../dispatch/authorized.ts';
import { defineHandler } from '../dispatch/handler.ts';
import { AclResource, Operation } from '../metadata/acl.ts';
import { isOwnerOrRenewer } from '../metadata/token-changes.ts';
import type { DelegationToken } from '../metadata/token-image.ts';
import { textOf, tokenRequestProblem, wirePrincipal } from './token-requests.ts';

export const describeDelegationToken = defineHandler(DescribeDelegationToken, {
  handle(context, { owners }) {
    const errorCode = tokenRequestProblem(context);
    if (errorCode !== ErrorCode.NONE) return { errorCode, tokens: [] };
    const { tokens, catalog } = context.broker;
    const asker = principalText(context.connection.principal);
    const asked = owners?.map(textOf);
    const isWanted = (token: DelegationToken): boolean =>
      asked?.some((owner) => isOwnerOrRenewer(token, owner)) ?? true;
    const isSeen = (token: DelegationToken): boolean =>
      isOwnerOrRenewer(token, asker) ||
      authorized(context, Operation.describe, AclResource.delegationToken, token.tokenId) ||
      authorized(context, Operation.describeTokens, AclResource.user, token.owner);
    const seen = [...catalog.image.tokens.all()].filter((token) => isWanted(token) && isSeen(token));
    return { errorCode, tokens: seen.map((token) => described(token, tokens.hmacOf(token.tokenId))) };
  },
  onError: (_request, errorCode) => ({ errorCode, tokens: [] }),
});

function described(token: DelegationToken, hmac: Buffer) {
  const requester = wirePrincipal(token.requester);
  return {
    ...wirePrincipal(token.owner),
    tokenRequesterPrincipalType: requester.principalType,
    tokenRequesterPrincipalName: requester.principalName,
    issueTimestamp: token.issueTimestamp,
    expiryTimestamp: token.expirationTimestamp,
    maxTimestamp: token.maxTimestamp,
    tokenId: token.tokenId,
    hmac,
    renewers: token.renewers.map(wirePrincipal),
  };
}

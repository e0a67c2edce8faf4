// What the handlers of delegation tokens have in common.

import { ErrorCode } from '@klamm/protocol/error-codes';
import { ANONYMOUS, principalText } from '../auth/principal.ts';
import type { RequestContext } from '../dispatch/context.ts';

export const NO_TIMESTAMP = -1;

/**
 * Why this connection may not ask about tokens; NONE where it may: somebody has to be known to be there, and not by a
 * token (KafkaApis.allowTokenRequests).
 */
export function tokenRequestProblem({ connection, broker }: RequestContext): number {
  const { principal, securityProtocol } = connection;
  const isAnonymous = principalText(principal) === principalText(ANONYMOUS);
  const isUnknown = securityProtocol === 'PLAINTEXT' || (securityProtocol === 'SSL' && isAnonymous);
  if (principal.isTokenAuthenticated || isUnknown) return ErrorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED;
  return broker.tokens.isEnabled ? ErrorCode.NONE : ErrorCode.DELEGATION_TOKEN_AUTH_DISABLED;
}

interface WirePrincipal {
  readonly principalType: string;
  readonly principalName: string;
}

/** As ACLs write it: `User:alice`. */
export function textOf({ principalType, principalName }: WirePrincipal): string {
  return `${principalType}:${principalName}`;
}

export function wirePrincipal(text: string): WirePrincipal {
  const at = text.indexOf(':');
  return { principalType: text.slice(0, at), principalName: text.slice(at + 1) };
}

// ExpireDelegationToken v1 to v2 (KIP-48). Behavior: ends a token at once, or changes when it expires, for its owner and its
// renewers.

import { ExpireDelegationToken } from '@klamm/protocol/api/40-expire-delegation-token';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { principalText } from '../auth/principal.ts';
import { defineHandler } from '../dispatch/handler.ts';
import { expireToken } from '../metadata/token-changes.ts';
import { NO_TIMESTAMP, tokenRequestProblem } from './token-requests.ts';

export const expireDelegationToken = defineHandler(ExpireDelegationToken, {
  async handle(context, { hmac, expiryTimePeriodMs }) {
    const problem = tokenRequestProblem(context);
    if (problem !== ErrorCode.NONE) return { errorCode: problem, expiryTimestampMs: NO_TIMESTAMP };
    const { tokens, catalog, clock } = context.broker;
    const asker = principalText(context.connection.principal);
    return await catalog.change(() => {
      const outcome = expireToken(tokens.withHmac(hmac), asker, expiryTimePeriodMs, clock.now());
      if (typeof outcome === 'number') {
        return { records: [], result: { errorCode: outcome, expiryTimestampMs: NO_TIMESTAMP } };
      }
      const { record, expiryTimestamp: expiryTimestampMs } = outcome;
      return { records: [record], result: { errorCode: ErrorCode.NONE, expiryTimestampMs } };
    });
  },
  onError: (_request, errorCode) => ({ errorCode, expiryTimestampMs: NO_TIMESTAMP }),
});

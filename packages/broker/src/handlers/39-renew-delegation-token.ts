// RenewDelegationToken v1 to v2 (KIP-48). Behavior: puts off when a token expires, for its owner and its renewers, but
// never beyond what it was made for.

import { RenewDelegationToken } from '@klamm/protocol/api/39-renew-delegation-token';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { principalText } from '../auth/principal.ts';
import { defineHandler } from '../dispatch/handler.ts';
import { renewToken } from '../metadata/token-changes.ts';
import { NO_TIMESTAMP, tokenRequestProblem } from './token-requests.ts';

export const renewDelegationToken = defineHandler(RenewDelegationToken, {
  async handle(context, { hmac, renewPeriodMs }) {
    const problem = tokenRequestProblem(context);
    if (problem !== ErrorCode.NONE) return { errorCode: problem, expiryTimestampMs: NO_TIMESTAMP };
    const { tokens, catalog, clock } = context.broker;
    const asker = principalText(context.connection.principal);
    return await catalog.change(() => {
      const outcome = renewToken(tokens.withHmac(hmac), asker, renewPeriodMs, tokens.limits, clock.now());
      if (typeof outcome === 'number') {
        return { records: [], result: { errorCode: outcome, expiryTimestampMs: NO_TIMESTAMP } };
      }
      const { record, expiryTimestamp: expiryTimestampMs } = outcome;
      return { records: [record], result: { errorCode: ErrorCode.NONE, expiryTimestampMs } };
    });
  },
  onError: (_request, errorCode) => ({ errorCode, expiryTimestampMs: NO_TIMESTAMP }),
});

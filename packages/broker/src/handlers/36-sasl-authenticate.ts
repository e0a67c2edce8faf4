// SaslAuthenticate v0 to v2. Behavior: takes a login one message further; when it is done, the connection is the user's.
// A login that failed is answered late, and the connection is closed after the answer. Where none is under way:
// ILLEGAL_SASL_STATE.

import { SaslAuthenticate } from '@klamm/protocol/api/36-sasl-authenticate';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { defineHandler } from '../dispatch/handler.ts';

export const saslAuthenticate = defineHandler(SaslAuthenticate, {
  async handle({ connection }, { authBytes }) {
    const { login } = connection;
    if (login === undefined || login.state === 'in') {
      return {
        errorCode: ErrorCode.ILLEGAL_SASL_STATE,
        errorMessage: 'SaslAuthenticate request received after successful authentication',
      };
    }
    const answer = await login.authenticate(authBytes);
    if (answer.errorCode === ErrorCode.NONE) connection.principal = login.principal;
    else connection.close();
    return answer;
  },
  onError: (_request, errorCode, errorMessage) => ({ errorCode, errorMessage }),
});

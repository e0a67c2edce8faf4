// SaslHandshake v0 and v1. Behavior: names the mechanisms of the listener, and begins a login by one of them, or a login
// again (KIP-368). Version notes: after v0 the tokens come without requests around them. Where the listener asks for no
// login, or at a wrong time: ILLEGAL_SASL_STATE, as KafkaApis and SaslServerAuthenticator.

import { SaslHandshake } from '@klamm/protocol/api/17-sasl-handshake';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { defineHandler } from '../dispatch/handler.ts';

export const saslHandshake = defineHandler(SaslHandshake, {
  async handle({ connection, apiVersion }, { mechanism }) {
    const { login } = connection;
    if (login === undefined) return { errorCode: ErrorCode.ILLEGAL_SASL_STATE, mechanisms: [] };
    const answer = await login.handshake(mechanism, apiVersion === 0);
    if (answer.errorCode !== ErrorCode.NONE) connection.close();
    return answer;
  },
  onError: (_request, errorCode) => ({ errorCode, mechanisms: [] }),
});

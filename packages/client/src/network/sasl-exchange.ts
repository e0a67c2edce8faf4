// A login over a connection that is open: the handshake, then messages of the mechanism until it is done (KIP-43,
// KIP-152, KIP-368). A refusal is final: the same password will not do next time.

import { KlammError } from '@klamm/base/errors';
import { SaslHandshake } from '@klamm/protocol/api/17-sasl-handshake';
import { SaslAuthenticate } from '@klamm/protocol/api/36-sasl-authenticate';
import { ErrorCode, errorMeaning, kafkaError } from '@klamm/protocol/error-codes';
import type { SaslLogin } from '../security/options.ts';
import { addressText } from './address.ts';
import type { Connection } from './connection.ts';

type Requests = Pick<Connection, 'address' | 'request'>;

/** Whether requests of `api` make up a login: all others wait for it. */
export function isOfLogin({ key }: { readonly key: number }): boolean {
  return key === SaslHandshake.key || key === SaslAuthenticate.key;
}

/**
 * Asks whether the listener wants a login, where it has closed a connection of a client that has none to offer. Throws
 * KlammError SASL_AUTHENTICATION_FAILED where it does. A listener without SASL says that the question is out of place.
 */
export async function requireNoLogin(connection: Requests): Promise<void> {
  const { errorCode, mechanisms } = await connection.request(SaslHandshake, { mechanism: 'PLAIN' });
  if (errorCode !== 0 && errorCode !== ErrorCode.UNSUPPORTED_SASL_MECHANISM) return;
  throw kafkaError(
    ErrorCode.SASL_AUTHENTICATION_FAILED,
    `${addressText(connection.address)} asks for a login by ${mechanisms.join(' or ')}, and this client has none: set the option \`sasl\`.`,
  );
}

/** Logs in. Resolves with the time until the next login has to be, in ms; 0 for never. */
export async function logIn(connection: Requests, login: SaslLogin): Promise<number> {
  const { mechanism } = login;
  const at = addressText(connection.address);
  const client = await login.start(connection.address);
  const { errorCode, mechanisms } = await connection.request(SaslHandshake, { mechanism });
  if (errorCode === ErrorCode.ILLEGAL_SASL_STATE) {
    throw new KlammError(
      `${at} asks for no login there: leave \`sasl\` out, or use the port of a listener with SASL.`,
      { code: 'ILLEGAL_SASL_STATE', errorCode, retriable: false },
    );
  }
  if (errorCode !== 0) {
    throw kafkaError(
      errorCode,
      errorCode === ErrorCode.UNSUPPORTED_SASL_MECHANISM
        ? `${at} takes no login by ${mechanism}; it offers ${mechanisms.join(', ') || 'none'} (\`sasl.mechanism\`).`
        : `${at} refuses a login by ${mechanism}: ${errorMeaning(errorCode)}`,
    );
  }
  for (let message = await client.next(null); ; ) {
    const answer = await connection.request(SaslAuthenticate, { authBytes: message ?? Buffer.alloc(0) });
    if (answer.errorCode !== 0) {
      const why = answer.errorMessage ?? errorMeaning(answer.errorCode);
      throw kafkaError(answer.errorCode, `${at} refuses the login by ${mechanism}: ${why}`);
    }
    message = await client.next(answer.authBytes);
    if (message === null) return answer.sessionLifetimeMs;
  }
}

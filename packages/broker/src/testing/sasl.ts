// Logs a raw connection in, as a client does.

import { SaslHandshake } from '@klamm/protocol/api/17-sasl-handshake';
import { SaslAuthenticate } from '@klamm/protocol/api/36-sasl-authenticate';
import type { SaslClient } from '@klamm/protocol/sasl/exchange';
import type { RawClient } from './raw-client.ts';

interface LoginOutcome {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly sessionLifetimeMs: number;
}

export async function logIn(client: RawClient, sasl: SaslClient): Promise<LoginOutcome> {
  const { mechanism } = sasl;
  const handshake = await client.request(SaslHandshake, 1, { mechanism });
  if (handshake.errorCode !== 0) return { ...handshake, errorMessage: null, sessionLifetimeMs: 0 };
  let authBytes = await sasl.next(null);
  for (;;) {
    if (authBytes === null) throw new Error('The client has nothing to say.');
    const answer = await client.request(SaslAuthenticate, 2, { authBytes });
    if (answer.errorCode !== 0) return answer;
    authBytes = await sasl.next(answer.authBytes);
    if (authBytes === null) return answer;
  }
}

// The broker's half of SCRAM-SHA-256 and SCRAM-SHA-512 (RFC 5802; Kafka's ScramSaslServer).
//
// A user that there is not is answered like one that there is, with a salt that stays the same, and refused at the end:
// Kafka refuses at once, which tells who has a login. Proofs are compared in constant time.
//
// librdkafka before 2.6.1 writes its own nonce twice in the last message. Exactly that is taken too: the nonce is still this
// login's alone, and the clients that Debian and others ship would be shut out.

import { createHmac, randomBytes } from 'node:crypto';
import { failed, type SaslIdentity, type SaslServer, type SaslStep } from './exchange.ts';
import {
  isProof,
  SCRAM_ITERATIONS_MIN,
  SCRAM_MECHANISMS,
  type ScramCredential,
  type ScramMechanism,
  serverSignature,
} from './scram-keys.ts';
import {
  type ClientFirst,
  readClientFinal,
  readClientFirst,
  type ServerFirst,
  writeServerFirst,
} from './scram-messages.ts';

/** A user, or a delegation token, as a broker knows it. */
export interface ScramAccount {
  readonly credential: ScramCredential;
  readonly identity: SaslIdentity;
}

export interface ScramServerOptions {
  /** @param isToken whether `name` is the id of a delegation token */
  readonly find: (
    name: string,
    isToken: boolean,
  ) => ScramAccount | undefined | Promise<ScramAccount | undefined>;
  /** A secret of this broker's, from which salts of users that there are not are made: 32 random bytes. */
  readonly pepper: Buffer;
  /** For tests: the broker's half of the nonce. */
  readonly nonce?: string;
}

const SAID = 'Authentication failed during authentication due to invalid credentials with SASL mechanism';

export function scramServer(mechanism: ScramMechanism, options: ScramServerOptions): SaslServer {
  const { find, pepper, nonce = randomBytes(24).toString('base64') } = options;
  let state: { client: ClientFirst; server: ServerFirst; account: ScramAccount | undefined } | undefined;
  let isOver = false;

  const onFirst = async (response: Buffer): Promise<SaslStep> => {
    const client = readClientFirst(response);
    if (client === undefined) return failed('the first message is not of SCRAM');
    const { name, authorizationId, extensions } = client;
    if (authorizationId !== '' && authorizationId !== name) {
      return failed(
        `"${name}" asked to act as "${authorizationId}"`,
        'Authentication failed: Client requested an authorization id that is different from username',
      );
    }
    const account = await find(name, extensions.get('tokenauth')?.toLowerCase() === 'true');
    const { salt, iterations } = account?.credential ?? noCredential(mechanism, pepper, name);
    const server = writeServerFirst(client.nonce + nonce, salt, iterations);
    state = { client, server, account };
    return { kind: 'continues', challenge: Buffer.from(server.text) };
  };

  const onFinal = (response: Buffer, { client, server, account }: NonNullable<typeof state>): SaslStep => {
    isOver = true;
    const final = readClientFinal(response);
    if (final === undefined) return failed('the last message is not of SCRAM');
    // Apache Kafka takes any nonce that ends in ours before 3.9 (CVE-2024-56128), and since then only ours.
    if (final.nonce !== server.nonce && final.nonce !== client.nonce + server.nonce)
      return failed('the last message belongs to another login: its nonce differs');
    if (final.channelBinding !== client.header) return failed('the client asks for channel binding');
    const { storedKey, serverKey } = account?.credential ?? noCredential(mechanism, pepper, client.name);
    const authMessage = `${client.bare},${server.text},${final.withoutProof}`;
    const isProved = isProof(mechanism, storedKey, authMessage, final.proof);
    if (account === undefined || !isProved) {
      const why =
        account === undefined
          ? `no user "${client.name}" for ${mechanism}`
          : `wrong password of "${client.name}"`;
      return failed(why, `${SAID} ${mechanism}`);
    }
    const signature = serverSignature(mechanism, serverKey, authMessage).toString('base64');
    return { kind: 'done', challenge: Buffer.from(`v=${signature}`), identity: account.identity };
  };

  return {
    mechanism,
    async evaluate(response) {
      if (isOver) return failed('a message came after the login');
      if (state !== undefined) return onFinal(response, state);
      const step = await onFirst(response);
      isOver = step.kind === 'failed';
      return step;
    },
  };
}

/** The same for a name as often as it is asked for, and of the shape of a real one. */
function noCredential(mechanism: ScramMechanism, pepper: Buffer, name: string): ScramCredential {
  const { hash } = SCRAM_MECHANISMS[mechanism];
  const of = (what: string): Buffer =>
    createHmac(hash, pepper).update(`${what}:${mechanism}:${name}`).digest();
  return {
    salt: of('salt').subarray(0, 26),
    storedKey: of('stored key'),
    serverKey: of('server key'),
    iterations: SCRAM_ITERATIONS_MIN,
  };
}

// The client's half of SCRAM-SHA-256 and SCRAM-SHA-512 (RFC 5802, RFC 7677; Kafka's ScramSaslClient): the password
// never leaves, and the broker has to prove that it knows the user too.

import { randomBytes } from 'node:crypto';
import type { KlammError } from '@klamm/base/errors';
import { ErrorCode, kafkaError } from '../error-codes.ts';
import type { SaslClient } from './exchange.ts';
import {
  clientProof,
  isSame,
  SCRAM_ITERATIONS_MIN,
  type ScramMechanism,
  saltedPassword,
  serverKeyOf,
  serverSignature,
} from './scram-keys.ts';
import { finalWithoutProof, readServerFinal, readServerFirst, writeClientFirst } from './scram-messages.ts';

/** Beyond this a broker only wants to keep the client busy. Brokers of Kafka ask for 16,384 at most. */
const ITERATIONS_MAX = 1_000_000;

export interface ScramClientOptions {
  /** `user` is the id of a delegation token, `password` its HMAC in base64 (KIP-48). Default false. */
  readonly isToken?: boolean;
  /** For tests: the client's half of the nonce. */
  readonly nonce?: string;
}

export function scramClient(
  mechanism: ScramMechanism,
  user: string,
  password: string,
  { isToken = false, nonce = randomBytes(24).toString('base64') }: ScramClientOptions = {},
): SaslClient {
  const extensions = new Map(isToken ? [['tokenauth', 'true']] : []);
  const first = writeClientFirst(user, nonce, extensions);
  let expected: Buffer | undefined;
  let isOver = false;

  const answerFirst = async (challenge: Buffer): Promise<Buffer> => {
    const server = readServerFirst(challenge);
    if (server === undefined) throw refused(mechanism, 'the broker sent no SCRAM message');
    if (!server.nonce.startsWith(nonce) || server.nonce.length === nonce.length) {
      throw refused(mechanism, 'the broker did not take up this login: its nonce is of another');
    }
    if (server.iterations < SCRAM_ITERATIONS_MIN || server.iterations > ITERATIONS_MAX) {
      throw refused(
        mechanism,
        `the broker asks for ${server.iterations} rounds of hashing; ${SCRAM_ITERATIONS_MIN} to ${ITERATIONS_MAX} are sound`,
      );
    }
    const salted = await saltedPassword(mechanism, password, server.salt, server.iterations);
    const withoutProof = finalWithoutProof(first.header, server.nonce);
    const authMessage = `${first.bare},${server.text},${withoutProof}`;
    expected = serverSignature(mechanism, serverKeyOf(mechanism, salted), authMessage);
    const proof = clientProof(mechanism, salted, authMessage).toString('base64');
    return Buffer.from(`${withoutProof},p=${proof}`);
  };

  const checkFinal = (challenge: Buffer, signature: Buffer): void => {
    isOver = true;
    const final = readServerFinal(challenge);
    if (final === undefined) throw refused(mechanism, 'the broker sent no SCRAM message');
    if ('error' in final) throw refused(mechanism, `the broker says ${JSON.stringify(final.error)}`);
    if (!isSame(final.signature, signature)) {
      throw refused(mechanism, 'the broker could not prove that it knows this user: it may be a false one');
    }
  };

  return {
    mechanism,
    next(challenge) {
      if (challenge === null) return Buffer.from(first.header + first.bare);
      if (isOver) return null;
      if (expected === undefined) return answerFirst(challenge);
      checkFinal(challenge, expected);
      return null;
    },
  };
}

function refused(mechanism: ScramMechanism, why: string): KlammError {
  return kafkaError(ErrorCode.SASL_AUTHENTICATION_FAILED, `The login by ${mechanism} failed: ${why}.`);
}

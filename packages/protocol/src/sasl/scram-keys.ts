// The arithmetic of SCRAM (RFC 5802 section 3): what is made of a password, what a broker keeps of it, and the proofs
// of both ends. As in Kafka (ScramFormatter), names and passwords are taken as UTF-8, without SASLprep.

import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

/** By the name of the mechanism. `type`: the number that AlterUserScramCredentials and its records give it. */
export const SCRAM_MECHANISMS = {
  'SCRAM-SHA-256': { type: 1, hash: 'sha256', bytes: 32 },
  'SCRAM-SHA-512': { type: 2, hash: 'sha512', bytes: 64 },
} as const;

export type ScramMechanism = keyof typeof SCRAM_MECHANISMS;

/** Least and most rounds of hashing that Kafka takes (ScramMechanism). */
export const SCRAM_ITERATIONS_MIN = 4096;
export const SCRAM_ITERATIONS_MAX = 16384;

/** What a broker keeps of a password: enough to check a proof, not enough to give one. */
export interface ScramCredential {
  readonly salt: Buffer;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
  readonly iterations: number;
}

const derive = promisify(pbkdf2);

/** `Hi` of the RFC, off the event loop. */
export function saltedPassword(
  mechanism: ScramMechanism,
  password: string,
  salt: Buffer,
  iterations: number,
): Promise<Buffer> {
  const { hash, bytes } = SCRAM_MECHANISMS[mechanism];
  return derive(Buffer.from(password, 'utf8'), salt, iterations, bytes, hash);
}

export function credentialOf(
  mechanism: ScramMechanism,
  salted: Buffer,
  salt: Buffer,
  iterations: number,
): ScramCredential {
  return {
    salt,
    iterations,
    storedKey: digest(mechanism, hmac(mechanism, salted, 'Client Key')),
    serverKey: hmac(mechanism, salted, 'Server Key'),
  };
}

/** The client's proof that it knows the password: its key, hidden by a signature of the whole exchange. */
export function clientProof(mechanism: ScramMechanism, salted: Buffer, authMessage: string): Buffer {
  const clientKey = hmac(mechanism, salted, 'Client Key');
  return xor(clientKey, hmac(mechanism, digest(mechanism, clientKey), authMessage));
}

export function isProof(
  mechanism: ScramMechanism,
  storedKey: Buffer,
  authMessage: string,
  proof: Buffer,
): boolean {
  const signature = hmac(mechanism, storedKey, authMessage);
  if (proof.length !== signature.length) return false;
  return isSame(digest(mechanism, xor(proof, signature)), storedKey);
}

/** The broker's proof that it knows the user. */
export function serverSignature(mechanism: ScramMechanism, serverKey: Buffer, authMessage: string): Buffer {
  return hmac(mechanism, serverKey, authMessage);
}

export function serverKeyOf(mechanism: ScramMechanism, salted: Buffer): Buffer {
  return hmac(mechanism, salted, 'Server Key');
}

/** In a time that does not tell where they differ. */
export function isSame(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

function hmac(mechanism: ScramMechanism, key: Buffer, text: string): Buffer {
  return createHmac(SCRAM_MECHANISMS[mechanism].hash, key).update(text, 'utf8').digest();
}

function digest(mechanism: ScramMechanism, bytes: Buffer): Buffer {
  return createHash(SCRAM_MECHANISMS[mechanism].hash).update(bytes).digest();
}

function xor(a: Buffer, b: Buffer): Buffer {
  const result = Buffer.alloc(a.length);
  for (let i = 0; i < a.length; i++) result[i] = (a[i] ?? 0) ^ (b[i] ?? 0);
  return result;
}

// Private keys of the kinds that all of Kafka's clients take.

import { createPrivateKey, generateKeyPair, type KeyObject, type webcrypto } from 'node:crypto';
import { promisify } from 'node:util';
import { KlammError } from '@klamm/base/errors';

/** EC P-256 is as strong as RSA of 3072 bits, and logs in many times faster. */
export const KEY_KINDS = ['ec-p256', 'ec-p384', 'rsa-2048', 'rsa-3072', 'rsa-4096'] as const;
export type KeyKind = (typeof KEY_KINDS)[number];

const generate = promisify(generateKeyPair);

type SigningAlgorithm = webcrypto.RsaHashedKeyGenParams | webcrypto.EcKeyImportParams;

export async function newKey(kind: KeyKind): Promise<KeyObject> {
  const [family, size = ''] = kind.split('-');
  if (family === 'rsa') return (await generate('rsa', { modulusLength: Number(size) })).privateKey;
  const namedCurve = size === 'p384' ? 'P-384' : 'P-256';
  return (await generate('ec', { namedCurve })).privateKey;
}

/** A private key in PEM. */
export function keyOf(pem: string): KeyObject {
  return createPrivateKey(pem);
}

export function pemOfKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** How a key signs, in the words of WebCrypto. */
export function signingOf(key: KeyObject): {
  readonly algorithm: SigningAlgorithm;
  readonly hash: 'SHA-256' | 'SHA-384';
} {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details = {} } = key;
  if (type === 'rsa') {
    const { modulusLength = 2048 } = details;
    const publicExponent = new Uint8Array([1, 0, 1]);
    return {
      algorithm: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength, publicExponent },
      hash: 'SHA-256',
    };
  }
  const isLarge = details.namedCurve === 'secp384r1';
  if (type === 'ec' && (isLarge || details.namedCurve === 'prime256v1')) {
    return {
      algorithm: { name: 'ECDSA', namedCurve: isLarge ? 'P-384' : 'P-256' },
      hash: isLarge ? 'SHA-384' : 'SHA-256',
    };
  }
  throw new KlammError(
    `A key of kind ${type} ${details.namedCurve ?? ''} cannot sign certificates here; use one of ${KEY_KINDS.join(', ')}.`,
    { code: 'KEY_UNSUPPORTED', retriable: false },
  );
}

/** A key as WebCrypto has it. */
export function webKey(key: KeyObject, usage: 'sign' | 'verify'): webcrypto.CryptoKey {
  const { algorithm } = signingOf(key);
  return key.toCryptoKey(algorithm, true, [usage]);
}

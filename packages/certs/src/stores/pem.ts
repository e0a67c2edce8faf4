// PEM files: certificates and private keys in any order, in any of the ways keys are written (PKCS8, encrypted or not,
// PKCS1, SEC1). Kafka's settings hold PEM on one line too, with blanks where lines ended (KIP-651).

import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { pemOf, type Store, type StoreKey } from './store.ts';
import { storeError } from './store-error.ts';

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/g;

/** Throws KlammError: STORE_DAMAGED, STORE_PASSWORD_WRONG, STORE_PASSWORD_MISSING. */
export function readPem(text: string, password?: string): Store {
  const certificates: X509Certificate[] = [];
  const keys: KeyObject[] = [];
  for (const [, label = '', body = ''] of text.replaceAll('\\n', '\n').matchAll(BLOCK)) {
    if (label === 'CERTIFICATE' || label === 'TRUSTED CERTIFICATE') certificates.push(certificateOf(body));
    else if (label.endsWith('PRIVATE KEY')) keys.push(keyOf(label, body, password));
  }
  if (certificates.length === 0 && keys.length === 0) {
    throw storeError('STORE_DAMAGED', 'it has no PEM block of a certificate or a private key');
  }
  const left = new Set(certificates);
  const storeKeys = keys.map((key, i): StoreKey => {
    const chain = chainOf(key, certificates);
    for (const certificate of chain) left.delete(certificate);
    return {
      alias: `${i + 1}`,
      key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
      chain: chain.map(({ raw }) => pemOf('CERTIFICATE', raw)),
    };
  });
  return {
    type: 'PEM',
    keys: storeKeys,
    certificates: [...left].map(({ raw }, i) => ({
      alias: `${i + 1}`,
      certificate: pemOf('CERTIFICATE', raw),
    })),
    isTrustedByJava: true,
  };
}

/** Whether bytes are a PEM file: text with a block in it. */
export function isPem(bytes: Buffer): boolean {
  return bytes.includes('-----BEGIN ');
}

function certificateOf(body: string): X509Certificate {
  try {
    return new X509Certificate(pemOf('CERTIFICATE', Buffer.from(body, 'base64')));
  } catch (cause) {
    throw storeError('STORE_DAMAGED', 'a certificate in it cannot be read', cause);
  }
}

function keyOf(label: string, body: string, password: string | undefined): KeyObject {
  // Old encrypted keys have headers, on lines of their own.
  const isOldEncrypted = body.includes('Proc-Type');
  const isEncrypted = isOldEncrypted || label.startsWith('ENCRYPTED');
  if (isEncrypted && password === undefined) {
    throw storeError('STORE_PASSWORD_MISSING', 'its private key is encrypted, and no password is given');
  }
  const block = isOldEncrypted
    ? `-----BEGIN ${label}-----${body}-----END ${label}-----\n`
    : pemOf(label, Buffer.from(body, 'base64'));
  try {
    return createPrivateKey({ key: block, ...(password === undefined ? {} : { passphrase: password }) });
  } catch (cause) {
    if (isEncrypted) throw storeError('STORE_PASSWORD_WRONG', 'the password does not open its private key');
    throw storeError('STORE_DAMAGED', 'its private key cannot be read', cause);
  }
}

/** The key's own certificate, and those that vouch for it, in order; empty where the file has none for it. */
function chainOf(key: KeyObject, certificates: readonly X509Certificate[]): X509Certificate[] {
  const own = publicBytes(key);
  const first = certificates.find(({ publicKey }) => publicBytes(publicKey).equals(own));
  if (first === undefined) return [];
  const chain = [first];
  for (let last: X509Certificate | undefined = first; last !== undefined; ) {
    const child: X509Certificate = last;
    last = certificates.find((candidate) => !chain.includes(candidate) && child.checkIssued(candidate));
    if (last !== undefined) chain.push(last);
  }
  return chain;
}

function publicBytes(key: KeyObject): Buffer {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return publicKey.export({ type: 'spki', format: 'der' });
}

// How JKS hides private keys and seals the store: with SHA-1, as sun.security.provider.KeyProtector and JavaKeyStore
// have done since 1996. It is weak, and PKCS12 is the better choice; programs ask for it all the same.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { child, DER_NULL, octetsOf, oidOf, readDer, writeOctets, writeOid, writeSequence } from './der.ts';
import { wrongPassword } from './password-encryption.ts';
import { storeError } from './store-error.ts';

const KEY_PROTECTOR = '1.3.6.1.4.1.42.2.17.1.1';
const DIGEST_BYTES = 20;
/** Stirred in with the password. */
const WHITENER = 'Mighty Aphrodite';

export function sealOf(content: Buffer, password: string): Buffer {
  return createHash('sha1').update(utf16(password)).update(WHITENER, 'utf8').update(content).digest();
}

/** @param protectedKey EncryptedPrivateKeyInfo of PKCS8 */
export function openKey(protectedKey: Buffer, password: string): Buffer {
  const info = readDer(protectedKey);
  const algorithm = oidOf(child(child(info, 0), 0));
  if (algorithm !== KEY_PROTECTOR) {
    throw storeError(
      'STORE_UNSUPPORTED',
      `its key is hidden in a way that Klamm does not know (${algorithm}). Write it again as PKCS12`,
    );
  }
  const bytes = octetsOf(child(info, 1));
  if (bytes.length < 2 * DIGEST_BYTES) throw storeError('STORE_DAMAGED', 'its key is cut off');
  const salt = bytes.subarray(0, DIGEST_BYTES);
  const hidden = bytes.subarray(DIGEST_BYTES, -DIGEST_BYTES);
  const key = mixed(hidden, salt, utf16(password));
  const check = createHash('sha1').update(utf16(password)).update(key).digest();
  if (!timingSafeEqual(check, bytes.subarray(-DIGEST_BYTES))) throw wrongPassword();
  return key;
}

export function hideKey(key: Buffer, password: string): Buffer {
  const salt = randomBytes(DIGEST_BYTES);
  const check = createHash('sha1').update(utf16(password)).update(key).digest();
  const hidden = Buffer.concat([salt, mixed(key, salt, utf16(password)), check]);
  return writeSequence(writeSequence(writeOid(KEY_PROTECTOR), DER_NULL), writeOctets(hidden));
}

/** With a stream of digests, each made of the one before. The same again gives back what was. */
function mixed(bytes: Buffer, salt: Buffer, password: Buffer): Buffer {
  const result = Buffer.from(bytes);
  let digest = salt;
  for (let at = 0; at < result.length; at += DIGEST_BYTES) {
    digest = createHash('sha1').update(password).update(digest).digest();
    const end = Math.min(DIGEST_BYTES, result.length - at);
    for (let i = 0; i < end; i++) result[at + i] = (result[at + i] ?? 0) ^ (digest[i] ?? 0);
  }
  return result;
}

function utf16(password: string): Buffer {
  return Buffer.from(password, 'utf16le').swap16();
}

// Writes PKCS12 stores that Java (from 8u301), OpenSSL and Node read: keys and certificates encrypted with AES-256, the
// whole sealed with HMAC-SHA256. Certificates that are to be trusted carry the attribute that Java looks for.

import { createHash, randomBytes } from 'node:crypto';
import {
  DER_NULL,
  Tag,
  writeDer,
  writeExplicit,
  writeInteger,
  writeOctets,
  writeOid,
  writeSequence,
  writeSet,
} from './der.ts';
import { bmpPassword, encrypt, ITERATIONS, pkcs12Key, sealOf } from './password-encryption.ts';
import {
  ANY_EXTENDED_KEY_USAGE,
  CERTIFICATE_BAG,
  DATA,
  ENCRYPTED_DATA,
  FRIENDLY_NAME,
  LOCAL_KEY_ID,
  SHA256,
  SHROUDED_KEY_BAG,
  TRUSTED_KEY_USAGE,
  X509_CERTIFICATE,
} from './pkcs12-names.ts';
import { derOf, type Store } from './store.ts';

const MAC_SALT_BYTES = 20;
const MAC_KEY_BYTES = 32;
const VERSION = 3;

/** @param store keys with their chains, and certificates to be trusted */
export function writePkcs12(
  { keys, certificates }: Pick<Store, 'keys' | 'certificates'>,
  password: string,
): Buffer {
  const keyBags: Buffer[] = [];
  const certificateBags: Buffer[] = [];
  for (const { alias, key, chain } of keys) {
    const [own, ...others] = chain.map(derOf);
    const keyId = createHash('sha1')
      .update(own ?? derOf(key))
      .digest();
    const attributes = [friendlyName(alias), attribute(LOCAL_KEY_ID, writeOctets(keyId))];
    const { algorithm, encrypted } = encrypt(derOf(key), password);
    keyBags.push(bag(SHROUDED_KEY_BAG, writeSequence(algorithm, writeOctets(encrypted)), attributes));
    if (own !== undefined) certificateBags.push(certificateBag(own, attributes));
    for (const other of others) certificateBags.push(certificateBag(other, []));
  }
  for (const { alias, certificate } of certificates) {
    const trusted = attribute(TRUSTED_KEY_USAGE, writeOid(ANY_EXTENDED_KEY_USAGE));
    certificateBags.push(certificateBag(derOf(certificate), [friendlyName(alias), trusted]));
  }
  const parts: Buffer[] = [];
  if (certificateBags.length > 0) parts.push(encryptedPart(writeSequence(...certificateBags), password));
  if (keyBags.length > 0) parts.push(dataPart(writeSequence(...keyBags)));
  const content = writeSequence(...parts);
  return writeSequence(writeInteger(VERSION), dataPart(content), sealed(content, password));
}

function dataPart(content: Buffer): Buffer {
  return writeSequence(writeOid(DATA), writeExplicit(0, writeOctets(content)));
}

function encryptedPart(content: Buffer, password: string): Buffer {
  const { algorithm, encrypted } = encrypt(content, password);
  const info = writeSequence(writeOid(DATA), algorithm, writeDer(0, encrypted, 2));
  return writeSequence(writeOid(ENCRYPTED_DATA), writeExplicit(0, writeSequence(writeInteger(0), info)));
}

function bag(kind: string, value: Buffer, attributes: readonly Buffer[]): Buffer {
  const members = [writeOid(kind), writeExplicit(0, value)];
  if (attributes.length > 0) members.push(writeSet(...attributes));
  return writeSequence(...members);
}

function certificateBag(certificate: Buffer, attributes: readonly Buffer[]): Buffer {
  const value = writeSequence(writeOid(X509_CERTIFICATE), writeExplicit(0, writeOctets(certificate)));
  return bag(CERTIFICATE_BAG, value, attributes);
}

function attribute(oid: string, value: Buffer): Buffer {
  return writeSequence(writeOid(oid), writeSet(value));
}

function friendlyName(alias: string): Buffer {
  return attribute(FRIENDLY_NAME, writeDer(Tag.bmpString, Buffer.from(alias, 'utf16le').swap16()));
}

function sealed(content: Buffer, password: string): Buffer {
  const salt = randomBytes(MAC_SALT_BYTES);
  const key = pkcs12Key('sha256', 3, bmpPassword(password), salt, ITERATIONS, MAC_KEY_BYTES);
  const digest = writeSequence(writeOid(SHA256), DER_NULL);
  const mac = writeSequence(digest, writeOctets(sealOf('sha256', key, content)));
  return writeSequence(mac, writeOctets(salt), writeInteger(ITERATIONS));
}

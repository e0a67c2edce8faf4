// Reads PKCS12 stores (RFC 7292; RFC 9579 for the newer seal), as keytool, OpenSSL and browsers write them.

import { timingSafeEqual, X509Certificate } from 'node:crypto';
import { child, type DerNode, explicit, octetsOf, oidOf, readDer, Tag } from './der.ts';
import {
  bmpPassword,
  decrypt,
  hmacOf,
  PBKDF2,
  pbkdf2Of,
  pkcs12Key,
  roundsOf,
  sealOf,
  wrongPassword,
} from './password-encryption.ts';
import {
  CERTIFICATE_BAG,
  DATA,
  ENCRYPTED_DATA,
  FRIENDLY_NAME,
  KEY_BAG,
  LOCAL_KEY_ID,
  PBMAC1,
  SHROUDED_KEY_BAG,
  TRUSTED_KEY_USAGE,
} from './pkcs12-names.ts';
import { pemOf, type Store, type StoreCertificate, type StoreKey } from './store.ts';
import { storeError } from './store-error.ts';

const DIGESTS: Readonly<Record<string, string>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
  '2.16.840.1.101.3.4.2.4': 'sha224',
};

interface Bag {
  readonly alias: string;
  readonly keyId: string | undefined;
  readonly isTrusted: boolean;
}
interface KeyBag extends Bag {
  readonly key: Buffer;
}
interface CertificateBag extends Bag {
  readonly certificate: Buffer;
}

/** Throws KlammError: STORE_DAMAGED, STORE_PASSWORD_WRONG, STORE_PASSWORD_MISSING, STORE_UNSUPPORTED. */
export function readPkcs12(bytes: Buffer, password: string | undefined, keyPassword = password): Store {
  const pfx = readDer(bytes);
  const authSafe = child(pfx, 1, Tag.sequence);
  if (oidOf(child(authSafe, 0)) !== DATA) {
    throw storeError('STORE_UNSUPPORTED', 'it is sealed with a signature instead of a password');
  }
  const content = octetsOf(explicit(authSafe.children[1], 0));
  const seal = pfx.children[2];
  if (seal !== undefined && password !== undefined) checkSeal(seal, content, password);
  const keys: KeyBag[] = [];
  const certificates: CertificateBag[] = [];
  for (const part of readDer(content).children) {
    for (const bag of bagsOf(part, password).children) readBag(bag, keyPassword, keys, certificates);
  }
  return storeOf(keys, certificates);
}

function checkSeal(seal: DerNode, content: Buffer, password: string): void {
  const digestInfo = child(seal, 0);
  const algorithm = child(digestInfo, 0);
  const expected = octetsOf(child(digestInfo, 1));
  const isSame = (mac: Buffer): boolean => mac.length === expected.length && timingSafeEqual(mac, expected);
  const oid = oidOf(child(algorithm, 0));
  if (oid === PBMAC1) {
    const [kdf, mac] = [child(child(algorithm, 1), 0), child(child(algorithm, 1), 1)];
    if (oidOf(child(kdf, 0)) !== PBKDF2)
      throw storeError('STORE_UNSUPPORTED', 'its seal is of an unknown kind');
    const key = pbkdf2Of(child(kdf, 1), password);
    if (!isSame(sealOf(hmacOf(oidOf(child(mac, 0))), key, content))) throw wrongPassword();
    return;
  }
  const hash = DIGESTS[oid];
  if (hash === undefined) throw storeError('STORE_UNSUPPORTED', `its seal uses the unknown digest ${oid}`);
  const salt = octetsOf(child(seal, 1));
  const rounds = seal.children[2] === undefined ? 1 : roundsOf(child(seal, 2));
  const bytes = expected.length;
  const isSealedBy = (secret: Buffer): boolean =>
    isSame(sealOf(hash, pkcs12Key(hash, 3, secret, salt, rounds, bytes), content));
  // Programs differ in how they spell the empty password.
  const isSealed = isSealedBy(bmpPassword(password)) || (password === '' && isSealedBy(Buffer.alloc(0)));
  if (!isSealed) throw wrongPassword();
}

function bagsOf(part: DerNode, password: string | undefined): DerNode {
  const kind = oidOf(child(part, 0));
  const body = explicit(part.children[1], 0);
  if (kind === DATA) return readDer(octetsOf(body));
  if (kind !== ENCRYPTED_DATA) throw storeError('STORE_UNSUPPORTED', 'it is encrypted for a certificate');
  const info = child(body, 1);
  const encrypted = info.children[2];
  if (encrypted === undefined) throw storeError('STORE_DAMAGED', 'a part of it is empty');
  return plainDer(decrypt(child(info, 1), octetsOf(encrypted), needed(password)));
}

/** Bytes of a wrong password may decrypt to something, but not to DER. */
function plainDer(bytes: Buffer): DerNode {
  try {
    return readDer(bytes);
  } catch {
    throw wrongPassword();
  }
}

function readBag(
  node: DerNode,
  password: string | undefined,
  keys: KeyBag[],
  certificates: CertificateBag[],
): void {
  const kind = oidOf(child(node, 0));
  const value = explicit(node.children[1], 0);
  const bag = attributesOf(node.children[2]);
  if (kind === KEY_BAG) keys.push({ ...bag, key: value.whole });
  else if (kind === SHROUDED_KEY_BAG) {
    const key = decrypt(child(value, 0), octetsOf(child(value, 1)), needed(password));
    plainDer(key);
    keys.push({ ...bag, key });
  } else if (kind === CERTIFICATE_BAG) {
    certificates.push({ ...bag, certificate: octetsOf(explicit(value.children[1], 0)) });
  }
}

function attributesOf(set: DerNode | undefined): Bag {
  let alias = '';
  let keyId: string | undefined;
  let isTrusted = false;
  for (const attribute of set?.children ?? []) {
    const oid = oidOf(child(attribute, 0));
    const value = child(attribute, 1).children[0];
    if (oid === FRIENDLY_NAME && value !== undefined && value.content.length % 2 === 0) {
      alias = Buffer.from(value.content).swap16().toString('utf16le');
    } else if (oid === LOCAL_KEY_ID && value !== undefined) keyId = octetsOf(value).toString('hex');
    else if (oid === TRUSTED_KEY_USAGE) isTrusted = true;
  }
  return { alias, keyId, isTrusted };
}

function storeOf(keyBags: readonly KeyBag[], bags: readonly CertificateBag[]): Store {
  const left = new Set(bags);
  const keys: StoreKey[] = keyBags.map(({ key, keyId, alias }, i) => {
    const own =
      bags.find((bag) => keyId !== undefined && bag.keyId === keyId) ??
      (bags.length > 0 && keyBags.length === 1 ? bags[0] : undefined);
    const chain = own === undefined ? [] : chainOf(own, bags);
    for (const bag of chain) if (!bag.isTrusted) left.delete(bag);
    return {
      alias: alias === '' ? `${i + 1}` : alias,
      key: pemOf('PRIVATE KEY', key),
      chain: chain.map(({ certificate }) => pemOf('CERTIFICATE', certificate)),
    };
  });
  const certificates: StoreCertificate[] = [...left].map(({ alias, certificate }, i) => ({
    alias: alias === '' ? `${i + 1}` : alias,
    certificate: pemOf('CERTIFICATE', certificate),
  }));
  return { type: 'PKCS12', keys, certificates, isTrustedByJava: bags.some(({ isTrusted }) => isTrusted) };
}

/** From a certificate to those that vouch for it, as far as they are there. */
function chainOf(own: CertificateBag, bags: readonly CertificateBag[]): CertificateBag[] {
  const chain = [own];
  const parsed = new Map(bags.map((bag) => [bag, parse(bag.certificate)]));
  for (let last: CertificateBag | undefined = own; last !== undefined; ) {
    const child = parsed.get(last);
    const issuer: CertificateBag | undefined = bags.find((bag) => {
      const candidate = parsed.get(bag);
      return !chain.includes(bag) && candidate !== undefined && child?.checkIssued(candidate) === true;
    });
    if (issuer !== undefined) chain.push(issuer);
    last = issuer;
  }
  return chain;
}

function parse(certificate: Buffer): X509Certificate {
  try {
    return new X509Certificate(certificate);
  } catch (cause) {
    throw storeError('STORE_DAMAGED', 'a certificate in it cannot be read', cause);
  }
}

function needed(password: string | undefined): string {
  if (password === undefined)
    throw storeError('STORE_PASSWORD_MISSING', 'it is encrypted, and no password is given');
  return password;
}

// How PKCS12 stores and encrypted PKCS8 keys are encrypted with a password (RFC 8018 PBES2; RFC 7292 appendix B for
// what older programs wrote), and how a PKCS12 store is sealed with one.

import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  pbkdf2Sync,
  randomBytes,
} from 'node:crypto';
import {
  child,
  DER_NULL,
  type DerNode,
  integerOf,
  octetsOf,
  oidOf,
  writeInteger,
  writeOctets,
  writeOid,
  writeSequence,
} from './der.ts';
import { storeError } from './store-error.ts';

const PBES2 = '1.2.840.113549.1.5.13';
export const PBKDF2 = '1.2.840.113549.1.5.12';
const HMAC_SHA256 = '1.2.840.113549.2.9';
const AES_256_CBC = '2.16.840.1.101.3.4.1.42';
const SHA1_3DES = '1.2.840.113549.1.12.1.3';
const SHA1_RC2 = ['1.2.840.113549.1.12.1.5', '1.2.840.113549.1.12.1.6'];

const PRFS: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.8': 'sha224',
  [HMAC_SHA256]: 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
};
const CIPHERS: Readonly<Record<string, { readonly name: string; readonly keyBytes: number }>> = {
  '2.16.840.1.101.3.4.1.2': { name: 'aes-128-cbc', keyBytes: 16 },
  '2.16.840.1.101.3.4.1.22': { name: 'aes-192-cbc', keyBytes: 24 },
  [AES_256_CBC]: { name: 'aes-256-cbc', keyBytes: 32 },
  '1.2.840.113549.3.7': { name: 'des-ede3-cbc', keyBytes: 24 },
};

/** More rounds than any program asks for: a file that does would only cost time. */
const ITERATIONS_MAX = 10_000_000;
/** As keytool of Java 17 and OpenSSL 3 write. */
export const ITERATIONS = 10_000;
const AES_IV_BYTES = 16;
const SALT_BYTES = 20;

/** Throws KlammError STORE_UNSUPPORTED, or STORE_PASSWORD_WRONG where what comes out is no plain text. */
export function decrypt(algorithm: DerNode, encrypted: Buffer, password: string): Buffer {
  const { cipher, key, iv } = cipherOf(algorithm, password);
  try {
    const decipher = createDecipheriv(cipher, key, iv);
    return Buffer.concat([decipher.update(encrypted), decipher.final()]);
  } catch {
    throw wrongPassword();
  }
}

/** PBES2 with AES-256: the algorithm's identifier and the bytes. */
export function encrypt(plain: Buffer, password: string): { algorithm: Buffer; encrypted: Buffer } {
  const salt = randomBytes(SALT_BYTES);
  const iv = randomBytes(AES_IV_BYTES);
  const key = pbkdf2Sync(Buffer.from(password, 'utf8'), salt, ITERATIONS, 32, 'sha256');
  const cipher = createCipheriv('aes-256-cbc', key, iv);
  const encrypted = Buffer.concat([cipher.update(plain), cipher.final()]);
  const prf = writeSequence(writeOid(HMAC_SHA256), DER_NULL);
  const kdf = writeSequence(
    writeOid(PBKDF2),
    writeSequence(writeOctets(salt), writeInteger(ITERATIONS), prf),
  );
  const scheme = writeSequence(writeOid(AES_256_CBC), writeOctets(iv));
  return { algorithm: writeSequence(writeOid(PBES2), writeSequence(kdf, scheme)), encrypted };
}

export function wrongPassword(): Error {
  return storeError('STORE_PASSWORD_WRONG', 'the password does not open it');
}

/** The key that PBKDF2 with these parameters makes of the password. */
export function pbkdf2Of(parameters: DerNode, password: string, keyBytes?: number): Buffer {
  const salt = octetsOf(child(parameters, 0));
  const iterations = roundsOf(child(parameters, 1));
  const rest = parameters.children.slice(2);
  const length = rest.find(({ tag }) => tag === 2);
  const prf = rest.find(({ tag }) => tag === 16);
  const hash = prf === undefined ? 'sha1' : PRFS[oidOf(child(prf, 0))];
  const bytes = keyBytes ?? (length === undefined ? undefined : integerOf(length));
  if (hash === undefined || bytes === undefined || bytes > 1024) throw unsupported('a key derivation');
  return pbkdf2Sync(Buffer.from(password, 'utf8'), salt, iterations, bytes, hash);
}

/** RFC 7292 appendix B.2. `purpose`: 1 a key, 2 an initialization vector, 3 a key for a seal. */
export function pkcs12Key(
  hash: string,
  purpose: 1 | 2 | 3,
  password: Buffer,
  salt: Buffer,
  iterations: number,
  bytes: number,
): Buffer {
  const block = hash === 'sha384' || hash === 'sha512' ? 128 : 64;
  const filled = (text: Buffer): Buffer =>
    text.length === 0 ? text : Buffer.alloc(Math.ceil(text.length / block) * block, text);
  const input = Buffer.concat([filled(salt), filled(password)]);
  const parts: Buffer[] = [];
  for (let made = 0; made < bytes; ) {
    let digest = createHash(hash).update(Buffer.alloc(block, purpose)).update(input).digest();
    for (let i = 1; i < iterations; i++) digest = createHash(hash).update(digest).digest();
    parts.push(digest);
    made += digest.length;
    const adder = Buffer.alloc(block, digest);
    for (let at = 0; at < input.length; at += block) addOneMore(input.subarray(at, at + block), adder);
  }
  return Buffer.concat(parts).subarray(0, bytes);
}

/** As PKCS12 spells passwords: UTF-16, big-endian, and a zero behind it. */
export function bmpPassword(password: string): Buffer {
  return Buffer.concat([Buffer.from(password, 'utf16le').swap16(), Buffer.alloc(2)]);
}

export function sealOf(hash: string, key: Buffer, content: Buffer): Buffer {
  return createHmac(hash, key).update(content).digest();
}

/** The hash of a PRF that is named as an HMAC. */
export function hmacOf(oid: string): string {
  const hash = PRFS[oid];
  if (hash === undefined) throw unsupported('a seal');
  return hash;
}

export function roundsOf(node: DerNode): number {
  const iterations = integerOf(node);
  if (iterations < 1 || iterations > ITERATIONS_MAX) throw unsupported(`${iterations} rounds of hashing`);
  return iterations;
}

/** `a += b + 1`, both numbers of big-endian bytes. */
function addOneMore(a: Buffer, b: Buffer): void {
  let carry = 1;
  for (let i = a.length - 1; i >= 0; i--) {
    const sum = (a[i] ?? 0) + (b[i] ?? 0) + carry;
    a[i] = sum & 0xff;
    carry = sum >> 8;
  }
}

function cipherOf(algorithm: DerNode, password: string): { cipher: string; key: Buffer; iv: Buffer } {
  const oid = oidOf(child(algorithm, 0));
  const parameters = child(algorithm, 1);
  if (oid === SHA1_3DES) {
    const salt = octetsOf(child(parameters, 0));
    const rounds = roundsOf(child(parameters, 1));
    const bmp = bmpPassword(password);
    const of = (purpose: 1 | 2, bytes: number): Buffer =>
      pkcs12Key('sha1', purpose, bmp, salt, rounds, bytes);
    return { cipher: 'des-ede3-cbc', key: of(1, 24), iv: of(2, 8) };
  }
  if (SHA1_RC2.includes(oid)) {
    throw storeError(
      'STORE_UNSUPPORTED',
      'it is encrypted with RC2, which is broken and which Node does not have. Write it again with `keytool -importkeystore -deststoretype pkcs12` of a newer Java, or with `openssl pkcs12` of OpenSSL 3',
    );
  }
  if (oid !== PBES2) throw unsupported(`the encryption ${oid}`);
  const [kdf, scheme] = [child(parameters, 0), child(parameters, 1)];
  const cipher = CIPHERS[oidOf(child(scheme, 0))];
  if (oidOf(child(kdf, 0)) !== PBKDF2 || cipher === undefined) throw unsupported('its encryption');
  const key = pbkdf2Of(child(kdf, 1), password, cipher.keyBytes);
  return { cipher: cipher.name, key, iv: octetsOf(child(scheme, 1)) };
}

function unsupported(what: string): Error {
  return storeError(
    'STORE_UNSUPPORTED',
    `it uses ${what} that Klamm does not know. Write it again with AES, as keytool of Java 17 and OpenSSL 3 do by themselves`,
  );
}

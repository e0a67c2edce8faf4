// JKS stores, read and written: the format of sun.security.provider.JavaKeyStore, versions 1 and 2.

import { timingSafeEqual } from 'node:crypto';
import { hideKey, openKey, sealOf } from './jks-protection.ts';
import { wrongPassword } from './password-encryption.ts';
import { derOf, pemOf, type Store, type StoreCertificate, type StoreKey } from './store.ts';
import { storeError } from './store-error.ts';

const MAGIC = 0xfeedfeed;
const MAGIC_JCEKS = 0xcececece;
const VERSION = 2;
const KEY_ENTRY = 1;
const CERTIFICATE_ENTRY = 2;
const SEAL_BYTES = 20;
const X509 = 'X.509';

export function isJks(bytes: Buffer): boolean {
  const magic = bytes.length >= 4 ? bytes.readUInt32BE(0) : 0;
  return magic === MAGIC || magic === MAGIC_JCEKS;
}

/**
 * Without a password the seal is not checked, and there must be no key, as in Java. Throws KlammError: STORE_DAMAGED,
 * STORE_PASSWORD_WRONG, STORE_PASSWORD_MISSING, STORE_UNSUPPORTED.
 */
export function readJks(bytes: Buffer, password: string | undefined, keyPassword = password): Store {
  if (bytes.readUInt32BE(0) === MAGIC_JCEKS) {
    throw storeError(
      'STORE_UNSUPPORTED',
      'it is of type JCEKS. Write it again with `keytool -importkeystore -deststoretype pkcs12`',
    );
  }
  const reader = new JksReader(bytes.subarray(0, Math.max(4, bytes.length - SEAL_BYTES)));
  reader.int32();
  const version = reader.int32();
  if (version !== 1 && version !== VERSION)
    throw storeError('STORE_UNSUPPORTED', `it is JKS of version ${version}`);
  if (password !== undefined) {
    const seal = bytes.subarray(-SEAL_BYTES);
    const expected = sealOf(bytes.subarray(0, -SEAL_BYTES), password);
    if (seal.length !== SEAL_BYTES || !timingSafeEqual(seal, expected)) throw wrongPassword();
  }
  const readCertificate = (): Buffer => {
    const type = version === 1 ? X509 : reader.text();
    if (type !== X509) throw storeError('STORE_UNSUPPORTED', 'it holds certificates that are not X.509');
    return reader.bytes();
  };
  const keys: StoreKey[] = [];
  const certificates: StoreCertificate[] = [];
  for (let left = reader.int32(); left > 0; left--) {
    const kind = reader.int32();
    const alias = reader.text();
    reader.skip(8);
    if (kind === KEY_ENTRY) {
      const hidden = reader.bytes();
      const chain: string[] = [];
      for (let more = reader.int32(); more > 0; more--) chain.push(pemOf('CERTIFICATE', readCertificate()));
      if (keyPassword === undefined) {
        throw storeError('STORE_PASSWORD_MISSING', 'it holds a private key, and no password is given');
      }
      keys.push({ alias, key: pemOf('PRIVATE KEY', openKey(hidden, keyPassword)), chain });
    } else if (kind === CERTIFICATE_ENTRY) {
      certificates.push({ alias, certificate: pemOf('CERTIFICATE', readCertificate()) });
    } else throw storeError('STORE_DAMAGED', 'it has an entry of an unknown kind');
  }
  return { type: 'JKS', keys, certificates, isTrustedByJava: true };
}

/** @param now for the dates of the entries, in ms since 1970 */
export function writeJks(
  { keys, certificates }: Pick<Store, 'keys' | 'certificates'>,
  password: string,
  now: number,
): Buffer {
  const date = Buffer.alloc(8);
  date.writeBigInt64BE(BigInt(now));
  const entries = [
    ...keys.map(({ alias, key, chain }) => {
      const certificateParts = chain.flatMap((certificate) => [text(X509), sized(derOf(certificate))]);
      const hidden = sized(hideKey(derOf(key), password));
      return [int32(KEY_ENTRY), text(alias), date, hidden, int32(chain.length), ...certificateParts];
    }),
    ...certificates.map(({ alias, certificate }) => [
      int32(CERTIFICATE_ENTRY),
      text(alias),
      date,
      text(X509),
      sized(derOf(certificate)),
    ]),
  ];
  const content = Buffer.concat([int32(MAGIC), int32(VERSION), int32(entries.length), ...entries.flat()]);
  return Buffer.concat([content, sealOf(content, password)]);
}

class JksReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  int32(): number {
    return this.#take(4).readInt32BE(0);
  }

  bytes(): Buffer {
    return this.#take(this.int32());
  }

  /** Java's modified UTF-8; names of entries are plain as a rule. */
  text(): string {
    return this.#take(this.#take(2).readUInt16BE(0)).toString('utf8');
  }

  skip(count: number): void {
    this.#take(count);
  }

  #take(count: number): Buffer {
    const end = this.#at + count;
    if (count < 0 || end > this.#bytes.length) throw storeError('STORE_DAMAGED', 'it is cut off, or damaged');
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function sized(content: Buffer): Buffer {
  return Buffer.concat([int32(content.length), content]);
}

/** Java looks entries up in lower case. */
function text(value: string): Buffer {
  const bytes = Buffer.from(value === X509 ? value : value.toLowerCase(), 'utf8');
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

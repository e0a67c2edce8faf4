// Reads a key store of any of the three formats that Kafka takes.

import { isJks, readJks } from './jks.ts';
import { isPem, readPem } from './pem.ts';
import { readPkcs12 } from './pkcs12-read.ts';
import type { Store, StoreType } from './store.ts';
import { namingStore, storeError } from './store-error.ts';

export interface StoreSource {
  readonly bytes: Buffer;
  /** For errors: the file, or the setting. */
  readonly name: string;
  readonly password?: string | undefined;
  /** Default: the store's. */
  readonly keyPassword?: string | undefined;
}

/**
 * Reads a store; the format is seen from its bytes. Throws KlammError that begins with the store's name: STORE_DAMAGED,
 * STORE_PASSWORD_WRONG, STORE_PASSWORD_MISSING, STORE_UNSUPPORTED.
 */
export function readStore({ bytes, name, password, keyPassword }: StoreSource): Store {
  return namingStore(name, () => {
    switch (typeOf(bytes)) {
      case 'JKS':
        return readJks(bytes, password, keyPassword ?? password);
      case 'PKCS12':
        return readPkcs12(bytes, password, keyPassword ?? password);
      default:
        return readPem(bytes.toString('utf8'), keyPassword ?? password);
    }
  });
}

function typeOf(bytes: Buffer): StoreType {
  if (bytes.length === 0) throw storeError('STORE_DAMAGED', 'it is empty');
  if (isPem(bytes)) return 'PEM';
  if (isJks(bytes)) return 'JKS';
  // A sequence: what every PKCS12 file begins with.
  if (bytes[0] === 0x30) return 'PKCS12';
  throw storeError('STORE_DAMAGED', 'it is neither PEM nor PKCS12 nor JKS');
}

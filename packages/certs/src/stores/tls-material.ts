// What TLS needs of key stores, as node:tls takes it.

import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { readStore, type StoreSource } from './read-store.ts';
import type { Store } from './store.ts';
import { namingStore, storeError } from './store-error.ts';

export interface TlsMaterial {
  /** Our private key and its chain, in PEM. */
  readonly key?: string;
  readonly cert?: string;
  /** Who vouches for the other end, in PEM. */
  readonly ca?: readonly string[];
}

/**
 * Reads both stores. A truststore's certificates are all that are in it, those of keys too. Throws KlammError as
 * `readStore`, and STORE_WITHOUT_KEY, STORE_WITHOUT_CERTIFICATE where a store does not hold what it is for.
 */
export function tlsMaterial(stores: {
  readonly keystore?: StoreSource | undefined;
  readonly truststore?: StoreSource | undefined;
}): TlsMaterial {
  const { keystore, truststore } = stores;
  return {
    ...(keystore === undefined ? {} : keyOf(readStore(keystore), keystore.name)),
    ...(truststore === undefined ? {} : { ca: trustOf(readStore(truststore), truststore.name) }),
  };
}

function keyOf({ keys }: Store, name: string): { key: string; cert: string } {
  return namingStore(name, () => {
    const [first] = keys;
    if (first === undefined) {
      throw storeError(
        'STORE_WITHOUT_KEY',
        'it holds no private key; a keystore needs one, with its certificate',
      );
    }
    const [own] = first.chain;
    if (own === undefined) {
      throw storeError('STORE_WITHOUT_CERTIFICATE', 'it holds a private key, but no certificate of it');
    }
    const mine = createPublicKey(createPrivateKey(first.key)).export({ type: 'spki', format: 'der' });
    if (!new X509Certificate(own).publicKey.export({ type: 'spki', format: 'der' }).equals(mine)) {
      throw storeError('STORE_WITHOUT_CERTIFICATE', 'its certificate is of another key');
    }
    return { key: first.key, cert: first.chain.join('') };
  });
}

function trustOf({ certificates, keys }: Store, name: string): string[] {
  return namingStore(name, () => {
    const all = [
      ...certificates.map(({ certificate }) => certificate),
      ...keys.flatMap(({ chain }) => chain),
    ];
    if (all.length === 0) throw storeError('STORE_WITHOUT_CERTIFICATE', 'it holds no certificate to trust');
    return all;
  });
}

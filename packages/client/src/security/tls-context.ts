// From the option `tls` to what node:tls wants. Stores are read when the first connection is opened, and the code for
// them is loaded only then.

import { readFile } from 'node:fs/promises';
import { KlammError, messageOf } from '@klamm/base/errors';
import type { StoreSource } from '@klamm/certs/stores/read-store';
import type { StoreOptions, TlsOptions } from './options.ts';

export interface TlsContext {
  readonly ca?: string[];
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: string;
  readonly servername?: string;
  readonly rejectUnauthorized: boolean;
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  readonly ciphers?: string;
}

/** Throws KlammError INVALID_CONFIG where a file cannot be read, and those of @klamm/certs (STORE_…). */
export async function tlsContext(tls: TlsOptions): Promise<TlsContext> {
  const { servername, rejectUnauthorized = true, minVersion = 'TLSv1.2', ciphers, passphrase } = tls;
  const [keystore, truststore] = await Promise.all([
    sourceOf('tls.keystore', tls.keystore),
    sourceOf('tls.truststore', tls.truststore),
  ]);
  const stored =
    keystore === undefined && truststore === undefined
      ? {}
      : (await import('@klamm/certs/stores/tls-material')).tlsMaterial({ keystore, truststore });
  const ca = tls.ca === undefined ? stored.ca : [tls.ca].flat().map(String);
  const cert = tls.cert === undefined ? stored.cert : String(tls.cert);
  const key = tls.key === undefined ? stored.key : String(tls.key);
  return {
    rejectUnauthorized,
    minVersion,
    ...(ca === undefined ? {} : { ca: [...ca] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(servername === undefined ? {} : { servername }),
    ...(ciphers === undefined ? {} : { ciphers }),
  };
}

async function sourceOf(option: string, store: StoreOptions | undefined): Promise<StoreSource | undefined> {
  if (store === undefined) return undefined;
  const { path = '', password, keyPassword } = store;
  const name = path === '' ? option : `${option} ${path}`;
  const bytes = store.bytes ?? (await read(path, option));
  return { bytes, name, password, keyPassword };
}

async function read(path: string, option: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new KlammError(`\`${option}\` cannot be read: ${messageOf(cause)}.`, {
      code: 'INVALID_CONFIG',
      errorCode: 40,
      retriable: false,
      cause,
    });
  }
}

// The files that `klamm certs` writes: certificates for all, keys and stores with keys for their owner alone. Nothing is
// overwritten unasked.

import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '@klamm/base/errors';
import type { Issued } from '@klamm/certs/issue/certificate';
import { writeJks } from '@klamm/certs/stores/jks';
import { writePkcs12 } from '@klamm/certs/stores/pkcs12-write';
import { readStore } from '@klamm/certs/stores/read-store';
import type { Store } from '@klamm/certs/stores/store';
import { usageError } from '../usage-error.ts';

export const STORE_FORMATS = ['p12', 'jks'] as const;
export type StoreFormat = (typeof STORE_FORMATS)[number];

const PRIVATE_MODE = 0o600;
const PUBLIC_MODE = 0o644;

/** Throws a usage error where a file is there already, unless `force`. */
export function checkFree(paths: readonly string[], force: boolean): void {
  const taken = paths.filter((path) => existsSync(path));
  if (taken.length === 0 || force) return;
  throw usageError(
    `${taken.join(', ')} ${taken.length === 1 ? 'is' : 'are'} there already; --force writes over ${taken.length === 1 ? 'it' : 'them'}.`,
  );
}

export function writePublic(path: string, text: string | Buffer): void {
  write(path, text, PUBLIC_MODE);
}

/** Readable for its owner alone, also where the file was there with other rights. */
export function writePrivate(path: string, text: string | Buffer): void {
  write(path, text, PRIVATE_MODE);
}

export function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw usageError(`The directory ${path} cannot be made: ${messageOf(error)}.`);
  }
}

export function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw usageError(`${path} cannot be read: ${messageOf(error)}.`);
  }
}

/** A key with its chain, and certificates to trust, in one of the formats. */
export function storeBytes(
  format: StoreFormat,
  store: Pick<Store, 'keys' | 'certificates'>,
  password: string,
  now: number,
): Buffer {
  return format === 'p12' ? writePkcs12(store, password) : writeJks(store, password, now);
}

/** The authority in a directory, by its two files. */
export function readAuthority(directory: string): Issued {
  const [certificate, key] = ['ca.crt', 'ca.key'].map((name) => join(directory, name));
  if (certificate === undefined || key === undefined || !existsSync(certificate) || !existsSync(key)) {
    throw usageError(
      `There is no authority in ${directory} (ca.crt and ca.key); make one: klamm certs ca --dir ${directory}`,
    );
  }
  return { certificate: readBytes(certificate).toString('utf8'), key: readBytes(key).toString('utf8') };
}

/** All that is in a file: certificates and keys. A password is needed only where the file has one. */
export function readFileStore(path: string, password: string | undefined): Store {
  return readStore({ bytes: readBytes(path), name: path, password });
}

function write(path: string, content: string | Buffer, mode: number): void {
  try {
    writeFileSync(path, content, { mode });
    // The mode above holds for new files only.
    chmodSync(path, mode);
  } catch (error) {
    throw usageError(`${path} cannot be written: ${messageOf(error)}.`);
  }
}

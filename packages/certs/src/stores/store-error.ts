// What can be wrong with a key store. The file's name is not known down here: whoever has it puts it in front.

import { KlammError } from '@klamm/base/errors';

export type StoreErrorCode =
  | 'STORE_DAMAGED'
  | 'STORE_PASSWORD_WRONG'
  | 'STORE_PASSWORD_MISSING'
  | 'STORE_UNSUPPORTED'
  | 'STORE_WITHOUT_KEY'
  | 'STORE_WITHOUT_CERTIFICATE';

/** @param what the end of a sentence that begins with the store's name, without its full stop */
export function storeError(code: StoreErrorCode, what: string, cause?: unknown): KlammError {
  return new KlammError(what, { code, retriable: false, cause });
}

/** Puts the store's name in front of what went wrong with it. */
export function namingStore<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof KlammError)) throw error;
    const { code, retriable, message } = error;
    throw new KlammError(`${name}: ${message}.`, { code, retriable });
  }
}

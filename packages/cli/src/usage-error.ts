import { KlammError } from '@klamm/base/errors';

/** A command line that cannot be understood: exit code 2. */
export function usageError(message: string): KlammError {
  return new KlammError(message, { code: 'USAGE', retriable: false });
}

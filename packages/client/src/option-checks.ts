// What is wrong with an option, said to whoever wrote it.

import { KlammError } from '@klamm/base/errors';
import { ErrorCode } from '@klamm/protocol/error-codes';

/** Throws INVALID_CONFIG unless every value is a number of at least `least`. */
export function requireNumbers(values: Readonly<Record<string, number>>, least: number): void {
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === 'number' && value >= least) continue;
    throw invalidOption(`\`${name}\` is ${String(value)}; it has to be a number of ${least} or more.`);
  }
}

/** Throws INVALID_CONFIG unless `value` is one of `values`. */
export function requireOneOf(name: string, value: string, values: readonly string[]): void {
  if (values.includes(value)) return;
  throw invalidOption(`\`${name}\` is "${String(value)}"; it has to be one of ${values.join(', ')}.`);
}

export function invalidOption(message: string): KlammError {
  return new KlammError(message, {
    code: 'INVALID_CONFIG',
    errorCode: ErrorCode.INVALID_CONFIG,
    retriable: false,
  });
}

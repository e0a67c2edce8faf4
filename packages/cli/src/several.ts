// Commands that take several names do each by itself: what fails is told, and the others go on.

import { KlammError } from '@klamm/base/errors';
import { type CommandContext, sentenceOf } from './context.ts';

export const namesOf = (parameter: string | readonly string[] | undefined): readonly string[] =>
  typeof parameter === 'string' ? [parameter] : (parameter ?? []);

/** One refusal is told and passed over; a cluster that cannot be reached ends the command. */
export function failOrThrow(context: CommandContext, error: unknown): void {
  if (!(error instanceof KlammError) || error.errorCode <= 0 || error.code === 'NETWORK_EXCEPTION')
    throw error;
  context.fail(sentenceOf(error));
}

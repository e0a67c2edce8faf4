// Flag texts → numbers, with a sentence where they are none.

import type { Flags } from './command.ts';
import { usageError } from './usage-error.ts';

/** A whole number from `least` up; undefined where the flag is not given. `shown` is the flag as typed: `-p`. */
export function wholeNumber(flags: Flags, name: string, shown: string, least: number): number | undefined {
  const text = flags.text(name);
  return text === undefined ? undefined : numberOf(text, shown, least);
}

export function wholeNumbers(flags: Flags, name: string, shown: string, least: number): number[] {
  return flags.list(name).flatMap((text) => text.split(',').map((part) => numberOf(part, shown, least)));
}

function numberOf(text: string, shown: string, least: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number >= least) return number;
  throw usageError(`${shown} ${text}: a whole number of ${least} or more is needed.`);
}

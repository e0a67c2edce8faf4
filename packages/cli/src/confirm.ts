// Asks before something is lost.

import { createInterface } from 'node:readline/promises';
import type { CommandContext } from './context.ts';
import { usageError } from './usage-error.ts';

/** Asks on a terminal; elsewhere only --yes is a yes. */
export async function isConfirmed(context: CommandContext, question: string): Promise<boolean> {
  if (context.globals.yes) return true;
  if (!process.stdin.isTTY || !process.stderr.isTTY) throw usageError(`${question} Say so with --yes.`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}

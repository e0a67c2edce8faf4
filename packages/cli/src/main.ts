// The command line's front: finds the command, runs it, and turns what went wrong into a line for a person and an
// exit code: 0 done, 1 something failed, 2 the command line was not understood.

import { KlammError, messageOf } from '@klamm/base/errors';
import { CommanderError } from 'commander';
import { buildProgram } from './program.ts';

export const EXIT_OK = 0;
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;

/** Runs one command line (without the program's own name) and gives the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  // A reader that has seen enough (head, less) closes the pipe; that is no failure of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT_OK);
  });
  const outcome = { exitCode: EXIT_OK };
  try {
    await buildProgram(outcome).parseAsync([...args], { from: 'user' });
    return outcome.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
    process.stderr.write(`klamm: ${messageOf(error)}\n`);
    if (!(error instanceof KlammError) && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    return error instanceof KlammError && error.code === 'USAGE' ? EXIT_USAGE : EXIT_FAILED;
  }
}

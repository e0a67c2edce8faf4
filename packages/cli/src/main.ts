// The command line's front: finds the command, runs it, and turns what went wrong into a line for a person and an
// exit code: 0 done, 1 something failed, 2 the command line was not understood.

import { KlammError } from '@klamm/base/errors';
import { CommanderError } from 'commander';
import { sentenceOf } from './context.ts';
import { buildProgram } from './program.ts';

const EXIT_OK = 0;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** Runs one command line (without the program's own name) and gives the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  // A reader that has seen enough (head, less) closes the pipe; that is no failure of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    // Who else listens ends by itself: see CommandContext.unread.
    if (process.stdout.listenerCount('error') === 1) process.exit(EXIT_OK);
  });
  const outcome = { exitCode: EXIT_OK };
  try {
    const program = buildProgram(outcome);
    if (args.length === 0) program.outputHelp({ error: true });
    else await program.parseAsync([...args], { from: 'user' });
    return args.length === 0 ? EXIT_USAGE : outcome.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
    process.stderr.write(`klamm: ${sentenceOf(error)}\n`);
    // An error that is none of Klamm's own is a bug of ours: its stack is what a report of it needs.
    if (!(error instanceof KlammError) && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    return error instanceof KlammError && error.code === 'USAGE' ? EXIT_USAGE : EXIT_FAILED;
  }
}

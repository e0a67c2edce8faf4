// Programs with Go's Kafka clients, Sarama and franz-go; their source is in go/, one folder per program.
//
// They are built once into the .cache folder. Each prints one JSON object a line, which `lines` reads.

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached } from './cache.ts';
import { type ProgramOptions, type RunningProgram, runProgram, startProgram } from './program.ts';

const SOURCE = fileURLToPath(new URL('go/', import.meta.url));

/** One printed line: an event's name and its figures. */
export type Line = Readonly<Record<string, unknown>>;

export interface Go {
  /** Runs a program of go/cmd to its end and returns what it printed. */
  run(program: string, args: readonly string[], options?: ProgramOptions): Promise<Line[]>;
  /** Where a program is. */
  pathOf(program: string): string;
  /** Starts one that is stopped later. */
  start(program: string, args: readonly string[], options?: ProgramOptions): RunningProgram;
}

/** Builds the programs; throws what is missing and what to do. */
export async function getGo(): Promise<Go> {
  await runProgram('go', ['version']).catch((cause: unknown) => {
    throw new Error('go is not installed (its Kafka clients need Go 1.26 or newer)', { cause });
  });
  const folder = await cached('go', [SOURCE], async (target) => {
    await runProgram('go', ['build', '-trimpath', '-buildvcs=false', '-o', `${target}/`, './cmd/...'], {
      cwd: SOURCE,
      timeoutMs: 600_000,
    });
  });
  return {
    pathOf: (program) => join(folder, program),
    run: async (program, args, options) =>
      lines((await runProgram(join(folder, program), args, options)).stdout),
    start: (program, args, options) => startProgram(join(folder, program), args, options),
  };
}

/** The JSON objects of a program's output. */
export function lines(stdout: string): Line[] {
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}

// confluent-kafka, Python's librdkafka, installed once into the .cache folder from PyPI.

import { fileURLToPath } from 'node:url';
import { cached } from './cache.ts';
import { type ProgramOptions, type RunningProgram, runProgram, startProgram } from './program.ts';

const REQUIREMENTS = fileURLToPath(new URL('members/requirements.txt', import.meta.url));

/** Starts a Python program that may import confluent_kafka. */
export type Confluent = (
  program: string,
  args: readonly string[],
  options?: ProgramOptions,
) => RunningProgram;

/** Throws what is missing and what to do. */
export async function getConfluent(): Promise<Confluent> {
  await runProgram('python3', ['-m', 'pip', '--version']).catch((cause: unknown) => {
    throw new Error('python3 with pip is not installed (on Debian: apt-get install python3-pip)', { cause });
  });
  const folder = await cached('confluent', [REQUIREMENTS], async (target) => {
    const args = ['-m', 'pip', 'install', '--quiet', '--target', target, '-r', REQUIREMENTS];
    await runProgram('python3', args, { timeoutMs: 300_000 });
  });
  return (program, args, options) =>
    startProgram('python3', [program, ...args], { ...options, env: { ...options?.env, PYTHONPATH: folder } });
}

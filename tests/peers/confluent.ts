// confluent-kafka, Python's librdkafka, installed once into the .cache folder from PyPI.

import { fileURLToPath } from 'node:url';
import { cached } from './cache.ts';
import { type RunningProgram, runProgram, startProgram } from './program.ts';

const REQUIREMENTS = fileURLToPath(new URL('members/requirements.txt', import.meta.url));

export interface Confluent {
  /** With which a Python program may import confluent_kafka. */
  readonly env: Readonly<Record<string, string>>;
  start(program: string, args: readonly string[]): RunningProgram;
}

/** Throws what is missing and what to do. */
export async function getConfluent(): Promise<Confluent> {
  await runProgram('python3', ['-m', 'pip', '--version']).catch((cause: unknown) => {
    throw new Error('python3 with pip is not installed (on Debian: apt-get install python3-pip)', { cause });
  });
  const folder = await cached('confluent', [REQUIREMENTS], async (target) => {
    const args = ['-m', 'pip', 'install', '--quiet', '--target', target, '-r', REQUIREMENTS];
    await runProgram('python3', args, { timeoutMs: 300_000 });
  });
  const env = { PYTHONPATH: folder };
  return { env, start: (program, args) => startProgram('python3', [program, ...args], { env }) };
}

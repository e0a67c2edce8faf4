// The clients that are measured, each in a process of its own that prints its figures as one line of JSON.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cached } from '../../tests/peers/cache.ts';
import { getConfluent } from '../../tests/peers/confluent.ts';
import { runProgram } from '../../tests/peers/program.ts';
import type { Figures } from '../harness/rounds.ts';
import type { Workload } from './workload.ts';

const run = promisify(execFile);
const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export const CLIENTS = ['klamm', 'platformatic', 'kafkajs', 'franz-go'] as const;
/** librdkafka runs through Python, which counts where records are few at a time. */
export type ClientName = (typeof CLIENTS)[number] | 'librdkafka';

export interface ClientWork {
  readonly workload: Workload;
  readonly bootstrap: string;
  readonly topic: string;
  readonly count: number;
  readonly bytes: number;
}

export async function runClient(client: ClientName, work: ClientWork): Promise<Figures> {
  const args = [work.workload, work.bootstrap, work.topic, String(work.count), String(work.bytes)];
  const { command, before, env = {} } = await programOf(client);
  const options = { timeout: 60_000, env: { ...process.env, ...env } };
  const { stdout } = await run(command, [...before, ...args], options);
  return JSON.parse(stdout) as Figures;
}

interface ClientProgram {
  readonly command: string;
  readonly before: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

async function programOf(client: ClientName): Promise<ClientProgram> {
  if (client === 'franz-go') return { command: await goProgram(), before: [] };
  if (client !== 'librdkafka') return { command: process.execPath, before: [path(`${client}.ts`)] };
  const { env } = await getConfluent();
  return { command: 'python3', before: [path('librdkafka.py')], env };
}

async function goProgram(): Promise<string> {
  const source = path('go');
  const folder = await cached('bench-go', [source], async (target) => {
    await runProgram('go', ['build', '-trimpath', '-buildvcs=false', '-o', `${target}/franz-go`, '.'], {
      cwd: source,
      timeoutMs: 600_000,
    });
  });
  return `${folder}/franz-go`;
}

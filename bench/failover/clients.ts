// The clients whose failover is measured: programs that send a record to every partition every ten milliseconds, each with
// its defaults but acks=all and idempotence, and tell for how long none was acknowledged.
//
//   PROGRAM BOOTSTRAP TOPIC PARTITIONS
//
// Five times a second a program prints {"ages": [ms since the last acknowledgement, by partition]}. When it is
// written a line it prints {"longest": [ms, by partition], "failed": records}, and ends.

import { fileURLToPath } from 'node:url';
import { cached } from '../../tests/peers/cache.ts';
import { getConfluent } from '../../tests/peers/confluent.ts';
import { type RunningProgram, runProgram, startProgram } from '../../tests/peers/program.ts';

export const FAILOVER_CLIENTS = ['klamm', 'franz-go', 'librdkafka'] as const;
export type FailoverClient = (typeof FAILOVER_CLIENTS)[number];

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export async function startClient(client: FailoverClient, args: readonly string[]): Promise<RunningProgram> {
  if (client === 'klamm') return startProgram(process.execPath, [path('klamm.ts'), ...args]);
  if (client === 'librdkafka') return (await getConfluent()).start(path('librdkafka.py'), args);
  const source = path('go');
  const folder = await cached('bench-failover-go', [source], async (target) => {
    const build = ['build', '-trimpath', '-buildvcs=false', '-o', `${target}/franz-go`, '.'];
    await runProgram('go', build, { cwd: source, timeoutMs: 600_000 });
  });
  return startProgram(`${folder}/franz-go`, args);
}

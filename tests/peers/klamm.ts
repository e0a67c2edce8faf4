// The broker under test: the real Klamm, started as a user starts it, in a process of its own.
//
// KLAMM_TEST_BOOTSTRAP=host:port runs the same tests against a broker that runs already, and
// KLAMM_TEST_BOOTSTRAP=apache-kafka against an Apache Kafka started for each test file. So a test is shown to hold for
// the real thing before Klamm is held to it.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startApacheKafka } from './apache-kafka.ts';
import type { Broker, BrokerOptions } from './broker.ts';
import { getJava } from './java.ts';
import { freePort, untilAnswers } from './ports.ts';
import { startProgram } from './program.ts';

const BIN = fileURLToPath(new URL('../../packages/klamm/src/bin.ts', import.meta.url));

/** Starts the broker under test and waits until it answers. Stopping Klamm asserts that it exits with code 0. */
export async function startKlamm(options: BrokerOptions = {}): Promise<Broker> {
  const other = process.env.KLAMM_TEST_BOOTSTRAP;
  if (other === 'apache-kafka') return await startApacheKafka(await getJava(), options);
  if (other !== undefined) return runningElsewhere(other);

  const own = mkdtempSync(join(tmpdir(), 'klamm-test-'));
  const dataDirectory = options.dataDirectory ?? join(own, 'data');
  const port = options.port ?? (await freePort());
  const listeners = [`PLAINTEXT://127.0.0.1:${port}`, ...(options.listeners?.split(',') ?? [])];
  const args = [BIN, 'start', '--listeners', listeners.join(','), '--data', dataDirectory];
  if (options.settings !== undefined) {
    const properties = join(own, 'server.properties');
    writeFileSync(
      properties,
      Object.entries(options.settings)
        .map(([key, value]) => `${key}=${value}\n`)
        .join(''),
    );
    args.push('-c', properties);
  }
  const program = startProgram(process.execPath, args);
  await untilAnswers(port, program);
  const stop = async (): Promise<void> => {
    const { code, signal, stdout, stderr } = await program.stop('SIGTERM');
    if (code !== 0) {
      throw new Error(
        `klamm start ended with ${signal ?? `exit code ${code}`} on SIGTERM:\n${stderr}\n${stdout}`,
      );
    }
  };
  return {
    name: 'Klamm',
    bootstrap: `127.0.0.1:${port}`,
    pid: program.pid,
    dataDirectory,
    stop,
    async [Symbol.asyncDispose]() {
      try {
        await stop();
      } finally {
        rmSync(own, { recursive: true, force: true });
      }
    },
  };
}

function runningElsewhere(bootstrap: string): Broker {
  const nothing = async (): Promise<void> => {};
  return {
    name: bootstrap,
    bootstrap,
    dataDirectory: undefined,
    stop: nothing,
    [Symbol.asyncDispose]: nothing,
  };
}

// A real Apache Kafka broker on this machine: one KRaft node, free ports, a data directory of its own.
//
// Run as a program it starts one, prints its address and waits for Ctrl-C:
//   node tests/peers/apache-kafka.ts      then      KLAMM_TEST_BOOTSTRAP=127.0.0.1:PORT npm test tests/conformance

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Broker, BrokerOptions } from './broker.ts';
import { getJava, type Java } from './java.ts';
import { freePort, untilAnswers } from './ports.ts';

/** Formats a data directory unless one is given, starts Apache Kafka on it and waits until it answers. */
export async function startApacheKafka(java: Java, options: BrokerOptions = {}): Promise<Broker> {
  const own = mkdtempSync(join(tmpdir(), 'klamm-apache-kafka-'));
  const dataDirectory = options.dataDirectory ?? join(own, 'data');
  const port = options.port ?? (await freePort());
  const properties = join(own, 'server.properties');
  const further = options.listeners?.split(',') ?? [];
  const listeners = [`PLAINTEXT://127.0.0.1:${port}`, ...further];
  writeFileSync(properties, propertiesOf(listeners, await freePort(), dataDirectory, options.settings ?? {}));
  if (options.dataDirectory === undefined) {
    const { stdout } = await java.run('kafka.tools.StorageTool', ['random-uuid']);
    const features = Object.entries(options.features ?? {}).flatMap(([name, level]) => [
      '--feature',
      `${name}=${level}`,
    ]);
    await java.run('kafka.tools.StorageTool', ['format', '-t', stdout.trim(), '-c', properties, ...features]);
  }
  const program = java.start('kafka.Kafka', [properties]);
  await untilAnswers(port, program);
  const stop = async (): Promise<void> => {
    await program.stop();
  };
  return {
    name: 'Apache Kafka',
    bootstrap: `127.0.0.1:${port}`,
    pid: program.pid,
    dataDirectory,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      rmSync(own, { recursive: true, force: true });
    },
  };
}

function propertiesOf(
  listeners: readonly string[],
  controllerPort: number,
  dataDirectory: string,
  settings: Readonly<Record<string, string>>,
): string {
  const all: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: [...listeners, `CONTROLLER://127.0.0.1:${controllerPort}`].join(','),
    'advertised.listeners': listeners.join(','),
    'listener.security.protocol.map':
      'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL',
    'log.dirs': dataDirectory,
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '3',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '3',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    ...settings,
  };
  return Object.entries(all)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

if (import.meta.main) {
  const broker = await startApacheKafka(await getJava());
  console.log(broker.bootstrap);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, async () => {
      await broker[Symbol.asyncDispose]();
      process.exit(0);
    });
  }
}

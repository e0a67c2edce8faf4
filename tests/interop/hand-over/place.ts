// A broker with users and an authorizer, in a directory that goes from Klamm to Apache Kafka and back: the settings that
// `klamm start` is given, and Apache Kafka started with those that `klamm log hand-over` writes.

import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Kafka } from '@klamm/client/client';
import type { Java } from '../../peers/java.ts';
import { untilAnswers } from '../../peers/ports.ts';
import { type Outcome, type RunningProgram, runProgram, startProgram } from '../../peers/program.ts';

const BIN = fileURLToPath(new URL('../../../packages/klamm/src/bin.ts', import.meta.url));
const MODULES = 'org.apache.kafka.common.security';

/** Below the ports that the system gives to those who ask for any, so that nobody has one of them by chance. */
const PORT_FIRST = 20_000;
const PORT_LAST = 31_000;
/** Of clients, with and without a login, of the controller, and of the broker itself. */
const PORTS = 4;

export class HandOverPlace {
  readonly folder: string;
  readonly port: number;
  readonly #properties: string;

  private constructor(folder: string, port: number, settings: Readonly<Record<string, string>>) {
    this.folder = folder;
    this.port = port;
    this.#properties = join(folder, 'klamm.properties');
    const all = {
      listeners: `PLAINTEXT://127.0.0.1:${port},SASL_PLAINTEXT://127.0.0.1:${port + 1}`,
      'log.dirs': this.directory,
      'offsets.topic.num.partitions': '3',
      'transaction.state.log.num.partitions': '3',
      ...settings,
    };
    const lines = Object.entries(all).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(this.#properties, lines.join(''));
    writeFileSync(this.adminProperties, adminProperties());
  }

  static async make(folder: string, settings: Readonly<Record<string, string>>): Promise<HandOverPlace> {
    return new HandOverPlace(folder, await freePorts(), settings);
  }

  get directory(): string {
    return join(this.folder, 'data');
  }

  /** What Apache Kafka is to be started with. */
  get handedOver(): string {
    return join(this.folder, 'data.server.properties');
  }

  /** `--command-config` of Java's tools. */
  get adminProperties(): string {
    return join(this.folder, 'admin.properties');
  }

  /** Where nobody logs in. */
  get open(): string {
    return `127.0.0.1:${this.port}`;
  }

  get bootstrap(): string {
    return `127.0.0.1:${this.port + 1}`;
  }

  /** A client that may do everything. */
  kafka(brokers: readonly string[] = [this.bootstrap]): Kafka {
    return new Kafka({
      brokers,
      sasl: { mechanism: 'plain', username: 'admin', password: 'of admin' },
    });
  }

  async startKlamm(): Promise<RunningProgram> {
    const program = startProgram(process.execPath, [BIN, 'start', '-c', this.#properties]);
    await untilAnswers(this.port + 1, program);
    return program;
  }

  async startKafka(java: Java): Promise<RunningProgram> {
    const program = java.start('kafka.Kafka', [this.handedOver]);
    await untilAnswers(this.port + 1, program);
    return program;
  }

  klamm(...args: readonly string[]): Promise<Outcome> {
    return runProgram(process.execPath, [BIN, ...args], { mayFail: true });
  }

  check(): Promise<Outcome> {
    return this.klamm('log', 'check', this.directory);
  }

  handOver(): Promise<Outcome> {
    return this.klamm('log', 'hand-over', this.directory, '-c', this.#properties, '--force');
  }
}

/** Listeners with logins by passwords, an authorizer, and tokens. */
export const SECURED: Readonly<Record<string, string>> = {
  'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
  'listener.name.sasl_plaintext.plain.sasl.jaas.config': `${MODULES}.plain.PlainLoginModule required user_admin="of admin";`,
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'super.users': 'User:admin',
  'delegation.token.secret.key': 'only for this test',
};

function adminProperties(): string {
  return [
    'security.protocol=SASL_PLAINTEXT',
    'sasl.mechanism=PLAIN',
    `sasl.jaas.config=${MODULES}.plain.PlainLoginModule required username="admin" password="of admin";`,
    '',
  ].join('\n');
}

/** The first of several ports in a row that are free. */
async function freePorts(): Promise<number> {
  for (;;) {
    const first = PORT_FIRST + Math.floor(Math.random() * (PORT_LAST - PORT_FIRST));
    const ports = Array.from({ length: PORTS }, (_, i) => first + i);
    const free = await Promise.all(ports.map(isFree));
    if (free.every((each) => each)) return first;
  }
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

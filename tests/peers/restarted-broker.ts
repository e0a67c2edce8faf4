// The broker under test as a storm treats it: killed at any moment, and started again on the same directory and port.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Broker } from './broker.ts';
import { startKlamm } from './klamm.ts';
import { freePort } from './ports.ts';

export class RestartedBroker implements AsyncDisposable {
  readonly #settings: Readonly<Record<string, string>>;
  readonly #own = mkdtempSync(join(tmpdir(), 'klamm-restarted-'));
  readonly #port: number;
  readonly #ended: Broker[] = [];
  #broker: Broker | undefined;
  #dataDirectory: string | undefined;

  private constructor(settings: Readonly<Record<string, string>>, port: number) {
    this.#settings = settings;
    this.#port = port;
  }

  /** Starts it for the first time. */
  static async start(settings: Readonly<Record<string, string>>): Promise<RestartedBroker> {
    const broker = new RestartedBroker(settings, await freePort());
    // Apache Kafka formats a directory only where none is given.
    if (process.env.KLAMM_TEST_BOOTSTRAP === undefined) broker.#dataDirectory = join(broker.#own, 'data');
    await broker.startAgain();
    return broker;
  }

  /** host:port */
  get bootstrap(): string {
    return `127.0.0.1:${this.#port}`;
  }

  get dataDirectory(): string {
    if (this.#dataDirectory === undefined)
      throw new Error('a broker that runs elsewhere has no directory here');
    return this.#dataDirectory;
  }

  /** Resolves when it answers. */
  async startAgain(): Promise<void> {
    const dataDirectory = this.#dataDirectory;
    this.#broker = await startKlamm({
      settings: this.#settings,
      port: this.#port,
      ...(dataDirectory === undefined ? {} : { dataDirectory }),
    });
    this.#dataDirectory ??= this.#broker.dataDirectory;
  }

  /** SIGKILL; resolves when the process is gone. */
  async kill(): Promise<void> {
    const broker = this.#take();
    if (broker?.pid === undefined) return;
    process.kill(broker.pid, 'SIGKILL');
    // Klamm's complains that it did not end by itself.
    await broker.stop().catch(() => {});
  }

  /** As an operator stops it. Throws where it did not end well. */
  async stop(): Promise<void> {
    await this.#take()?.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.stop();
    } finally {
      // Those that were killed complain again.
      await Promise.allSettled(this.#ended.map((broker) => broker[Symbol.asyncDispose]()));
      rmSync(this.#own, { recursive: true, force: true });
    }
  }

  #take(): Broker | undefined {
    const broker = this.#broker;
    this.#broker = undefined;
    if (broker !== undefined) this.#ended.push(broker);
    return broker;
  }
}

// Three nodes of Apache Kafka by `klamm cluster`, as a person has them: made, started, killed, and started again by its
// commands, with a listener for TLS and a login beside the one without.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { clientOptionsFromProperties, type KafkaOptions } from 'klamm';
import { ClusterRoles } from './cluster-roles.ts';
import { findJars } from './java.ts';
import { freePortsFrom } from './ports.ts';
import { runProgram } from './program.ts';

const BIN = fileURLToPath(new URL('../../packages/klamm/src/bin.ts', import.meta.url));
const NODES = [1, 2, 3] as const;
/** After which program.ts ends this process. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const HEAP_MB = '256';
/** Of INTERNAL, EXTERNAL and CONTROLLER of each node, as `klamm cluster init` has them. */
export const CLUSTER_PORTS = [0, 100, 200].flatMap((listener) => NODES.map((id) => listener + id - 1));

export class KlammCluster extends ClusterRoles implements AsyncDisposable {
  readonly #own = mkdtempSync(join(tmpdir(), 'klamm-cluster-'));
  readonly #down = new Set<number>();
  readonly #hanging = new Set<number>();
  readonly #port: number;
  /** The nodes are no children of this process, and are not to outlive it. */
  readonly #onExit = (): void => {
    for (const id of NODES) {
      spawnSync(process.execPath, [BIN, 'cluster', 'kill', `${id}`, '--dir', this.#directory]);
    }
  };

  private constructor(port: number) {
    super();
    this.#port = port;
    process.once('exit', this.#onExit);
    for (const signal of SIGNALS) process.prependOnceListener(signal, this.#onExit);
  }

  get #directory(): string {
    return join(this.#own, 'three');
  }

  /** `klamm cluster init` and `up`. */
  static async start(): Promise<KlammCluster> {
    const port = await freePortsFrom(CLUSTER_PORTS);
    const cluster = new KlammCluster(port);
    try {
      mkdirSync(join(cluster.#own, 'kafka'));
      symlinkSync(await findJars(), join(cluster.#own, 'kafka', 'libs'));
      await cluster.#klamm('init', '--nodes', `${NODES.length}`, '--port', `${port}`, '--heap', HEAP_MB);
      await cluster.#klamm('up', '--detach');
    } catch (cause) {
      await cluster[Symbol.asyncDispose]();
      throw cause;
    }
    return cluster;
  }

  /** host:port of every node, without a login. */
  get bootstrap(): string[] {
    return NODES.map((id) => `127.0.0.1:${this.#portOf(id)}`);
  }

  /** How the user that was made connects, with TLS and a login. */
  get client(): KafkaOptions {
    const text = readFileSync(join(this.#directory, 'client.properties'), 'utf8');
    const { brokers = '', ...options } = clientOptionsFromProperties(text).options;
    return { ...options, brokers };
  }

  /** As an operator starts it; resolves when it is up. */
  async startAgain(id: number): Promise<void> {
    await this.#klamm('start', `${id}`);
    this.#down.delete(id);
  }

  /** SIGKILL, or SIGTERM, and gone; or SIGSTOP: its sockets stay open, and nobody answers. */
  async kill(id: number, signal: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP'): Promise<void> {
    this.#down.add(id);
    if (signal === 'SIGSTOP') this.#hanging.add(id);
    await this.#klamm('kill', `${id}`, '--signal', signal);
  }

  /** Has one that hangs go on. */
  async goOn(id: number): Promise<void> {
    await this.#klamm('kill', `${id}`, '--signal', 'SIGCONT');
    this.#down.delete(id);
    this.#hanging.delete(id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const id of this.#hanging) await this.goOn(id).catch(() => {});
    await this.#klamm('down').catch(() => {});
    process.off('exit', this.#onExit);
    for (const signal of SIGNALS) process.off(signal, this.#onExit);
    rmSync(this.#own, { recursive: true, force: true });
  }

  protected get answering(): readonly number[] {
    return NODES.filter((id) => !this.#down.has(id)).map((id) => this.#portOf(id));
  }

  protected get size(): number {
    return NODES.length;
  }

  #portOf(id: number): number {
    return this.#port + id - 1;
  }

  async #klamm(command: string, ...args: string[]): Promise<void> {
    await runProgram(process.execPath, [BIN, 'cluster', command, ...args, '--dir', this.#directory], {
      env: { NO_COLOR: '1', KAFKA_HOME: join(this.#own, 'kafka') },
      timeoutMs: 150_000,
    });
  }
}

// Three nodes of Apache Kafka on this machine (or another number), each broker and controller, with everything threefold:
// nodes that can be killed, stopped in their tracks, and started again. See ClusterRoles for who has which part.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClusterRoles } from './cluster-roles.ts';
import { getJava, type Java } from './java.ts';
import { freePort, untilAnswers } from './ports.ts';
import type { RunningProgram } from './program.ts';

/** Three of these have to live beside what is tested. */
const FLAGS = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xmx256m', '-Xshare:auto'];
const NODES = 3;

export const getClusterJava = (): Promise<Java> => getJava(FLAGS);

interface ClusterOptions {
  /** Default three. */
  readonly nodes?: number;
  /** Further settings of every node; they win. */
  readonly settings?: Readonly<Record<string, string>>;
}

interface Node {
  readonly id: number;
  readonly port: number;
  readonly controllerPort: number;
  program: RunningProgram | undefined;
  isHanging: boolean;
}

export class ApacheCluster extends ClusterRoles implements AsyncDisposable {
  readonly #java: Java;
  readonly #own = mkdtempSync(join(tmpdir(), 'klamm-apache-cluster-'));
  readonly #nodes: Node[] = [];

  readonly #settings: Readonly<Record<string, string>>;

  private constructor(java: Java, settings: Readonly<Record<string, string>>) {
    super();
    this.#java = java;
    this.#settings = settings;
  }

  /** Formats a directory for each node, starts it, and waits until all answer. */
  static async start(
    java: Java,
    { nodes = NODES, settings = {} }: ClusterOptions = {},
  ): Promise<ApacheCluster> {
    const cluster = new ApacheCluster(java, settings);
    try {
      for (let id = 1; id <= nodes; id++) {
        const [port, controllerPort] = [await freePort(), await freePort()];
        cluster.#nodes.push({ id, port, controllerPort, program: undefined, isHanging: false });
      }
      const { stdout } = await java.run('kafka.tools.StorageTool', ['random-uuid']);
      await Promise.all(cluster.#nodes.map((node) => cluster.#format(node, stdout.trim())));
      await Promise.all(cluster.#nodes.map(({ id }) => cluster.startAgain(id)));
    } catch (cause) {
      await cluster[Symbol.asyncDispose]();
      throw cause;
    }
    return cluster;
  }

  /** host:port of every node. */
  get bootstrap(): string[] {
    return this.#nodes.map(({ port }) => `127.0.0.1:${port}`);
  }

  /** Resolves when it takes connections. */
  async startAgain(id: number): Promise<void> {
    const node = this.#node(id);
    node.program = this.#java.start('kafka.Kafka', [this.#properties(id)]);
    await untilAnswers(node.port, node.program);
  }

  /** SIGKILL; resolves when the process is gone. */
  async kill(id: number): Promise<void> {
    const node = this.#node(id);
    const { program } = node;
    node.program = undefined;
    node.isHanging = false;
    await program?.stop('SIGKILL');
  }

  /** SIGSTOP: its sockets stay open, and nobody answers. */
  hang(id: number): void {
    const node = this.#node(id);
    if (node.program === undefined) return;
    process.kill(node.program.pid, 'SIGSTOP');
    node.isHanging = true;
  }

  goOn(id: number): void {
    const node = this.#node(id);
    if (node.program !== undefined) process.kill(node.program.pid, 'SIGCONT');
    node.isHanging = false;
  }

  protected get answering(): readonly number[] {
    return this.#nodes
      .filter(({ program, isHanging }) => program !== undefined && !isHanging)
      .map(({ port }) => port);
  }

  protected get size(): number {
    return this.#nodes.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // They would wait for each other, and keep nothing that anybody needs.
    for (const { id } of this.#nodes) this.goOn(id);
    await Promise.all(this.#nodes.map(({ program }) => program?.stop('SIGKILL')));
    rmSync(this.#own, { recursive: true, force: true });
  }

  async #format(node: Node, clusterId: string): Promise<void> {
    const all: Record<string, string> = {
      'process.roles': 'broker,controller',
      'node.id': `${node.id}`,
      'controller.quorum.voters': this.#nodes
        .map(({ id, controllerPort }) => `${id}@127.0.0.1:${controllerPort}`)
        .join(','),
      'controller.listener.names': 'CONTROLLER',
      listeners: `PLAINTEXT://127.0.0.1:${node.port},CONTROLLER://127.0.0.1:${node.controllerPort}`,
      'advertised.listeners': `PLAINTEXT://127.0.0.1:${node.port}`,
      'log.dirs': join(this.#own, `data-${node.id}`),
      'default.replication.factor': `${this.#nodes.length}`,
      'min.insync.replicas': '2',
      'offsets.topic.num.partitions': '6',
      'transaction.state.log.num.partitions': '6',
      'group.initial.rebalance.delay.ms': '0',
      ...this.#settings,
    };
    const lines = Object.entries(all).map(([key, value]) => `${key}=${value}\n`);
    writeFileSync(this.#properties(node.id), lines.join(''));
    await this.#java.run('kafka.tools.StorageTool', [
      'format',
      '-t',
      clusterId,
      '-c',
      this.#properties(node.id),
    ]);
  }

  #properties(id: number): string {
    return join(this.#own, `${id}.properties`);
  }

  #node(id: number): Node {
    const node = this.#nodes.find((each) => each.id === id);
    if (node === undefined) throw new Error(`There is no node ${id}.`);
    return node;
  }
}

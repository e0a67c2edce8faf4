// A cluster of Apache Kafka on this machine: formatted once, its nodes started, looked after and ended.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Clock, sleep } from '@klamm/base/clock';
import { KlammError, messageOf } from '@klamm/base/errors';
import { silentLogger } from '@klamm/base/logger';
import { Kafka } from '@klamm/client/client';
import { usageError } from '../usage-error.ts';
import { type ClusterPlan, internalBootstrap, readPlan } from './cluster-plan.ts';
import { dataDirectory, settingsPath } from './init-cluster.ts';
import type { KafkaRuntime } from './kafka-runtime.ts';
import { NodeProcess } from './node-process.ts';

const STORAGE_MAIN = 'kafka.tools.StorageTool';
const TOOL_HEAP_MB = 128;
const POLL_MS = 200;
const UP_WITHIN_MS = 120_000;
const CONNECT_MS = 2000;
const ASK_MS = 5000;

const run = promisify(execFile);

export class LocalCluster {
  readonly directory: string;
  readonly plan: ClusterPlan;
  readonly nodes: readonly NodeProcess[];
  readonly #clock: Clock;

  /** Throws a usage error where there is no cluster in the directory. */
  constructor(directory: string, clock: Clock) {
    this.directory = directory;
    this.plan = readPlan(directory);
    this.#clock = clock;
    this.nodes = this.plan.nodes.map((node) => new NodeProcess(directory, node, clock));
  }

  /** Throws a usage error where there is no such node. */
  node(text: string): NodeProcess {
    const found = this.nodes.find(({ node }) => `${node.id}` === text.replace(/^node-/, ''));
    if (found !== undefined) return found;
    const ids = this.nodes.map(({ node }) => node.id).join(', ');
    throw usageError(`There is no node ${text}; there is ${ids}.`);
  }

  /** A client for the listener without a login. @param brokers default: all */
  client(brokers = internalBootstrap(this.plan)): Kafka {
    return new Kafka({
      clientId: 'klamm-cluster',
      brokers,
      logger: silentLogger,
      connectionTimeoutMs: CONNECT_MS,
      requestTimeoutMs: ASK_MS,
      retryTimeoutMs: ASK_MS,
    });
  }

  /** Writes what a node begins with, for those that have nothing yet: the voters and their directories (KIP-853). */
  async format(runtime: KafkaRuntime): Promise<void> {
    const { clusterId, nodes } = this.plan;
    const controllers = nodes
      .map(({ id, directoryId, controllerPort }) => `${id}@127.0.0.1:${controllerPort}:${directoryId}`)
      .join(',');
    const fresh = nodes.filter(
      (node) => !existsSync(join(dataDirectory(this.directory, node), 'meta.properties')),
    );
    await Promise.all(
      fresh.map(async (node) => {
        const settings = settingsPath(this.directory, node);
        const args = ['format', '-t', clusterId, '-c', settings, '--initial-controllers', controllers];
        try {
          await run(runtime.command, runtime.argumentsOf(STORAGE_MAIN, args, TOOL_HEAP_MB));
        } catch (error) {
          throw new KlammError(
            `The directory of node ${node.id} could not be formatted: ${messageOf(error).split('\n').slice(-5).join('\n')}`,
            { code: 'NODE_NOT_FORMATTED', retriable: false, cause: error },
          );
        }
      }),
    );
  }

  /** Starts the nodes that do not run, and says which. */
  start(runtime: KafkaRuntime): NodeProcess[] {
    const started = this.nodes.filter(({ pid }) => pid === undefined);
    for (const node of started) node.start(runtime, this.plan.heapMb);
    return started;
  }

  /** Resolves when all of these are brokers of the cluster. Throws KlammError with the end of a node's log. */
  async untilUp(nodes: readonly NodeProcess[], signal: AbortSignal): Promise<void> {
    const deadline = this.#clock.monotonic() + UP_WITHIN_MS;
    for (const process of nodes) {
      while (!(await this.#isUp(process))) {
        const dead = nodes.find(({ pid }) => pid === undefined);
        if (dead !== undefined) throw notUp(dead, 'ended');
        if (this.#clock.monotonic() > deadline)
          throw notUp(process, `does not answer after ${UP_WITHIN_MS / 1000} s`);
        await sleep(this.#clock, POLL_MS, signal);
      }
    }
  }

  /**
   * Ends all nodes in order, all at the same time: a node that is left alone waits for a majority to tell it that it may go.
   */
  async stop(): Promise<NodeProcess[]> {
    const running = this.nodes.filter(({ pid }) => pid !== undefined);
    await Promise.all(running.map((node) => node.stop()));
    for (const node of this.nodes) node.forget();
    return running;
  }

  /** Asked of the node itself: the others take it for a while for what it was. */
  async #isUp({ node }: NodeProcess): Promise<boolean> {
    await using admin = this.client(`127.0.0.1:${node.internalPort}`).admin();
    const cluster = await admin.describeCluster().catch(() => undefined);
    return cluster?.brokers.some(({ nodeId }) => nodeId === node.id) === true;
  }
}

function notUp(node: NodeProcess, what: string): KlammError {
  return new KlammError(`Node ${node.node.id} ${what}. The end of ${node.logPath}:\n${node.logEnd()}`, {
    code: 'NODE_NOT_UP',
    retriable: false,
  });
}

// The process of one node: started apart from this one, so that it outlives it; found again by the file that names it, and
// only when it is still that process; ended in order, or as hard as wanted.

import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, sleep } from '@klamm/base/clock';
import { KlammError } from '@klamm/base/errors';
import { holderOf, thisMachine } from '@klamm/broker/process-table';
import { writePublic } from '../certs/store-files.ts';
import type { NodePlan } from './cluster-plan.ts';
import { nodeName, settingsPath } from './init-cluster.ts';
import type { KafkaRuntime } from './kafka-runtime.ts';

const KAFKA_MAIN = 'kafka.Kafka';
const POLL_MS = 50;
/** How long a node may take to hand over what it leads and close its logs. */
const STOP_WITHIN_MS = 60_000;
const LOG_LINES = 8;

export class NodeProcess {
  readonly #folder: string;
  readonly #settings: string;
  readonly #clock: Clock;
  readonly node: NodePlan;

  constructor(directory: string, node: NodePlan, clock: Clock) {
    this.node = node;
    this.#clock = clock;
    this.#settings = settingsPath(directory, node);
    this.#folder = join(directory, nodeName(node));
  }

  get logPath(): string {
    return join(this.#folder, 'node.log');
  }

  /** Undefined where it does not run. */
  get pid(): number | undefined {
    const holder = this.#holder();
    return holder !== undefined && thisMachine.isAlive(holder) ? Number(holder.split(' ')[0]) : undefined;
  }

  /** Whether it was ended by somebody else: it was started, nobody stopped it, and it is gone. */
  get hasDied(): boolean {
    return this.#holder() !== undefined && this.pid === undefined;
  }

  start(runtime: KafkaRuntime, heapMb: number): void {
    const log = openSync(this.logPath, 'a');
    try {
      const child = spawn(runtime.command, runtime.argumentsOf(KAFKA_MAIN, [this.#settings], heapMb), {
        detached: true,
        stdio: ['ignore', log, log],
        cwd: this.#folder,
      });
      child.on('error', () => {});
      child.unref();
      if (child.pid === undefined)
        throw new KlammError(
          `Node ${this.node.id} could not be started: \`${runtime.command}\` cannot be run.`,
          {
            code: 'NODE_NOT_STARTED',
            retriable: false,
          },
        );
      writePublic(this.#pidPath, `${holderOf(child.pid)}\n`);
    } finally {
      closeSync(log);
    }
  }

  /** False where it does not run. */
  signal(name: NodeJS.Signals): boolean {
    const { pid } = this;
    if (pid === undefined) return false;
    process.kill(pid, name);
    return true;
  }

  /** Ends it in order, and as hard as it takes when that takes too long. True where it had to be. */
  async stop(): Promise<boolean> {
    // A process that is stopped in its tracks hears nothing else.
    this.signal('SIGCONT');
    this.signal('SIGTERM');
    const isOver = await this.#isGoneWithin(STOP_WITHIN_MS);
    if (!isOver) await this.kill();
    this.forget();
    return !isOver;
  }

  /** Resolves when it is gone. It counts as one that was ended on purpose. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.#isGoneWithin(STOP_WITHIN_MS);
    this.forget();
  }

  /** What was started is not expected to run any more. */
  forget(): void {
    rmSync(this.#pidPath, { force: true });
  }

  /** The last lines of its log. */
  logEnd(lines = LOG_LINES): string {
    if (!existsSync(this.logPath)) return '';
    return readFileSync(this.logPath, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  }

  async #isGoneWithin(ms: number): Promise<boolean> {
    const deadline = this.#clock.monotonic() + ms;
    while (this.pid !== undefined) {
      if (this.#clock.monotonic() > deadline) return false;
      await sleep(this.#clock, POLL_MS);
    }
    return true;
  }

  get #pidPath(): string {
    return join(this.#folder, 'node.pid');
  }

  #holder(): string | undefined {
    return existsSync(this.#pidPath) ? readFileSync(this.#pidPath, 'utf8').trim() : undefined;
  }
}

// What works on a cluster while its nodes fall: an idempotent producer that writes numbers to every partition, a group
// of members that are processes of their own (member.ts), and a transformer that copies exactly once. Everything that
// was acknowledged is written down, and so is for how long nothing was.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Kafka } from 'klamm';

const MEMBER = fileURLToPath(new URL('member.ts', import.meta.url));
const EVERY_MS = 20;

export interface Acknowledged {
  readonly offset: number;
  readonly value: string;
}

/** The longest times between two signs of life, of many things, since they were asked for last. */
class Pauses {
  readonly #last = new Map<string, number>();
  #longest = 0;

  /** Something of the kind that was waited for has happened. */
  sign(of: string): void {
    const now = performance.now();
    this.#longest = Math.max(this.#longest, now - (this.#last.get(of) ?? now));
    this.#last.set(of, now);
  }

  /** How often something happened since `begun` (performance.now()): the things of which something did. */
  since(begun: number): number {
    return [...this.#last.values()].filter((at) => at > begun).length;
  }

  /** In ms; begins anew. */
  take(): number {
    const longest = this.#longest;
    this.#longest = 0;
    return Math.round(longest);
  }
}

export class Writer {
  /** By partition, in the order in which they were sent. */
  readonly acknowledged: Acknowledged[][];
  readonly failures: string[] = [];
  readonly pauses = new Pauses();
  readonly #producer: ReturnType<Kafka['producer']>;
  readonly #stopping = new AbortController();
  readonly #done: Promise<unknown>;

  constructor(kafka: Kafka, topic: string, partitions: number) {
    this.#producer = kafka.producer();
    this.acknowledged = Array.from({ length: partitions }, () => []);
    this.#done = Promise.all(this.acknowledged.map((_, partition) => this.#write(topic, partition)));
  }

  async #write(topic: string, partition: number): Promise<void> {
    const sent: Promise<void>[] = [];
    const acknowledged = this.acknowledged[partition] ?? [];
    for (let number = 0; !this.#stopping.signal.aborted; number++) {
      const value = `${partition}:${number}`;
      const outcome = this.#producer.send({ topic, partition, value }).then(
        ({ offset }) => {
          this.pauses.sign(`${partition}`);
          acknowledged[number] = { offset, value };
        },
        (error: Error) => void this.failures.push(`${value}: ${error.message}`),
      );
      sent.push(outcome);
      await wait(EVERY_MS);
    }
    await Promise.all(sent);
  }

  /** Resolves when what was sent is acknowledged, or has failed. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#done;
    await this.#producer.close();
  }
}

/** Members of one group, each a process. They are not touched. */
export class Members {
  readonly files = new Map<string, string>();
  readonly #own = mkdtempSync(join(tmpdir(), 'klamm-members-'));
  readonly #children: ChildProcess[] = [];

  constructor(count: number, bootstrap: readonly string[], groupId: string, topic: string) {
    for (let seed = 1; seed <= count; seed++) {
      const name = `m${seed}-stream`;
      const file = join(this.#own, name);
      const args = [MEMBER, bootstrap.join(','), groupId, topic, 'consumer', 'stream', `${seed}`, file];
      this.#children.push(spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] }));
      this.files.set(name, file);
    }
  }

  async stop(): Promise<void> {
    const running = this.#children.filter(
      ({ exitCode, signalCode }) => exitCode === null && signalCode === null,
    );
    const gone = running.map((child) => new Promise((resolve) => child.once('exit', resolve)));
    for (const child of running) child.kill('SIGTERM');
    const timer = setTimeout(() => {
      for (const child of running) child.kill('SIGKILL');
    }, 15_000);
    await Promise.all(gone);
    clearTimeout(timer);
  }

  removeFiles(): void {
    rmSync(this.#own, { recursive: true, force: true });
  }
}

/** Copies `from` to `to`, exactly once. */
export class Copier {
  readonly pauses = new Pauses();
  readonly #transform: ReturnType<Kafka['transform']>;
  readonly #done: Promise<void>;
  copied = 0;

  constructor(kafka: Kafka, from: string, to: string, name: string) {
    this.#transform = kafka.transform({
      from: { groupId: name, topics: from },
      to: { transactionalId: name },
    });
    this.#done = this.#transform.run((message) => {
      this.copied++;
      this.pauses.sign('copied');
      return { topic: to, value: message.value };
    });
    // Told by `stop`.
    this.#done.catch(() => {});
  }

  /** Throws what ended it before. */
  async stop(): Promise<void> {
    await this.#transform.close();
    await this.#done;
  }
}

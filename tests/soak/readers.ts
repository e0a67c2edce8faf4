// Readers of committed records: one of Klamm's client that follows a topic through the storm, and one reading of it from
// begin to end by either client.

import type { Kafka } from 'klamm';
import { type Kcat, readRecords } from '../peers/kcat.ts';
import type { Seen } from './books.ts';

/** Reads a topic from its first record on until it is closed. */
export class Follower implements AsyncDisposable {
  readonly records: Seen[] = [];
  readonly #stopping = new AbortController();
  readonly #done: Promise<void>;
  #failure: unknown;

  constructor(kafka: Kafka, topic: string) {
    this.#done = this.#follow(kafka, topic).catch((cause) => {
      this.#failure = cause;
    });
  }

  /** Throws what ended it. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#done;
  }

  async #follow(kafka: Kafka, topic: string): Promise<void> {
    const { signal } = this.#stopping;
    for await (const message of kafka.consume({ topic, from: 'earliest', readCommitted: true, signal })) {
      this.records.push(seenOf(message));
    }
  }
}

export async function readWithKlamm(kafka: Kafka, topic: string): Promise<Seen[]> {
  const records: Seen[] = [];
  for await (const message of kafka.consume({ topic, from: 'earliest', toEnd: true, readCommitted: true })) {
    records.push(seenOf(message));
  }
  return inOrder(records);
}

export async function readWithKcat(kcat: Kcat, bootstrap: string, topic: string): Promise<Seen[]> {
  const args = ['-o', 'beginning', '-e', '-X', 'isolation.level=read_committed'];
  const records = await readRecords(kcat, bootstrap, topic, args);
  return records.map(({ partition, offset, key, payload }) => ({
    partition,
    offset,
    key: key ?? '',
    value: payload ?? '',
  }));
}

export function inOrder(records: readonly Seen[]): Seen[] {
  return [...records].sort((a, b) => a.partition - b.partition || a.offset - b.offset);
}

function seenOf(message: {
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}): Seen {
  const { partition, offset, key, value } = message;
  return { partition, offset, key: String(key ?? ''), value: String(value ?? '') };
}

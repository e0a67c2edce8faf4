// Reads partitions of a topic: an async iterator of messages, or of batches, that goes on listening.
//
// The public face of the partition consumer. What is fetched ahead lies in `#ready`, in order; one reader takes from
// it without waiting, so that a message costs no timer and no event. Pausing sets a partition's records aside; seeking
// drops them. Closing ends a reader that waits. There is no group here: positions are the program's own.

import { KlammError } from '@klamm/base/errors';
import { ErrorCode, kafkaError } from '@klamm/protocol/error-codes';
import type { RecordCursor } from '@klamm/protocol/records/record';
import type { Cluster } from '../cluster.ts';
import type { TopicMetadata } from '../metadata-cache.ts';
import { FetchedRecords } from './fetched-records.ts';
import { Fetcher } from './fetcher.ts';
import { Message, type MessageSource } from './message.ts';
import {
  type ConsumeOptions,
  checkPosition,
  checkTopic,
  type FetchSettings,
  fetchSettings,
  type StartPosition,
  startOf,
} from './options.ts';
import { PartitionState } from './partition-state.ts';

/** The messages of one record batch, which all come from one partition. */
export interface MessageBatch<Value = Buffer, Key = Buffer> {
  readonly topic: string;
  readonly partition: number;
  readonly messages: readonly Message<Value, Key>[];
  /** One past the last record that consumers may see, when the batch was fetched. */
  readonly highWatermark: number;
}

export class PartitionConsumer<Value = Buffer, Key = Buffer>
  implements AsyncIterableIterator<Message<Value, Key>>, AsyncDisposable
{
  readonly #cluster: Cluster;
  readonly #options: ConsumeOptions<Value, Key>;
  readonly #topic: string;
  readonly #settings: FetchSettings;
  readonly #release: () => void;
  readonly #partitions = new Map<number, PartitionState>();
  readonly #sources = new Map<number, MessageSource<Value, Key>>();
  readonly #started: Promise<void>;
  readonly #onAbort = (): void => void this.close();
  #fetcher: Fetcher | undefined;
  #current: FetchedRecords<Message<Value, Key>> | undefined;
  #ready: FetchedRecords<Message<Value, Key>>[] = [];
  /** Records of paused partitions. */
  #aside: FetchedRecords<Message<Value, Key>>[] = [];
  #waiting: (() => void) | undefined;
  #reading: Promise<unknown> | undefined;
  #failure: KlammError | undefined;
  #isClosed = false;

  /** Use `kafka.consume()`. */
  constructor(cluster: Cluster, options: ConsumeOptions<Value, Key>) {
    this.#topic = checkTopic(options.topic);
    this.#settings = fetchSettings(options);
    if (options.from instanceof Date || typeof options.from !== 'object') startOf(options.from, 0);
    this.#cluster = cluster;
    this.#options = options;
    this.#release = cluster.use();
    options.signal?.addEventListener('abort', this.#onAbort, { once: true });
    this.#started = this.#start();
    // Whoever reads is told; nobody else is.
    this.#started.catch(() => {});
    if (options.signal?.aborted === true) void this.close();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Resolves when the partitions are known. Reading waits for it by itself. Throws as reading does. */
  get started(): Promise<void> {
    return this.#started;
  }

  /** The next message; waits for it. Throws KlammError where the topic cannot be read. */
  next(): Promise<IteratorResult<Message<Value, Key>, undefined>> {
    if (this.#reading === undefined) {
      const message = this.#take((records) => records.read());
      if (message !== undefined) return Promise.resolve({ done: false, value: message });
    }
    return this.#queue((records) => records.read());
  }

  /** Ends the consumer; called when a `for await` loop is left. */
  async return(): Promise<IteratorResult<Message<Value, Key>, undefined>> {
    await this.close();
    return { done: true, value: undefined };
  }

  /** The same messages, a record batch at a time: less work for each. */
  async *batches(): AsyncIterableIterator<MessageBatch<Value, Key>> {
    const topic = this.#topic;
    try {
      for (;;) {
        const { done, value } = await this.#queue((records) => {
          const messages = records.readBatch();
          return messages && { messages, partition: records.partition };
        });
        if (done === true || value === undefined) return;
        const { messages, partition } = value;
        yield { topic, partition: partition.index, messages, highWatermark: partition.highWatermark };
      }
    } finally {
      await this.close();
    }
  }

  /** Stops the given partitions, or all; what was fetched of them is kept. Unknown ones are passed over. */
  pause(partitions?: readonly number[]): void {
    for (const state of this.#states(partitions)) state.isPaused = true;
  }

  resume(partitions?: readonly number[]): void {
    for (const state of this.#states(partitions)) state.isPaused = false;
    const back = this.#aside.filter(({ partition }) => !partition.isPaused);
    this.#aside = this.#aside.filter(({ partition }) => partition.isPaused);
    this.#ready.unshift(...back);
    this.#wake();
    this.#fetcher?.wake();
  }

  /** Goes on from another place. Throws KlammError INVALID_CONFIG, UNKNOWN_TOPIC_OR_PARTITION. */
  seek(partition: number, to: StartPosition): void {
    checkPosition(to);
    this.#stateOf(partition).go(to);
    this.#dropStale();
    this.#fetcher?.wake();
  }

  /** Offset of the partition's next message; undefined while it is not known. */
  position(partition: number): number | undefined {
    const position = this.#partitions.get(partition)?.position ?? -1;
    return position < 0 ? undefined : position;
  }

  /**
   * Records between the position and the end of the log as of the last answer; undefined before the first. With
   * `readCommitted` the log ends where the first open transaction begins.
   */
  lag(partition: number): number | undefined {
    return this.#partitions.get(partition)?.lag;
  }

  /** The partitions that are read; empty before `started`. */
  get partitions(): number[] {
    return [...this.#partitions.keys()];
  }

  /** Ends the connections, and the reader that waits. Safe to call again, and from within the loop. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#fetcher?.close();
    this.#current = undefined;
    this.#ready = [];
    this.#aside = [];
    this.#release();
    this.#wake();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #start(): Promise<void> {
    const topic = await this.#cluster.topic(this.#topic, false);
    if (this.#isClosed) return;
    for (const index of this.#chosen(topic)) {
      const state = new PartitionState(
        topic.name,
        index,
        startOf(this.#options.from, index),
        this.#settings.maxBytes,
      );
      this.#partitions.set(index, state);
      const { value, key } = this.#options;
      this.#sources.set(index, { topic: topic.name, partition: index, value, key });
    }
    this.#fetcher = new Fetcher(this.#cluster, this.#settings, {
      fetched: (state, records, aborted) => {
        const source = this.#sources.get(state.index) as MessageSource<Value, Key>;
        const messageOf = (cursor: RecordCursor) => new Message(source, cursor);
        this.#ready.push(new FetchedRecords(state, messageOf, records, aborted));
        this.#wake();
      },
      progressed: () => this.#wake(),
      failed: (error) => {
        this.#failure ??= error;
        this.#wake();
      },
    });
    this.#fetcher.add([...this.#partitions.values()]);
  }

  #chosen(topic: TopicMetadata): number[] {
    const { partitions, from } = this.#options;
    const named =
      partitions ??
      (typeof from === 'object' && !(from instanceof Date) ? Object.keys(from).map(Number) : undefined);
    const all = topic.partitions.map(({ index }) => index);
    if (named === undefined) return all;
    for (const index of named) {
      if (all.includes(index)) continue;
      throw kafkaError(
        ErrorCode.INVALID_PARTITIONS,
        `The topic "${topic.name}" has no partition ${index}; it has ${all.join(', ')}.`,
      );
    }
    return [...named];
  }

  /** What `read` gives of the records that lie ready; undefined where none does. Never waits. */
  #take<T>(read: (records: FetchedRecords<Message<Value, Key>>) => T | undefined): T | undefined {
    for (;;) {
      const records = this.#current ?? this.#ready.shift();
      if (records === undefined) return undefined;
      this.#current = records;
      if (records.isStale) {
        this.#done(records);
        continue;
      }
      if (records.partition.isPaused) {
        this.#aside.push(records);
        this.#current = undefined;
        continue;
      }
      const value = read(records);
      if (value !== undefined) return value;
      if (records.opening !== undefined) return undefined;
      this.#done(records);
    }
  }

  #done(records: FetchedRecords<Message<Value, Key>>): void {
    this.#current = undefined;
    this.#fetcher?.release(records.partition, records.bytes);
  }

  /** Reads one after the other, however many calls wait. */
  #queue<T>(
    read: (records: FetchedRecords<Message<Value, Key>>) => T | undefined,
  ): Promise<IteratorResult<T, undefined>> {
    const before = this.#reading;
    const reading =
      before === undefined
        ? this.#read(read)
        : before.then(
            () => this.#read(read),
            () => this.#read(read),
          );
    this.#reading = reading;
    const clear = (): void => {
      if (this.#reading === reading) this.#reading = undefined;
    };
    reading.then(clear, clear);
    return reading;
  }

  async #read<T>(
    read: (records: FetchedRecords<Message<Value, Key>>) => T | undefined,
  ): Promise<IteratorResult<T, undefined>> {
    try {
      if (this.#fetcher === undefined && !this.#isClosed) await this.#started;
      for (;;) {
        if (this.#isClosed) return { done: true, value: undefined };
        const value = this.#take(read);
        if (value !== undefined) return { done: false, value };
        const opening = this.#current?.opening;
        if (opening !== undefined) {
          await opening;
          continue;
        }
        if (this.#failure !== undefined) throw this.#failure;
        if (this.#isFinished()) break;
        await new Promise<void>((resolve) => {
          this.#waiting = resolve;
        });
      }
    } catch (cause) {
      // After close() nothing that fails is of interest.
      if (this.#isClosed) return { done: true, value: undefined };
      await this.close();
      throw cause;
    }
    await this.close();
    return { done: true, value: undefined };
  }

  #isFinished(): boolean {
    if (!this.#settings.toEnd || this.#ready.length > 0 || this.#aside.length > 0) return false;
    for (const state of this.#partitions.values()) if (!state.isAtEnd) return false;
    return true;
  }

  #dropStale(): void {
    const drop = (records: FetchedRecords<Message<Value, Key>>): boolean => {
      if (!records.isStale) return true;
      this.#fetcher?.release(records.partition, records.bytes);
      return false;
    };
    this.#ready = this.#ready.filter(drop);
    this.#aside = this.#aside.filter(drop);
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.();
  }

  #states(partitions: readonly number[] | undefined): PartitionState[] {
    const all = [...this.#partitions.values()];
    return partitions === undefined ? all : all.filter(({ index }) => partitions.includes(index));
  }

  #stateOf(partition: number): PartitionState {
    const state = this.#partitions.get(partition);
    if (state !== undefined) return state;
    throw new KlammError(
      `This consumer does not read partition ${partition} of "${this.#topic}"; it reads ${this.partitions.join(', ') || 'none yet (await consumer.started)'}.`,
      { code: 'UNKNOWN_TOPIC_OR_PARTITION', errorCode: 3, retriable: false },
    );
  }
}

// Sends records: awaited one by one or many at a time, or handed over and reported on later.
//
// The public face of the producer. It turns what a program gives into entries for the accumulator, and what becomes of
// them into promises, callbacks and streams. A mistake in a message is told before anything is sent; nothing is
// dropped without somebody being told.

import { KlammError } from '@klamm/base/errors';
import type { HeaderInput, RecordBytes } from '@klamm/protocol/records/builder';
import type { Bytes, Serde } from '../bytes.ts';
import type { Cluster } from '../cluster.ts';
import { Accumulator } from './accumulator.ts';
import type { Delivery, Entry } from './batch.ts';
import {
  type ProducerMessage,
  type ProducerOptions,
  type ProducerSettings,
  producerSettings,
  type RecordMetadata,
} from './options.ts';
import { type DeliveryOutcome, Outcomes } from './outcomes.ts';
import { roundRobin } from './partitioner.ts';

const NO_HEADERS: readonly HeaderInput[] = [];
/** Beyond so many times `bufferBytes`, `enqueue` refuses. */
const OVERFLOW = 2;
/** What a record is taken to hold beside its key and value. */
const RECORD_OVERHEAD_BYTES = 64;

export class Producer<Value = Bytes, Key = Bytes> implements AsyncDisposable {
  readonly #accumulator: Accumulator;
  readonly #cluster: Cluster;
  readonly #settings: ProducerSettings;
  readonly #release: () => void;
  readonly #valueSerde: Serde<Value> | undefined;
  readonly #keySerde: Serde<Key> | undefined;
  readonly #outcomes: Outcomes<Value, Key>;
  #closing: Promise<void> | undefined;

  /** Use `kafka.producer()`. */
  constructor(cluster: Cluster, options: ProducerOptions<Value, Key>) {
    this.#settings = producerSettings(options);
    this.#cluster = cluster;
    this.#release = cluster.use();
    this.#valueSerde = options.value;
    this.#keySerde = options.key;
    this.#outcomes = new Outcomes(options.onDelivered, options.onFailed);
    const { partitioner = 'default' } = options;
    this.#accumulator = new Accumulator(
      cluster,
      this.#settings,
      partitioner === 'default' ? undefined : partitioner === 'roundRobin' ? roundRobin() : partitioner,
    );
  }

  /**
   * Sends one record; resolves when it is acknowledged. Waits for room where the buffer is full.
   *
   * @throws KlammError what the broker refused it with; REQUEST_TIMED_OUT after deliveryTimeoutMs; INVALID_RECORD
   */
  send(message: ProducerMessage<Value, Key>): Promise<RecordMetadata> {
    return new Promise((resolve, reject) => {
      this.#accept(message, new OneDelivery(resolve, reject), undefined, true);
    });
  }

  /**
   * Sends many records, to any topics; resolves with where each is, in order. Where some fail, it throws the first
   * failure once all are decided; the others may be stored.
   */
  sendBatch(messages: readonly ProducerMessage<Value, Key>[]): Promise<RecordMetadata[]> {
    return new Promise((resolve, reject) => {
      if (messages.length === 0) return resolve([]);
      const delivery = new ManyDelivery(messages.length, resolve, reject);
      for (let index = 0; index < messages.length; index++) {
        this.#accept(messages[index] as ProducerMessage<Value, Key>, delivery, index, true);
      }
    });
  }

  /**
   * Takes one record without a promise; what becomes of it is told by `onDelivered`, `onFailed` and `outcomes()`.
   *
   * @returns false where enough is on its way: wait for `ready()` before the next
   * @throws KlammError BUFFER_EXHAUSTED where that was not waited for, and twice `bufferBytes` are on their way
   */
  enqueue(message: ProducerMessage<Value, Key>): boolean {
    if (this.#accumulator.heldBytes > this.#settings.bufferBytes * OVERFLOW) {
      throw new KlammError(
        `More than ${this.#settings.bufferBytes * OVERFLOW} bytes wait to be sent; when enqueue() returns false, await ready() before the next.`,
        { code: 'BUFFER_EXHAUSTED', retriable: true },
      );
    }
    this.#accept(message, this.#outcomes, message, false);
    return this.#accumulator.isHungry && this.#outcomes.hasRoom;
  }

  /** Resolves when more records are welcome. */
  async ready(): Promise<void> {
    await this.#accumulator.hunger();
    await this.#outcomes.room();
  }

  /** What became of enqueued records, from now on, until the producer closes. Has to be read on: it is bounded. */
  outcomes(): AsyncIterableIterator<DeliveryOutcome<Value, Key>> {
    return this.#outcomes.stream();
  }

  /**
   * A stream to write messages to. It waits while the buffer is full; closing it flushes; a failed record errors it.
   */
  writable(): WritableStream<ProducerMessage<Value, Key>> {
    let failure: Error | undefined;
    const delivery: Delivery = {
      delivered: () => {},
      failed: (_token, error) => {
        failure ??= error;
      },
    };
    const check = (): void => {
      if (failure !== undefined) throw failure;
    };
    return new WritableStream({
      write: async (message) => {
        check();
        this.#accept(message, delivery, undefined, false);
        if (!this.#accumulator.isHungry) await this.#accumulator.hunger();
        check();
      },
      close: async () => {
        await this.#accumulator.flush();
        check();
      },
    });
  }

  /**
   * Sends everything handed over so far at once; resolves when each record is delivered or failed. Throws the first
   * failure of an enqueued record that nobody was told of.
   */
  async flush(): Promise<void> {
    await this.#accumulator.flush();
    this.#outcomes.throwUntold();
  }

  /** Flushes, then ends the connections. Nothing is accepted any more. Safe to call again. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    await this.#accumulator.flush();
    this.#accumulator.close(closedError());
    this.#release();
    this.#outcomes.close();
    this.#outcomes.throwUntold();
  }

  #accept(message: ProducerMessage<Value, Key>, delivery: Delivery, token: unknown, mayWait: boolean): void {
    let entry: Entry;
    try {
      entry = this.#entry(message, delivery, token);
    } catch (cause) {
      delivery.failed(token, cause as Error);
      return;
    }
    this.#accumulator.accept(entry, mayWait);
  }

  #entry(message: ProducerMessage<Value, Key>, delivery: Delivery, token: unknown): Entry {
    if (this.#closing !== undefined) throw closedError();
    const { topic, key = null, value, headers, partition, timestamp } = message;
    if (typeof topic !== 'string' || topic === '') throw invalidRecord('', 'it has no topic');
    const { clock } = this.#cluster.settings;
    const keyBytes = toBytes(topic, 'key', key, this.#keySerde);
    const valueBytes = toBytes(topic, 'value', value, this.#valueSerde);
    const headerInputs = headers === undefined ? NO_HEADERS : toHeaders(topic, headers);
    return {
      topic,
      key: keyBytes,
      value: valueBytes,
      headers: headerInputs,
      partition,
      timestamp: timestamp === undefined ? clock.now() : toTimestamp(topic, timestamp),
      acceptedAt: clock.monotonic(),
      bytes:
        RECORD_OVERHEAD_BYTES +
        (keyBytes?.length ?? 0) +
        (valueBytes?.length ?? 0) +
        headerBytes(headerInputs),
      delivery,
      token,
      flush: this.#accumulator.flushGroup,
    };
  }
}

class OneDelivery implements Delivery {
  readonly #resolve: (metadata: RecordMetadata) => void;
  readonly #reject: (error: Error) => void;

  constructor(resolve: (metadata: RecordMetadata) => void, reject: (error: Error) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  delivered(_token: unknown, topic: string, partition: number, offset: number, timestamp: number): void {
    this.#resolve({ topic, partition, offset, timestamp });
  }

  failed(_token: unknown, error: Error): void {
    this.#reject(error);
  }
}

class ManyDelivery implements Delivery {
  readonly #resolve: (all: RecordMetadata[]) => void;
  readonly #reject: (error: Error) => void;
  readonly #all: RecordMetadata[];
  #left: number;
  #failure: Error | undefined;

  constructor(count: number, resolve: (all: RecordMetadata[]) => void, reject: (error: Error) => void) {
    this.#all = new Array(count);
    this.#left = count;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  delivered(token: unknown, topic: string, partition: number, offset: number, timestamp: number): void {
    this.#all[token as number] = { topic, partition, offset, timestamp };
    this.#decided();
  }

  failed(_token: unknown, error: Error): void {
    this.#failure ??= error;
    this.#decided();
  }

  #decided(): void {
    if (--this.#left > 0) return;
    if (this.#failure === undefined) this.#resolve(this.#all);
    else this.#reject(this.#failure);
  }
}

function toBytes<T>(
  topic: string,
  what: string,
  value: T | null | undefined,
  serde: Serde<T> | undefined,
): RecordBytes {
  if (value === null || value === undefined) return null;
  const bytes: unknown = serde === undefined ? value : serde.serialize(value, topic);
  if (typeof bytes === 'string' || bytes === null || bytes instanceof Uint8Array) return bytes;
  throw invalidRecord(
    topic,
    `its ${what} is ${describe(bytes)}; it has to be a string, a Uint8Array or null${serde === undefined ? ', or the producer needs a serde, as in kafka.producer({ value: json() })' : ''}`,
  );
}

function toHeaders(topic: string, headers: NonNullable<ProducerMessage['headers']>): readonly HeaderInput[] {
  const pairs = Array.isArray(headers)
    ? (headers as readonly { key: string; value: Bytes }[])
    : Object.entries(headers as Readonly<Record<string, Bytes>>).map(([key, value]) => ({ key, value }));
  return pairs.map(({ key, value }) => ({ key, value: toBytes(topic, `header "${key}"`, value, undefined) }));
}

function headerBytes(headers: readonly HeaderInput[]): number {
  let bytes = 0;
  for (const { key, value } of headers) bytes += key.length + (value?.length ?? 0);
  return bytes;
}

function toTimestamp(topic: string, timestamp: number | Date): number {
  const ms = timestamp instanceof Date ? timestamp.getTime() : timestamp;
  if (Number.isSafeInteger(ms) && ms >= 0) return ms;
  throw invalidRecord(
    topic,
    `its timestamp is ${String(timestamp)}; it has to be a Date or milliseconds since 1970`,
  );
}

function describe(value: unknown): string {
  return typeof value === 'object'
    ? `of the class ${value?.constructor?.name ?? 'Object'}`
    : `a ${typeof value}`;
}

function invalidRecord(topic: string, what: string): KlammError {
  return new KlammError(`A record${topic === '' ? '' : ` for "${topic}"`} cannot be sent: ${what}.`, {
    code: 'INVALID_RECORD',
    errorCode: 87,
    retriable: false,
  });
}

function closedError(): KlammError {
  return new KlammError('The producer is closed.', { code: 'CLOSED', retriable: false });
}

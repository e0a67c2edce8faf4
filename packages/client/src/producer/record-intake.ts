// The door through which records come in: awaited one by one or many at a time, or handed over and reported on later.
//
// It turns what a program gives into entries for the accumulator, and what becomes of them into promises, callbacks and
// streams. A mistake in a message is told before anything is sent. Each way in asks `mayAccept` first: whether records
// are welcome is for the producer or the transaction to say whose door it is.

import { KlammError } from '@klamm/base/errors';
import type { HeaderInput, RecordBytes } from '@klamm/protocol/records/builder';
import type { Bytes, Serde } from '../bytes.ts';
import type { Cluster } from '../cluster.ts';
import type { Accumulator } from './accumulator.ts';
import type { Delivery, Entry } from './batch.ts';
import { ManyDelivery, OneDelivery } from './deliveries.ts';
import type { ProducerMessage, RecordMetadata } from './options.ts';
import type { Outcomes } from './outcomes.ts';

const NO_HEADERS: readonly HeaderInput[] = [];
/** Beyond so many times `bufferBytes`, `enqueue` refuses. */
const OVERFLOW = 2;
/** What a record is taken to hold beside its key and value. */
const RECORD_OVERHEAD_BYTES = 64;

export interface IntakeOptions<Value, Key> {
  readonly cluster: Cluster;
  readonly accumulator: Accumulator;
  readonly outcomes: Outcomes<Value, Key>;
  readonly bufferBytes: number;
  readonly value: Serde<Value> | undefined;
  readonly key: Serde<Key> | undefined;
}

export class RecordIntake<Value, Key> {
  readonly #options: IntakeOptions<Value, Key>;
  readonly #mayAccept: () => void;
  readonly #onMistake: (cause: Error) => void;

  /**
   * @param mayAccept throws where no record is welcome
   * @param onMistake told of each record that is refused before it is on its way
   */
  constructor(
    options: IntakeOptions<Value, Key>,
    mayAccept: () => void,
    onMistake: (cause: Error) => void = () => {},
  ) {
    this.#options = options;
    this.#mayAccept = mayAccept;
    this.#onMistake = onMistake;
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
    const { accumulator, outcomes, bufferBytes } = this.#options;
    if (accumulator.heldBytes > bufferBytes * OVERFLOW) {
      throw new KlammError(
        `More than ${bufferBytes * OVERFLOW} bytes wait to be sent; when enqueue() returns false, await ready() before the next.`,
        { code: 'BUFFER_EXHAUSTED', retriable: true },
      );
    }
    this.#accept(message, outcomes, message, false);
    return accumulator.isHungry && outcomes.hasRoom;
  }

  /** Resolves when more records are welcome. */
  async ready(): Promise<void> {
    const { accumulator, outcomes } = this.#options;
    await accumulator.hunger();
    await outcomes.room();
  }

  /**
   * A stream to write messages to. It waits while the buffer is full; closing it flushes; a failed record errors it.
   */
  writable(): WritableStream<ProducerMessage<Value, Key>> {
    const { accumulator } = this.#options;
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
        if (!accumulator.isHungry) await accumulator.hunger();
        check();
      },
      close: async () => {
        await accumulator.flush();
        check();
      },
    });
  }

  #accept(message: ProducerMessage<Value, Key>, delivery: Delivery, token: unknown, mayWait: boolean): void {
    let entry: Entry;
    try {
      entry = this.#entry(message, delivery, token);
    } catch (cause) {
      this.#onMistake(cause as Error);
      delivery.failed(token, cause as Error);
      return;
    }
    this.#options.accumulator.accept(entry, mayWait);
  }

  #entry(message: ProducerMessage<Value, Key>, delivery: Delivery, token: unknown): Entry {
    this.#mayAccept();
    const { topic, key = null, value, headers, partition, timestamp } = message;
    if (typeof topic !== 'string' || topic === '') throw invalidRecord('', 'it has no topic');
    const { accumulator, cluster } = this.#options;
    const { clock } = cluster.settings;
    const keyBytes = toBytes(topic, 'key', key, this.#options.key);
    const valueBytes = toBytes(topic, 'value', value, this.#options.value);
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
      flush: accumulator.flushGroup,
    };
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

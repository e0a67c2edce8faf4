// What became of enqueued records: callbacks, a stream of outcomes, or, where nobody listens, an error kept for later.
//
// A stream that is not read holds `enqueue` back; it does not block the producer and loses nothing. A failure that
// neither a callback nor a stream was told of is thrown by the next flush or close.

import { KlammError } from '@klamm/base/errors';
import type { Delivery } from './batch.ts';
import type { ProducerMessage, RecordMetadata } from './options.ts';

/** What became of one enqueued record: `error` is there where it failed, `metadata` where it did not. */
export type DeliveryOutcome<Value, Key> =
  | {
      readonly message: ProducerMessage<Value, Key>;
      readonly metadata: RecordMetadata;
      readonly error?: undefined;
    }
  | { readonly message: ProducerMessage<Value, Key>; readonly error: Error; readonly metadata?: undefined };

/** Unread outcomes from which on `enqueue` asks its caller to wait. */
const UNREAD_MAX = 10_000;

export class Outcomes<Value, Key> implements Delivery {
  readonly #onDelivered:
    | ((message: ProducerMessage<Value, Key>, metadata: RecordMetadata) => void)
    | undefined;
  readonly #onFailed: ((message: ProducerMessage<Value, Key>, error: Error) => void) | undefined;
  #streams = 0;
  #unread: DeliveryOutcome<Value, Key>[] = [];
  #readers: (() => void)[] = [];
  #roomWaiters: (() => void)[] = [];
  #untold: { count: number; first: Error } | undefined;
  #isClosed = false;

  constructor(
    onDelivered: ((message: ProducerMessage<Value, Key>, metadata: RecordMetadata) => void) | undefined,
    onFailed: ((message: ProducerMessage<Value, Key>, error: Error) => void) | undefined,
  ) {
    this.#onDelivered = onDelivered;
    this.#onFailed = onFailed;
  }

  get hasRoom(): boolean {
    return this.#unread.length < UNREAD_MAX;
  }

  room(): Promise<void> {
    if (this.hasRoom) return Promise.resolve();
    return new Promise((resolve) => this.#roomWaiters.push(resolve));
  }

  delivered(token: unknown, topic: string, partition: number, offset: number, timestamp: number): void {
    if (this.#onDelivered === undefined && this.#streams === 0) return;
    const message = token as ProducerMessage<Value, Key>;
    const metadata = { topic, partition, offset, timestamp };
    tell(() => this.#onDelivered?.(message, metadata));
    if (this.#streams > 0) this.#push({ message, metadata });
  }

  failed(token: unknown, error: Error): void {
    const message = token as ProducerMessage<Value, Key>;
    if (this.#onFailed === undefined && this.#streams === 0) {
      if (this.#untold === undefined) this.#untold = { count: 1, first: error };
      else this.#untold.count++;
      return;
    }
    tell(() => this.#onFailed?.(message, error));
    if (this.#streams > 0) this.#push({ message, error });
  }

  /** Counts as listening from the call on, not from the first read. */
  stream(): AsyncIterableIterator<DeliveryOutcome<Value, Key>> {
    this.#streams++;
    return this.#read();
  }

  async *#read(): AsyncIterableIterator<DeliveryOutcome<Value, Key>> {
    try {
      for (;;) {
        const batch = this.#unread;
        this.#unread = [];
        for (const wake of this.#roomWaiters.splice(0)) wake();
        yield* batch;
        if (this.#unread.length > 0) continue;
        if (this.#isClosed) return;
        await new Promise<void>((resolve) => this.#readers.push(resolve));
      }
    } finally {
      this.#streams--;
      if (this.#streams === 0) this.#unread = [];
    }
  }

  /** Says that all failures so far were told, in another way. */
  forget(): void {
    this.#untold = undefined;
  }

  /** Throws the first failure that nobody was told of, once. */
  throwUntold(): void {
    const untold = this.#untold;
    this.#untold = undefined;
    if (untold === undefined) return;
    const { count, first } = untold;
    throw new KlammError(
      `${count} enqueued ${count === 1 ? 'record was' : 'records were'} not delivered, and nobody listened (onFailed or outcomes()). The first: ${first.message}`,
      {
        code: first instanceof KlammError ? first.code : 'UNKNOWN_SERVER_ERROR',
        errorCode: first instanceof KlammError ? first.errorCode : -1,
        retriable: false,
        cause: first,
      },
    );
  }

  close(): void {
    this.#isClosed = true;
    for (const wake of this.#readers.splice(0)) wake();
    for (const wake of this.#roomWaiters.splice(0)) wake();
  }

  #push(outcome: DeliveryOutcome<Value, Key>): void {
    this.#unread.push(outcome);
    if (this.#readers.length > 0) for (const wake of this.#readers.splice(0)) wake();
  }
}

/** What a callback throws is its program's own matter, and must not touch the other records: it goes uncaught. */
function tell(callback: () => void): void {
  try {
    callback();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

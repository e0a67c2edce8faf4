// Sends records: awaited one by one or many at a time, or handed over and reported on later, or within transactions.
//
// The public face of the producer. With a transactional id every record belongs to a transaction; without one none does.
// Nothing is dropped without somebody being told.

import { KlammError } from '@klamm/base/errors';
import type { Bytes } from '../bytes.ts';
import type { Cluster } from '../cluster.ts';
import { Accumulator } from './accumulator.ts';
import { IdempotentIdentity } from './identity.ts';
import {
  type ProducerMessage,
  type ProducerOptions,
  type ProducerSettings,
  producerSettings,
  type RecordMetadata,
} from './options.ts';
import { type DeliveryOutcome, Outcomes } from './outcomes.ts';
import { type Partitioner, roundRobin } from './partitioner.ts';
import { type IntakeOptions, RecordIntake } from './record-intake.ts';
import { Transaction } from './transactions/transaction.ts';
import { stateError } from './transactions/transaction-errors.ts';
import { TransactionState } from './transactions/transaction-state.ts';

export class Producer<Value = Bytes, Key = Bytes> implements AsyncDisposable {
  readonly #accumulator: Accumulator;
  readonly #release: () => void;
  readonly #outcomes: Outcomes<Value, Key>;
  readonly #intakeOptions: IntakeOptions<Value, Key>;
  readonly #intake: RecordIntake<Value, Key>;
  readonly #transactions: TransactionState | undefined;
  #transaction: Transaction<Value, Key> | undefined;
  #closing: Promise<void> | undefined;

  /** Use `kafka.producer()`. */
  constructor(cluster: Cluster, options: ProducerOptions<Value, Key>) {
    const settings = producerSettings(options);
    this.#release = cluster.use();
    this.#outcomes = new Outcomes(options.onDelivered, options.onFailed);
    this.#transactions = this.#newTransactions(cluster, settings);
    this.#accumulator = new Accumulator(
      cluster,
      settings,
      this.#transactions ?? new IdempotentIdentity(cluster),
      partitionerOf(options.partitioner),
      (error) => this.#transactions?.failed(error),
    );
    this.#intakeOptions = {
      cluster,
      accumulator: this.#accumulator,
      outcomes: this.#outcomes,
      bufferBytes: settings.bufferBytes,
      value: options.value,
      key: options.key,
    };
    this.#intake = new RecordIntake(this.#intakeOptions, () => this.#check());
  }

  /**
   * Sends one record; resolves when it is acknowledged. Waits for room where the buffer is full.
   *
   * @throws KlammError what the broker refused it with; REQUEST_TIMED_OUT after deliveryTimeoutMs; INVALID_RECORD
   */
  send(message: ProducerMessage<Value, Key>): Promise<RecordMetadata> {
    return this.#intake.send(message);
  }

  /**
   * Sends many records, to any topics; resolves with where each is, in order. Where some fail, it throws the first
   * failure once all are decided; the others may be stored.
   */
  sendBatch(messages: readonly ProducerMessage<Value, Key>[]): Promise<RecordMetadata[]> {
    return this.#intake.sendBatch(messages);
  }

  /**
   * Takes one record without a promise; what becomes of it is told by `onDelivered`, `onFailed` and `outcomes()`.
   *
   * @returns false where enough is on its way: wait for `ready()` before the next
   * @throws KlammError BUFFER_EXHAUSTED where that was not waited for, and twice `bufferBytes` are on their way
   */
  enqueue(message: ProducerMessage<Value, Key>): boolean {
    return this.#intake.enqueue(message);
  }

  /** Resolves when more records are welcome. */
  ready(): Promise<void> {
    return this.#intake.ready();
  }

  /** What became of enqueued records, from now on, until the producer closes. Has to be read on: it is bounded. */
  outcomes(): AsyncIterableIterator<DeliveryOutcome<Value, Key>> {
    return this.#outcomes.stream();
  }

  /** A stream to write messages to. It waits while the buffer is full; closing it flushes; a failed record errors it. */
  writable(): WritableStream<ProducerMessage<Value, Key>> {
    return this.#intake.writable();
  }

  /**
   * Calls `work` within a transaction, and commits it: all that was sent in it, and the offsets, count together. What
   * `work` throws aborts it, and is thrown here. Waits for its turn where another transaction of this producer runs.
   * Needs the option `transactionalId`.
   *
   * @throws KlammError as `begin` and `Transaction.commit`
   */
  async transaction<T>(work: (transaction: Transaction<Value, Key>) => T | Promise<T>): Promise<T> {
    const transaction = await this.begin();
    try {
      const result = await work(transaction);
      if (transaction.isOpen) await transaction.commit();
      return result;
    } catch (cause) {
      // Where the abort fails too, the next transaction tells, if it still matters to it.
      if (transaction.isOpen) await transaction.abort().catch(() => {});
      throw cause;
    }
  }

  /**
   * Begins a transaction, to be ended by its `commit` or `abort`; `await using` aborts one that was not committed. The
   * first of a producer fences off those that used its transactional id before, and aborts what they left open.
   *
   * @throws KlammError PRODUCER_FENCED where this producer was fenced off itself: it is finished;
   * TRANSACTIONAL_ID_AUTHORIZATION_FAILED, INVALID_TRANSACTION_TIMEOUT likewise; INVALID_TXN_STATE where the transaction
   * before stays open for longer than transactionTimeoutMs
   */
  async begin(): Promise<Transaction<Value, Key>> {
    const transactions = this.#mustTransactions();
    await transactions.begin();
    this.#transaction = new Transaction(transactions, this.#intakeOptions);
    return this.#transaction;
  }

  /**
   * Fences off those that used the transactional id before, and aborts what they left open, without beginning a
   * transaction. For programs that read what their predecessor wrote, or go on at offsets that it committed: until its
   * transaction is decided, they would wait for it.
   *
   * @throws KlammError as `begin`
   */
  async initTransactions(): Promise<void> {
    await this.#mustTransactions().init();
  }

  /**
   * Sends everything handed over so far at once; resolves when each record is delivered or failed. Throws the first
   * failure of an enqueued record that nobody was told of.
   */
  async flush(): Promise<void> {
    await this.#accumulator.flush();
    this.#outcomes.throwUntold();
  }

  /** Aborts an open transaction; flushes, then ends the connections. Nothing is accepted any more. Safe to call again. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    try {
      await this.#transaction?.[Symbol.asyncDispose]();
      await this.#accumulator.flush();
    } finally {
      this.#accumulator.close(closedError());
      this.#transactions?.close();
      this.#release();
      this.#outcomes.close();
    }
    this.#outcomes.throwUntold();
  }

  #check(): void {
    if (this.#closing !== undefined) throw closedError();
    if (this.#transactions === undefined) return;
    throw stateError(
      'A producer with a transactionalId sends within transactions: use producer.transaction(async (txn) => { await txn.send(…) }), or a producer without that option.',
    );
  }

  #mustTransactions(): TransactionState {
    if (this.#closing !== undefined) throw closedError();
    if (this.#transactions !== undefined) return this.#transactions;
    throw stateError('This producer has no transactions: give it a name for them, `transactionalId`.');
  }

  #newTransactions(cluster: Cluster, settings: ProducerSettings): TransactionState | undefined {
    const { transactionalId, transactionTimeoutMs } = settings;
    if (transactionalId === undefined) return undefined;
    return new TransactionState(cluster, transactionalId, transactionTimeoutMs, {
      flush: () => this.#accumulator.flush(),
      abandon: (error) => this.#accumulator.abandon(error),
      resume: () => this.#accumulator.resume(),
      wake: () => this.#accumulator.wake(),
    });
  }
}

function partitionerOf(option: 'default' | 'roundRobin' | Partitioner = 'default'): Partitioner | undefined {
  if (option === 'default') return undefined;
  return option === 'roundRobin' ? roundRobin() : option;
}

function closedError(): KlammError {
  return new KlammError('The producer is closed.', { code: 'CLOSED', retriable: false });
}

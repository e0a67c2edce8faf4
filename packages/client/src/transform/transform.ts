// Reads messages as a member of a group, and writes what becomes of them, exactly once: the records written and the
// offsets read are committed in the same transactions (KIP-98, KIP-447).
//
// Always: what is in the open transaction was read at or behind the group's committed offsets, and each message once.
// A transaction that fails is aborted, its partitions go back to where it began, and its messages come again. It is
// committed before a partition goes to another member; where that comes too late, the coordinator refuses it.

import type { Clock, Timer } from '@klamm/base/clock';
import { sleep } from '@klamm/base/clock';
import { messageOf } from '@klamm/base/errors';
import { partitionText, type TopicPartition } from '@klamm/protocol/groups/topic-partition';
import type { Bytes } from '../bytes.ts';
import type { Cluster } from '../cluster.ts';
import { GroupConsumer } from '../group/group-consumer.ts';
import type { GroupMessage } from '../group/group-message.ts';
import type { Claim, Session } from '../group/session.ts';
import { backOffMs } from '../network/back-off.ts';
import type { ProducerMessage, ProducerOptions } from '../producer/options.ts';
import { Producer } from '../producer/producer.ts';
import type { Transaction } from '../producer/transactions/transaction.ts';
import { isFatal, isOutcomeUnknown } from '../producer/transactions/transaction-errors.ts';
import { type TransformOptions, type TransformSettings, transformSettings } from './options.ts';
import { isWorthAnotherTry } from './transform-errors.ts';

type Written<Value, Key> =
  | ProducerMessage<Value, Key>
  | readonly ProducerMessage<Value, Key>[]
  | null
  | undefined;

/** A place in a partition. */
interface Place extends TopicPartition {
  readonly offset: number;
}

export class Transform<Value = Buffer, Key = Buffer, OutValue = Bytes, OutKey = Bytes>
  implements AsyncDisposable
{
  /** The member that reads: for its events, its lag, to pause it. */
  readonly group: GroupConsumer<Value, Key>;
  readonly #cluster: Cluster;
  readonly #settings: TransformSettings;
  readonly #producerOptions: ProducerOptions<OutValue, OutKey>;
  #producer: Producer<OutValue, OutKey>;
  #transaction: Transaction<OutValue, OutKey> | undefined;
  #messages = 0;
  #timer: Timer | undefined;
  /** Behind the last message of each partition in the open transaction. */
  readonly #ends = new Map<string, Place>();
  /** Where the open transaction began in a partition, or the next one will. */
  readonly #starts = new Map<string, Place>();
  /** Partitions of a transaction of which it is not known whether it was committed. */
  #unsettled: readonly string[] | undefined;
  #session: Session | undefined;
  #failures = 0;
  /** What ended it. */
  #failure: { readonly cause: unknown } | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #closed: Promise<void> | undefined;

  /** Use `kafka.transform()`. */
  constructor(cluster: Cluster, options: TransformOptions<Value, Key, OutValue, OutKey>) {
    this.#settings = transformSettings(options);
    this.#cluster = cluster;
    this.#producerOptions = options.to;
    this.#producer = new Producer(cluster, options.to);
    const { from, signal } = options;
    this.group = new GroupConsumer(cluster, {
      autoOffsetReset: 'earliest',
      ...from,
      readCommitted: true,
      autoCommit: false,
      ...(signal === undefined ? {} : { signal }),
    });
  }

  /**
   * Calls `work` for each message, and writes what it returns: one record, several, or none. The messages of a partition
   * come in order, those of several partitions side by side. Resolves when it is closed; what `work` throws aborts the
   * open transaction, closes, and is thrown here.
   *
   * `work` may see a message again whose transaction was aborted, so what else it does has to bear that.
   *
   * @throws KlammError PRODUCER_FENCED where another has the same transactional id; what a record or an offset is refused
   * with for good; what `GroupConsumer.run` throws
   */
  async run(
    work: (
      message: GroupMessage<Value, Key>,
    ) => Written<OutValue, OutKey> | Promise<Written<OutValue, OutKey>>,
  ): Promise<void> {
    try {
      // A predecessor that was killed may have left offsets undecided, from which this one has to go on.
      await this.#producer.initTransactions();
      await this.group.run({
        consumeClaim: (claim, session) => {
          this.#session = session;
          return this.#consume(claim, work);
        },
        // Partitions may go to others now: what was done for them is committed before.
        cleanup: () => this.#exclusive(() => this.#end()),
      });
    } finally {
      await this.close();
    }
    if (this.#failure !== undefined) throw this.#failure.cause;
  }

  /** Commits what is done, leaves the group, and ends the connections. Safe to call again. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    await this.group.close();
    this.#timer?.cancel();
    await this.#producer.close();
  }

  async #consume(
    claim: Claim<Value, Key>,
    work: (
      message: GroupMessage<Value, Key>,
    ) => Written<OutValue, OutKey> | Promise<Written<OutValue, OutKey>>,
  ): Promise<void> {
    const { topic, partition, initialOffset } = claim;
    const key = partitionText(claim);
    if (initialOffset === undefined) this.#starts.delete(key);
    else this.#starts.set(key, { topic, partition, offset: initialOffset });
    for await (const message of claim) {
      try {
        const written = await work(message);
        await this.#exclusive(() => this.#add(message, written));
      } catch (cause) {
        this.#failure ??= { cause };
      }
      if (this.#failure !== undefined) throw this.#failure.cause;
    }
  }

  /** One after the other: a message is in a transaction whole, or not at all. */
  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(work);
    this.#last = next.catch(() => {});
    return next;
  }

  async #add(message: GroupMessage<Value, Key>, written: Written<OutValue, OutKey>): Promise<void> {
    let transaction: Transaction<OutValue, OutKey> | undefined;
    do {
      // It comes again, or goes to another member.
      if (message.isStale) return;
      // For as long as it takes: a message that is skipped would be committed with the next.
      transaction = await this.#begin();
    } while (transaction === undefined);
    if (message.isStale) return;
    const { topic, partition, offset } = message;
    const key = partitionText(message);
    if (!this.#starts.has(key)) this.#starts.set(key, { topic, partition, offset });
    this.#ends.set(key, { topic, partition, offset: offset + 1 });
    this.#messages++;
    for (const record of listOf(written)) {
      if (!transaction.enqueue(record)) await transaction.ready();
    }
    if (this.#messages >= this.#settings.maxMessages) await this.#commit();
  }

  /** The open transaction, or a new one; undefined where none can be had for now. */
  async #begin(): Promise<Transaction<OutValue, OutKey> | undefined> {
    if (this.#transaction !== undefined) return this.#transaction;
    try {
      if (this.#unsettled !== undefined) await this.#settle(this.#unsettled);
      this.#transaction = await this.#producer.begin();
    } catch (cause) {
      if (isFatal(cause)) throw cause;
      await this.#recover(cause);
      return undefined;
    }
    const commit = (): void => {
      this.#exclusive(() => this.#commit()).catch((cause) => this.#fail(cause));
    };
    this.#timer = this.#clock.after(this.#settings.commitIntervalMs, commit, true);
    return this.#transaction;
  }

  /** The claims have ended. */
  async #end(): Promise<void> {
    if (this.#failure === undefined) await this.#commit();
    else await this.#abort();
  }

  /** Throws what another attempt would not change. */
  async #commit(): Promise<void> {
    const transaction = this.#transaction;
    if (transaction === undefined) return;
    this.#timer?.cancel();
    try {
      await transaction.sendOffsets(this.group, [...this.#ends.values()]);
      await transaction.commit();
    } catch (cause) {
      await this.#recover(cause);
      return;
    }
    this.#transaction = undefined;
    this.#messages = 0;
    this.#failures = 0;
    for (const [key, place] of this.#ends) {
      this.#starts.set(key, place);
      // Where a session ends, the next one begins at the mark.
      this.#session?.markOffset(place, place.offset);
    }
    this.#ends.clear();
  }

  async #abort(): Promise<void> {
    const transaction = this.#transaction;
    this.#timer?.cancel();
    this.#transaction = undefined;
    this.#messages = 0;
    if (transaction?.isOpen) await transaction.abort();
  }

  /** Aborts what has failed, and goes back to where it began. Throws where that would be of no use. */
  async #recover(cause: unknown): Promise<void> {
    const undone = [...this.#ends.keys()];
    this.#ends.clear();
    await this.#abort().catch(() => {});
    if (isOutcomeUnknown(cause)) this.#unsettled = undone;
    else if (!isWorthAnotherTry(cause)) throw cause;
    this.#settings.onAborted(cause);
    const { logger, backOff, random } = this.#cluster.settings;
    logger.warn(
      `A transaction of ${this.#producerOptions.transactionalId} is done again: ${messageOf(cause)}`,
    );
    this.#goBack(undone);
    await sleep(this.#clock, backOffMs(backOff, ++this.#failures, random));
  }

  /** A new producer with the same name has the coordinator decide; what the group has committed tells how. */
  async #settle(undone: readonly string[]): Promise<void> {
    await this.#producer.close().catch(() => {});
    this.#producer = new Producer(this.#cluster, this.#producerOptions);
    await this.#producer.initTransactions();
    const places = undone.flatMap((key) => this.#starts.get(key) ?? []);
    for (const { topic, partition, offset } of await this.group.committed(places)) {
      if (offset >= 0) this.#starts.set(partitionText({ topic, partition }), { topic, partition, offset });
    }
    this.#unsettled = undefined;
    this.#goBack(undone);
  }

  #goBack(undone: readonly string[]): void {
    const held = new Set(this.group.assignment.map(partitionText));
    for (const key of undone) {
      const start = this.#starts.get(key);
      if (start !== undefined && held.has(key)) this.group.seek(start, start.offset);
    }
  }

  #fail(cause: unknown): void {
    this.#failure ??= { cause };
    void this.group.close();
  }

  get #clock(): Clock {
    return this.#cluster.settings.clock;
  }
}

function listOf<Value, Key>(written: Written<Value, Key>): readonly ProducerMessage<Value, Key>[] {
  if (written === null || written === undefined) return [];
  return Array.isArray(written) ? written : [written as ProducerMessage<Value, Key>];
}

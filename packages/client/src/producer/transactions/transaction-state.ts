// The transactions of a producer, one after the other: its id and epoch, what is part of the open one, and how it ends.
//
// Always: no record is sent to a partition outside a transaction, and none to one that the coordinator does not learn of.
// The first failure dooms a transaction: whatever of it is not on its way fails too, and it can only be aborted. A fatal
// failure ends the producer. It must not know of batches. Kafka: TransactionManager (KIP-98, KIP-360, KIP-588, KIP-890).

import { KlammError, messageOf } from '@klamm/base/errors';
import { Produce } from '@klamm/protocol/api/00-produce';
import { partitionText, type TopicPartition } from '@klamm/protocol/groups/topic-partition';
import type { Cluster } from '../../cluster.ts';
import type { ConsumerGroupMetadata } from '../../group/consumer-group-metadata.ts';
import { within } from '../../group/membership/within.ts';
import type { OffsetToCommit } from '../../group/offset-requests.ts';
import type { ProducerIdentity } from '../batch.ts';
import type { IdentitySource } from '../identity.ts';
import {
  abortedError,
  isFatal,
  isFenced,
  isForgotten,
  outcomeUnknown,
  stateError,
} from './transaction-errors.ts';
import { type TransactionProtocol, TransactionRequests } from './transaction-requests.ts';

/** The records of the producer, as the transaction steers them. */
export interface TransactionRecords {
  /** Resolves when each record is delivered or failed. */
  flush(): Promise<void>;
  /** Fails whatever is not in flight with `error`, and what comes back from there, until `resume`. */
  abandon(error: KlammError): void;
  resume(): void;
  /** Partitions may be written to that could not be before. */
  wake(): void;
}

/** The last version of Produce in which partitions have to be added to the transaction beforehand. */
const PRODUCE_V1 = 11;

export class TransactionState implements IdentitySource {
  readonly transactionalId: string;
  readonly #cluster: Cluster;
  readonly #timeoutMs: number;
  readonly #requests: TransactionRequests;
  readonly #records: TransactionRecords;
  #identity: ProducerIdentity | undefined;
  /** The coordinator has to give the producer an id, or another epoch, before the next transaction. */
  #needsInit = true;
  #protocol: TransactionProtocol = 1;
  #fatal: KlammError | undefined;
  #phase: 'none' | 'open' | 'ending' = 'none';
  /** The coordinator may know of the open transaction. */
  #isStarted = false;
  #doom: Error | undefined;
  readonly #partitions = new Set<string>();
  readonly #toAdd = new Map<string, TopicPartition>();
  #isAdding = false;
  readonly #offsets = new Set<Promise<void>>();
  /** A transaction runs, or is about to; these wait for it to end. */
  #isTaken = false;
  readonly #waiting: (() => void)[] = [];

  constructor(cluster: Cluster, transactionalId: string, timeoutMs: number, records: TransactionRecords) {
    this.transactionalId = transactionalId;
    this.#cluster = cluster;
    this.#timeoutMs = timeoutMs;
    this.#records = records;
    this.#requests = new TransactionRequests(cluster, transactionalId);
  }

  get current(): ProducerIdentity | undefined {
    return this.#identity;
  }

  get produceVersionMax(): number {
    return this.#protocol === 1 ? PRODUCE_V1 : Produce.versions[1];
  }

  ask(): Promise<void> {
    return Promise.resolve();
  }

  discard(): void {}

  admits(topic: string, partition: number): boolean {
    if (this.#phase === 'none' || this.#doom !== undefined) return false;
    const added = { topic, partition };
    const key = partitionText(added);
    if (this.#partitions.has(key)) return true;
    this.#isStarted = true;
    if (this.#protocol === 2) {
      this.#partitions.add(key);
      return true;
    }
    this.#toAdd.set(key, added);
    void this.#addPartitions();
    return false;
  }

  /**
   * Begins a transaction when those before have ended. Throws KlammError: the fatal one where the producer is finished,
   * INVALID_TXN_STATE where the one before stays open for longer than a transaction may.
   */
  async begin(): Promise<void> {
    await this.init(true);
    this.#phase = 'open';
    this.#isStarted = false;
    this.#doom = undefined;
    this.#partitions.clear();
    this.#toAdd.clear();
    this.#offsets.clear();
  }

  /**
   * Has the coordinator give the producer an id and abort what others have left open.
   *
   * @param keepsTurn whether a transaction follows
   */
  async init(keepsTurn = false): Promise<void> {
    if (!keepsTurn && !this.#needsInit && this.#fatal === undefined) return;
    await this.#takeTurn();
    let isReady = false;
    try {
      if (this.#fatal !== undefined) throw this.#fatal;
      if (this.#needsInit) {
        this.#identity = await this.#requests.init(this.#timeoutMs, this.#identity);
        this.#needsInit = false;
      }
      this.#protocol = await this.#requests.protocol();
      isReady = true;
    } catch (cause) {
      this.#note(cause);
      throw cause;
    } finally {
      if (!keepsTurn || !isReady) this.#passTurn();
    }
  }

  /** Throws where the open transaction takes no more: it is doomed. */
  check(): void {
    if (this.#doom !== undefined) throw this.#doom;
  }

  /** A record, or something else of the transaction, has failed. */
  failed(error: Error): void {
    // Whether another has taken over, or the transaction only took too long, its end will tell.
    if (!isFenced(error)) this.#note(error);
    if (this.#phase === 'none' || this.#doom !== undefined) return;
    this.#doom = error;
    // Not at once: whoever tells this is in the middle of what would be abandoned.
    queueMicrotask(() => {
      if (this.#doom === error) this.#records.abandon(asKlammError(error));
    });
  }

  async sendOffsets(owner: ConsumerGroupMetadata, offsets: readonly OffsetToCommit[]): Promise<void> {
    this.check();
    if (offsets.length === 0) return;
    this.#isStarted = true;
    const work = this.#requests
      .commitOffsets(this.#protocol, this.#mustIdentity(), owner, offsets)
      .catch((cause) => {
        this.failed(cause);
        throw cause;
      });
    const settled = work.catch(() => {}).finally(() => this.#offsets.delete(settled));
    this.#offsets.add(settled);
    await work;
  }

  /** Throws what doomed the transaction, which is then still to be aborted; or why it could not be committed. */
  async commit(): Promise<void> {
    this.#phase = 'ending';
    await this.#settle();
    if (this.#doom !== undefined) {
      this.#phase = 'open';
      throw this.#doom;
    }
    try {
      await this.#end(true);
    } catch (cause) {
      if (isFatal(cause)) this.#fatal = cause;
      else if (cause instanceof KlammError && !cause.retriable) {
        this.#phase = 'open';
        this.#doom = cause;
        throw cause;
      } else this.#fatal = outcomeUnknown(this.transactionalId, true, cause);
      this.#close();
      throw this.#fatal;
    }
    this.#close();
  }

  /** Resolves when nothing is left of the transaction; also where the producer is finished, as `begin` tells then. */
  async abort(): Promise<void> {
    this.#phase = 'ending';
    const wasStarted = this.#isStarted;
    const error = abortedError(this.transactionalId);
    this.#doom ??= error;
    this.#records.abandon(error);
    await this.#settle();
    try {
      if (this.#fatal === undefined) await this.#end(false);
    } catch (cause) {
      this.#note(cause);
      if (!isForgotten(cause) && !isFenced(cause)) throw cause;
    } finally {
      // What was given up had its numbers already; and whatever went wrong, the coordinator knows where things stand.
      if (this.#isStarted || (this.#protocol === 1 && wasStarted)) this.#needsInit = true;
      this.#close();
    }
  }

  /** True while a transaction runs. */
  get isOpen(): boolean {
    return this.#phase !== 'none';
  }

  close(): void {
    this.#requests.close();
  }

  async #end(committed: boolean): Promise<void> {
    if (!this.#isStarted) return;
    const identity = this.#mustIdentity();
    this.#identity = await this.#requests.end(this.#protocol, identity, committed);
    this.#isStarted = false;
  }

  #close(): void {
    this.#phase = 'none';
    this.#doom = undefined;
    this.#records.resume();
    this.#passTurn();
  }

  async #settle(): Promise<void> {
    await this.#records.flush();
    await Promise.all(this.#offsets);
  }

  /** One request for all partitions that are met in a turn of the event loop, and one at a time. */
  async #addPartitions(): Promise<void> {
    if (this.#isAdding) return;
    this.#isAdding = true;
    try {
      await Promise.resolve();
      while (this.#toAdd.size > 0 && this.#doom === undefined) {
        const added = [...this.#toAdd];
        await this.#requests.addPartitions(
          this.#mustIdentity(),
          added.map(([, partition]) => partition),
        );
        for (const [key] of added) {
          this.#toAdd.delete(key);
          this.#partitions.add(key);
        }
        this.#records.wake();
      }
    } catch (cause) {
      this.failed(asKlammError(cause));
    } finally {
      this.#isAdding = false;
    }
  }

  /** Transactions run in the order in which they were asked for. */
  async #takeTurn(): Promise<void> {
    if (!this.#isTaken) {
      this.#isTaken = true;
      return;
    }
    let pass: () => void = () => {};
    const turn = new Promise<void>((resolve) => {
      pass = resolve;
    });
    this.#waiting.push(pass);
    await within(this.#cluster.settings.clock, this.#timeoutMs, turn);
    const index = this.#waiting.indexOf(pass);
    if (index < 0) return;
    this.#waiting.splice(index, 1);
    throw stateError(
      `A transaction of "${this.transactionalId}" was not ended within ${this.#timeoutMs} ms while another waited to begin. A producer has one at a time: commit or abort it first, and do not begin one within another.`,
    );
  }

  #passTurn(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#isTaken = false;
    else next();
  }

  #mustIdentity(): ProducerIdentity {
    if (this.#identity === undefined) throw stateError(`"${this.transactionalId}" has no producer id yet.`);
    return this.#identity;
  }

  #note(cause: unknown): void {
    if (isFatal(cause)) this.#fatal ??= cause;
  }
}

function asKlammError(cause: unknown): KlammError {
  if (cause instanceof KlammError) return cause;
  return new KlammError(messageOf(cause), { code: 'TRANSACTION_ABORTED', retriable: false, cause });
}

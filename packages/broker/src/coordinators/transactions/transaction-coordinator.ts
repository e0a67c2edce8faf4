// The room that handlers ask about transactions, which are kept in `__transaction_state`; it also writes their markers.
// org.apache.kafka.coordinator.transaction.TransactionCoordinator and TransactionMarkerChannelManager.

import type { Clock, Timer } from '@klamm/base/clock';
import type { Logger } from '@klamm/base/logger';
import { ErrorCode, errorName } from '@klamm/protocol/error-codes';
import type { TopicImage } from '../../metadata/image.ts';
import type { Partition } from '../../partitions/partition.ts';
import type { TransactionMarker } from '../../partitions/producers.ts';
import { CoordinatorTopic } from '../coordinator-topic.ts';
import type { ProducerIds } from '../producer-ids.ts';
import { Runtime } from '../runtime.ts';
import type { TransactionOwner } from './judgements.ts';
import {
  EPOCH_PER_TRANSACTION,
  encodeTransactionRecord,
  type TopicPartition,
  type Transaction,
  type TransactionRecord,
  TransactionState,
} from './transaction.ts';
import {
  type EndRequest,
  type InitRequest,
  type ProducerAnswer,
  TransactionShard,
  type TransactionShardOptions,
} from './transaction-shard.ts';
import { EPOCH_MAX } from './transitions.ts';

export const TRANSACTIONS_TOPIC = '__transaction_state';

export interface TransactionCoordinatorOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly shard: Pick<TransactionShardOptions, 'timeoutMaxMs' | 'idExpirationMs'>;
  /** `transaction.remove.expired.transaction.cleanup.interval.ms`. */
  readonly expirationCheckMs: number;
  /** `transaction.partition.verification.enable`. */
  readonly verifies: boolean;
  readonly producerIds: ProducerIds;
  /** See `CoordinatorTopicOptions`. */
  readonly partitionOf: (topic: string, index: number) => Partition | undefined;
  readonly createTopic: () => Promise<number>;
  /** Writes a marker into a partition, and resolves with an error code when it is durable. */
  readonly writeMarker: (place: TopicPartition, marker: TransactionMarker) => Promise<number>;
}

/** After these a marker is not needed any more: a newer one is there, or nothing is. */
const SETTLED: ReadonlySet<number> = new Set([
  ErrorCode.NONE,
  ErrorCode.INVALID_PRODUCER_EPOCH,
  ErrorCode.TRANSACTION_COORDINATOR_FENCED,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
]);
const NO_PRODUCER = { producerId: -1, producerEpoch: -1 };

export class TransactionCoordinator {
  readonly #options: TransactionCoordinatorOptions;
  readonly #topic: CoordinatorTopic<TransactionShard, TransactionRecord>;
  readonly #timer: Timer;
  /** By transactional id: resolves when those who wrote before have had their turn. */
  readonly #turns = new Map<string, Promise<void>>();

  constructor(options: TransactionCoordinatorOptions) {
    this.#options = options;
    const { clock, logger, shard, partitionOf, createTopic } = options;
    this.#topic = new CoordinatorTopic({
      name: TRANSACTIONS_TOPIC,
      partitionOf,
      createTopic,
      open: (partition) => {
        const runtime: Runtime<TransactionShard, TransactionRecord> = new Runtime({
          partition,
          encode: encodeTransactionRecord,
          newMachines: () =>
            new TransactionShard({
              ...shard,
              newProducerId: () => this.#newProducerId(),
              writeMarkers: (transaction) => void this.#writeMarkers(transaction, runtime, partition),
            }),
          clock,
          logger,
        });
        return runtime;
      },
    });
    this.#timer = clock.every(options.expirationCheckMs, () =>
      this.#topic.runAll((shard, now) => shard.expireIds(now)),
    );
  }

  partitionsAdded(topic: TopicImage, from: number): void {
    if (topic.name === TRANSACTIONS_TOPIC) this.#topic.partitionsAdded(topic, from);
  }

  topicRemoved(topic: TopicImage): void {
    if (topic.name === TRANSACTIONS_TOPIC) this.#topic.removed();
  }

  /** Creates `__transaction_state` where it is missing. The error code says why it could not. */
  prepare(): Promise<number> {
    return this.#topic.prepare();
  }

  /** Gives a producer its id and epoch, and ends what an earlier one left open. */
  async init(request: InitRequest): Promise<ProducerAnswer> {
    await this.#options.producerIds.ready();
    return this.#topic.call<ProducerAnswer>(
      request.transactionalId,
      (shard, respond, now) => shard.init(request, respond, now),
      (errorCode) => ({ errorCode, ...NO_PRODUCER }),
    );
  }

  /** Adds partitions to a transaction, which begins with the first; resolves with an error code. */
  addPartitions(owner: TransactionOwner, partitions: readonly TopicPartition[]): Promise<number> {
    return this.#topic.call<number>(
      owner.transactionalId,
      (shard, respond, now) => shard.addPartitions(owner, partitions, respond, now),
      (errorCode) => errorCode,
    );
  }

  async end(request: EndRequest): Promise<ProducerAnswer> {
    await this.#options.producerIds.ready();
    return this.#topic.call<ProducerAnswer>(
      request.transactionalId,
      (shard, respond, now) => shard.end(request, respond, now),
      (errorCode) => ({ errorCode, ...NO_PRODUCER }),
    );
  }

  /**
   * Why a partition may not be written to in a transaction, as of now; NONE where it may (KIP-890).
   *
   * @param adds whether who asks adds partitions by itself: no setting keeps it from that, only from verifying
   */
  writeProblem(owner: TransactionOwner, partition: TopicPartition, adds: boolean): number {
    if (!adds && !this.#options.verifies) return ErrorCode.NONE;
    const runtime = this.#topic.runtimeFor(owner.transactionalId);
    // Without a coordinator nobody was ever given the id.
    if (runtime === undefined) return ErrorCode.INVALID_PRODUCER_ID_MAPPING;
    return runtime.machines?.writeProblem(owner, partition) ?? ErrorCode.COORDINATOR_LOAD_IN_PROGRESS;
  }

  /**
   * Has what a producer sends written in the order it came in, though some of it must wait for the coordinator: `prepare`
   * is called when all that came before was written, and `write` once that has resolved.
   */
  inTurn<T>(
    transactionalId: string,
    prepare: () => Promise<void> | undefined,
    write: () => T | Promise<T>,
  ): T | Promise<T> {
    const before = this.#turns.get(transactionalId);
    const preparing = before === undefined ? prepare() : before.then(prepare);
    if (preparing === undefined) return write();
    const written = preparing.then(() => ({ answer: write() }));
    const turn = written.then(
      () => {},
      () => {},
    );
    this.#turns.set(transactionalId, turn);
    void turn.then(() => {
      if (this.#turns.get(transactionalId) === turn) this.#turns.delete(transactionalId);
    });
    return written.then(({ answer }) => answer);
  }

  /** See `CoordinatorTopic.machinesFor`. */
  shardOf(transactionalId: string): Promise<TransactionShard | number | undefined> {
    return this.#topic.machinesFor(transactionalId);
  }

  /** Every shard, once all are loaded; undefined where one cannot be. */
  async shards(): Promise<TransactionShard[] | undefined> {
    const shards = await this.#topic.allMachines();
    return this.#topic.isWhole ? shards : undefined;
  }

  /** Answers whoever waits. */
  close(): void {
    this.#timer.cancel();
    this.#topic.close();
  }

  /** Where none is at hand, there will be one when it is tried again. */
  #newProducerId(): number | undefined {
    const { producerIds } = this.#options;
    const producerId = producerIds.next();
    if (producerId === undefined) producerIds.ready().catch(() => {});
    return producerId;
  }

  async #writeMarkers(
    transaction: Transaction,
    runtime: Runtime<TransactionShard, TransactionRecord>,
    { leaderEpoch }: Partition,
  ): Promise<void> {
    const { transactionalId, producerId, producerEpoch, partitions, state, clientVersion } = transaction;
    const marker: TransactionMarker = {
      producerId,
      producerEpoch,
      committed: state === TransactionState.prepareCommit,
      coordinatorEpoch: leaderEpoch,
      // Apache Kafka lets a producer have the last epoch, beyond which there is none for a marker.
      epochPerTransaction: clientVersion >= EPOCH_PER_TRANSACTION && producerEpoch < EPOCH_MAX,
    };
    const places = Array.from(partitions, ([topic, indexes]) =>
      Array.from(indexes, (partition) => ({ topic, partition })),
    ).flat();
    const errorCodes = await Promise.all(places.map((place) => this.#options.writeMarker(place, marker)));
    const failed = errorCodes.find((errorCode) => !SETTLED.has(errorCode));
    if (failed === undefined) {
      await runtime.run((shard, now) => shard.markersWritten(transaction, now));
      await runtime.run((shard, now) => shard.resume(transactionalId, now));
      return;
    }
    this.#options.logger.warn(
      `The transaction of "${transactionalId}" is decided, but a marker could not be written (${errorName(failed)}); it is tried again.`,
    );
    await runtime.run((shard, now) => shard.markersFailed(transaction, now));
  }
}

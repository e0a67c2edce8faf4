// The room that handlers ask about groups, which are kept in `__consumer_offsets`.
// org.apache.kafka.coordinator.group.GroupCoordinatorService.

import type { Clock, Timer } from '@klamm/base/clock';
import type { Logger } from '@klamm/base/logger';
import { ErrorCode } from '@klamm/protocol/error-codes';
import type { TopicImage } from '../metadata/image.ts';
import type { Partition } from '../partitions/partition.ts';
import type { TransactionMarker } from '../partitions/producers.ts';
import { CoordinatorTopic } from './coordinator-topic.ts';
import { encodeGroupRecord } from './group-record.ts';
import { GroupShard, type GroupShardOptions } from './group-shard.ts';
import { Runtime } from './runtime.ts';
import type { Respond, Step } from './step.ts';

export const OFFSETS_TOPIC = '__consumer_offsets';

export interface GroupCoordinatorOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly shard: GroupShardOptions;
  readonly retentionCheckMs: number;
  /** See `CoordinatorTopicOptions`. */
  readonly partitionOf: (topic: string, index: number) => Partition | undefined;
  readonly createTopic: () => Promise<number>;
}

export class GroupCoordinator {
  readonly #topic: CoordinatorTopic<GroupShard>;
  readonly #timer: Timer;
  readonly #partitionOf: GroupCoordinatorOptions['partitionOf'];

  constructor({ clock, logger, shard, partitionOf, createTopic, retentionCheckMs }: GroupCoordinatorOptions) {
    this.#partitionOf = partitionOf;
    this.#topic = new CoordinatorTopic({
      name: OFFSETS_TOPIC,
      partitionOf,
      createTopic,
      open: (partition) =>
        new Runtime({
          partition,
          encode: encodeGroupRecord,
          newMachines: () => new GroupShard(shard),
          clock,
          logger,
        }),
    });
    this.#timer = clock.every(retentionCheckMs, () =>
      this.#topic.runAll((machines, now) => machines.expireOffsets(now)),
    );
  }

  /** Partitions have come, from index `from` on: its own, or ones that groups may want. */
  partitionsAdded(topic: TopicImage, from: number): void {
    if (topic.name === OFFSETS_TOPIC) this.#topic.partitionsAdded(topic, from);
    else this.#tellTopicsChanged();
  }

  /** A topic is gone: its offsets go with it, and its members get others. */
  topicRemoved(topic: TopicImage): void {
    if (topic.name === OFFSETS_TOPIC) {
      this.#topic.removed();
      return;
    }
    this.#topic.runAll((shard) => shard.topicRemoved(topic.name));
    this.#tellTopicsChanged();
  }

  /** Creates `__consumer_offsets` where it is missing. The error code says why it could not. */
  prepare(): Promise<number> {
    return this.#topic.prepare();
  }

  /** Has the group's machines decide; see `Runtime.call`. */
  call<Body>(
    groupId: string,
    decide: (shard: GroupShard, respond: Respond<Body>, now: number) => Step,
    refused: (errorCode: number) => Body,
  ): Promise<Body> {
    return this.#topic.call(groupId, decide, refused);
  }

  /** Answers a heartbeat that waits for news: something else of its connection is to be answered. */
  releaseHeartbeat(groupId: string, memberId: string): void {
    const runtime = this.#topic.runtimeFor(groupId);
    if (runtime?.machines !== undefined)
      void runtime.run((shard) => shard.releaseHeartbeat(groupId, memberId));
  }

  /** The partition of `__consumer_offsets` that keeps a group; -1 where there is none yet. */
  partitionFor(groupId: string): number {
    return this.#topic.partitionFor(groupId);
  }

  /** Ends a transaction that committed offsets to a partition of `__consumer_offsets`; see `Runtime.endTransaction`. */
  async endTransaction(index: number, marker: TransactionMarker): Promise<number> {
    const runtime = this.#topic.runtimeAt(index);
    return runtime === undefined ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : runtime.endTransaction(marker);
  }

  /** Why a producer may not commit a group's offsets in a transaction; NONE where its epoch is the newest. */
  epochProblem(groupId: string, producerId: number, producerEpoch: number): number {
    const partition = this.#partitionOf(OFFSETS_TOPIC, this.partitionFor(groupId));
    return partition?.producers.checkEpoch(producerId, producerEpoch)?.errorCode ?? ErrorCode.NONE;
  }

  /** See `CoordinatorTopic.machinesFor`. */
  shardOf(groupId: string): Promise<GroupShard | number | undefined> {
    return this.#topic.machinesFor(groupId);
  }

  /** Every shard, once all are loaded. */
  shards(): Promise<GroupShard[]> {
    return this.#topic.allMachines();
  }

  /** Answers whoever waits. */
  close(): void {
    this.#timer.cancel();
    this.#topic.close();
  }

  #tellTopicsChanged(): void {
    this.#topic.runAll((shard) => shard.topicsChanged());
  }
}

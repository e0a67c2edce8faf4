// The room that handlers ask about groups: which partition of `__consumer_offsets` keeps a group, and its runtime.
//
// On one node every partition is led here, so every group is coordinated here. The topic is created when somebody
// first needs a coordinator. org.apache.kafka.coordinator.group.GroupCoordinatorService.

import type { Clock, Timer } from '@klamm/base/clock';
import type { Logger } from '@klamm/base/logger';
import { ErrorCode } from '@klamm/protocol/error-codes';
import type { TopicImage } from '../metadata/image.ts';
import type { Partition } from '../partitions/partition.ts';
import { GroupShard, type GroupShardOptions } from './group-shard.ts';
import { javaHashOf } from './java-hash.ts';
import { Runtime } from './runtime.ts';
import type { Respond, Step } from './step.ts';

export const OFFSETS_TOPIC = '__consumer_offsets';

export interface GroupCoordinatorOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly shard: GroupShardOptions;
  readonly retentionCheckMs: number;
  readonly partitionOf: (topic: string, index: number) => Partition | undefined;
  /** Creates the topic where it is missing; an error code where that fails. */
  readonly createTopic: () => Promise<number>;
}

export class GroupCoordinator {
  readonly #options: GroupCoordinatorOptions;
  readonly #runtimes: Runtime<GroupShard>[] = [];
  readonly #timer: Timer;
  #creating: Promise<number> | undefined;
  #isClosed = false;

  constructor(options: GroupCoordinatorOptions) {
    this.#options = options;
    this.#timer = options.clock.every(options.retentionCheckMs, () => this.#expireOffsets());
  }

  /** Serves the partitions of `__consumer_offsets` from index `from` on; other topics' are not its concern. */
  partitionsAdded(topic: TopicImage, from: number): void {
    if (topic.name !== OFFSETS_TOPIC) {
      this.#tellTopicsChanged();
      return;
    }
    const { clock, logger, shard, partitionOf } = this.#options;
    for (let index = from; index < topic.partitions.length; index++) {
      const partition = partitionOf(topic.name, index);
      if (partition === undefined) continue;
      const newMachines = (): GroupShard => new GroupShard(shard);
      this.#runtimes[index] = new Runtime({ partition, newMachines, clock, logger });
    }
  }

  /** A topic is gone: its offsets go with it, and its members get others. */
  topicRemoved(topic: TopicImage): void {
    if (topic.name === OFFSETS_TOPIC) {
      for (const runtime of this.#runtimes.splice(0)) runtime.close();
      return;
    }
    for (const runtime of this.#runtimes) void runtime.run((shard) => shard.topicRemoved(topic.name));
    this.#tellTopicsChanged();
  }

  /** Creates `__consumer_offsets` where it is missing. The error code says why it could not. */
  async prepare(): Promise<number> {
    if (this.#runtimes.length > 0) return ErrorCode.NONE;
    this.#creating ??= this.#options.createTopic().finally(() => {
      this.#creating = undefined;
    });
    return this.#creating;
  }

  /** Has the group's machines decide; see `Runtime.call`. */
  async call<Body>(
    groupId: string,
    decide: (shard: GroupShard, respond: Respond<Body>, now: number) => Step,
    refused: (errorCode: number) => Body,
  ): Promise<Body> {
    if (this.#isClosed) return refused(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    if (this.#runtimes.length === 0) {
      const errorCode = await this.prepare();
      if (errorCode !== ErrorCode.NONE) return refused(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    }
    const runtime = this.#runtimes[this.partitionFor(groupId)];
    if (runtime === undefined) return refused(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    return runtime.call(decide, refused);
  }

  /** Answers a heartbeat that waits for news: something else of its connection is to be answered. */
  releaseHeartbeat(groupId: string, memberId: string): void {
    const runtime = this.#runtimes[this.partitionFor(groupId)];
    if (runtime?.machines !== undefined)
      void runtime.run((shard) => shard.releaseHeartbeat(groupId, memberId));
  }

  /** The partition of `__consumer_offsets` that keeps a group; -1 where there is none yet. */
  partitionFor(groupId: string): number {
    return this.#runtimes.length === 0 ? -1 : javaHashOf(groupId) % this.#runtimes.length;
  }

  /** The shard that keeps a group, for looking only: undefined where no group was ever kept, a number for an error. */
  async shardOf(groupId: string): Promise<GroupShard | number | undefined> {
    const runtime = this.#runtimes[this.partitionFor(groupId)];
    if (runtime === undefined) return undefined;
    await runtime.loading;
    return runtime.machines ?? ErrorCode.COORDINATOR_NOT_AVAILABLE;
  }

  /** Every shard, once all are loaded. */
  async shards(): Promise<GroupShard[]> {
    await Promise.all(this.#runtimes.map((runtime) => runtime.loading));
    return this.#runtimes.flatMap(({ machines }) => machines ?? []);
  }

  /** Answers whoever waits. */
  close(): void {
    this.#isClosed = true;
    this.#timer.cancel();
    for (const runtime of this.#runtimes) runtime.close();
  }

  #tellTopicsChanged(): void {
    for (const runtime of this.#runtimes) void runtime.run((shard) => shard.topicsChanged());
  }

  #expireOffsets(): void {
    for (const runtime of this.#runtimes) void runtime.run((shard, now) => shard.expireOffsets(now));
  }
}

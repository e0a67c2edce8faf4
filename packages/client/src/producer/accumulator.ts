// Takes records in, finds their partition and puts them in its queue; holds them back while there is no room.
//
// Records of one topic keep the order in which they were accepted, also while the topic is being looked for and
// while the buffer is full. Every record accepted is told of exactly once. It must not know how records are sent.

import type { Timer } from '@klamm/base/clock';
import { type KlammError, messageOf } from '@klamm/base/errors';
import { ErrorCode, kafkaError } from '@klamm/protocol/error-codes';
import type { Cluster } from '../cluster.ts';
import type { TopicMetadata } from '../metadata-cache.ts';
import { backOffMs } from '../network/back-off.ts';
import type { Entry, FlushGroup, ProducerBatch } from './batch.ts';
import type { IdentitySource } from './identity.ts';
import type { ProducerSettings } from './options.ts';
import { PartitionQueue } from './partition-queue.ts';
import { type Partitioner, partitionByChance, partitionOfKey } from './partitioner.ts';
import { notDelivered } from './produce-errors.ts';
import { Sender } from './sender.ts';

interface Topic {
  readonly name: string;
  metadata: TopicMetadata | undefined;
  readonly queues: PartitionQueue[];
  /** Records that wait for the topic to be found, in order. */
  waiting: Entry[];
  isSearching: boolean;
  /** How often a leader was looked for in a row. */
  looks: number;
  /** Where records without a key go until a batch is full; -1 where none is chosen. */
  sticky: number;
}

const EXPIRY_CHECKS = 8;
/** For each batch that may be in flight, so many are held by who fills the buffer as fast as it can. */
const BATCHES_AHEAD = 2;

export class Accumulator {
  readonly #cluster: Cluster;
  readonly #settings: ProducerSettings;
  readonly #partitioner: Partitioner | undefined;
  readonly #sender: Sender;
  readonly #topics = new Map<string, Topic>();
  readonly #expiry: Timer;
  readonly #onFailed: (error: Error) => void;
  /** Records that wait for room, in order; those before `#blockedAt` have left. */
  #blocked: Entry[] = [];
  #blockedAt = 0;
  #heldBytes = 0;
  #pending = 0;
  #isClosed = false;
  #isFreeing = false;
  #group: FlushGroup = { pending: 0, waiting: [] };
  readonly #groups = new Set<FlushGroup>();
  #hungerWaiters: (() => void)[] = [];

  /** @param onFailed told of each failure, beside those whose records failed */
  constructor(
    cluster: Cluster,
    settings: ProducerSettings,
    identities: IdentitySource,
    partitioner: Partitioner | undefined,
    onFailed: (error: Error) => void = () => {},
  ) {
    this.#onFailed = onFailed;
    this.#cluster = cluster;
    this.#settings = settings;
    this.#partitioner = partitioner;
    this.#sender = new Sender(cluster, settings, identities, {
      topic: (name) => this.#topics.get(name)?.metadata,
      relocate: (name) => this.#search(this.#topicOf(name)),
      finished: (batch, error) => this.#finished(batch, error),
    });
    this.#expiry = cluster.settings.clock.every(settings.deliveryTimeoutMs / EXPIRY_CHECKS, () =>
      this.#expire(),
    );
  }

  /** Records that are accepted, and neither delivered nor failed. */
  get pending(): number {
    return this.#pending;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /**
   * True while more records would keep the connections busy. False well before the buffer is full: whoever waits then
   * lets answers in between, so that filling and sending overlap.
   */
  get isHungry(): boolean {
    const { bufferBytes, batchBytes, maxInFlight } = this.#settings;
    return (
      this.#heldBytes < Math.min(bufferBytes, batchBytes * maxInFlight * BATCHES_AHEAD) && !this.#isBlocking
    );
  }

  get #isBlocking(): boolean {
    return this.#blockedAt < this.#blocked.length;
  }

  /** The group that records accepted now belong to. */
  get flushGroup(): FlushGroup {
    return this.#group;
  }

  /** Resolves when `isHungry`. */
  hunger(): Promise<void> {
    if (this.isHungry) return Promise.resolve();
    return new Promise((resolve) => this.#hungerWaiters.push(resolve));
  }

  /** @param mayWait false to take the record now, whatever the buffer holds */
  accept(entry: Entry, mayWait: boolean): void {
    this.#pending++;
    this.#group.pending++;
    const isFull = this.#heldBytes >= this.#settings.bufferBytes || this.#isBlocking;
    if (mayWait && isFull) this.#blocked.push(entry);
    else this.#place(entry);
  }

  /** Sends everything accepted so far without lingering; resolves when each record is delivered or failed. */
  async flush(): Promise<void> {
    if (this.#group.pending > 0) this.#groups.add(this.#group);
    this.#group = { pending: 0, waiting: [] };
    const groups = [...this.#groups].filter(({ pending }) => pending > 0);
    if (groups.length === 0) return;
    this.#sender.flushing++;
    this.#sender.schedule();
    await Promise.all(groups.map((group) => new Promise<void>((resolve) => group.waiting.push(resolve))));
    this.#sender.flushing--;
  }

  /** Fails whatever is not in flight, and lets go of the connections. */
  close(error: KlammError): void {
    this.#isClosed = true;
    this.#expiry.cancel();
    this.#failAll(error);
    this.#sender.close();
  }

  /** Fails whatever is not in flight; what comes back from there is not sent again. Until `resume`. */
  abandon(error: KlammError): void {
    this.#sender.abandoned = error;
    this.#failAll(error);
  }

  resume(): void {
    this.#sender.abandoned = undefined;
  }

  /** Sends what could not be sent before, and may now be. */
  wake(): void {
    this.#sender.schedule();
  }

  #failAll(error: KlammError): void {
    for (const entry of this.#blocked.splice(this.#blockedAt)) this.#refuse(entry, error);
    for (const topic of this.#topics.values()) {
      for (const entry of topic.waiting.splice(0)) this.#fail(entry, error);
      for (const queue of topic.queues) this.#sender.fail(queue, error);
    }
  }

  #place(entry: Entry): void {
    this.#heldBytes += entry.bytes;
    const topic = this.#topicOf(entry.topic);
    const { metadata } = topic;
    if (metadata === undefined || topic.waiting.length > 0) {
      topic.waiting.push(entry);
      this.#search(topic);
    } else this.#append(topic, metadata, entry);
  }

  #append(topic: Topic, metadata: TopicMetadata, entry: Entry): void {
    let queue: PartitionQueue;
    let isNewBatch: boolean;
    try {
      queue = this.#queueFor(topic, metadata, entry);
      isNewBatch = queue.append(entry);
    } catch (cause) {
      this.#fail(entry, cause instanceof Error ? cause : new Error(messageOf(cause)));
      return;
    }
    // A batch that was begun means that the one before it is full or on its way: the next record tries elsewhere.
    if (isNewBatch && queue.batches.length > 1) topic.sticky = -1;
    this.#sender.wake(queue);
  }

  #queueFor(topic: Topic, metadata: TopicMetadata, entry: Entry): PartitionQueue {
    const index = this.#choose(topic, metadata, entry);
    const queue = topic.queues[index];
    if (queue !== undefined) return queue;
    const last = metadata.partitions.length - 1;
    throw kafkaError(
      ErrorCode.INVALID_PARTITIONS,
      `The topic "${topic.name}" has no partition ${index}; it has ${last === 0 ? 'partition 0 only' : `0 to ${last}`}.`,
    );
  }

  #choose(topic: Topic, metadata: TopicMetadata, entry: Entry): number {
    if (entry.partition !== undefined) return entry.partition;
    if (this.#partitioner !== undefined) return this.#partitioner(entry, metadata.partitions);
    if (entry.key !== null) return partitionOfKey(entry.key, metadata.partitions.length);
    if (topic.sticky < 0 || topic.queues[topic.sticky]?.batches.length === 0) {
      topic.sticky = partitionByChance(metadata, this.#cluster.settings.random, (leader) =>
        this.#cluster.isSilent(leader),
      );
    }
    return topic.sticky;
  }

  #topicOf(name: string): Topic {
    let topic = this.#topics.get(name);
    if (topic === undefined) {
      topic = {
        name,
        metadata: undefined,
        queues: [],
        waiting: [],
        isSearching: false,
        looks: 0,
        sticky: -1,
      };
      this.#topics.set(name, topic);
      const known = this.#cluster.known(name);
      if (known !== undefined) this.#found(topic, known);
    }
    return topic;
  }

  #search(topic: Topic): void {
    if (topic.isSearching || this.#isClosed) return;
    topic.isSearching = true;
    // A leaderless partition is asked for again; the cluster spaces the questions out.
    if (topic.queues.some(({ leader, batches }) => leader < 0 && batches.length > 0)) {
      this.#cluster.invalidate(topic.name);
    }
    this.#cluster.topic(topic.name, true).then(
      (metadata) => {
        topic.isSearching = false;
        this.#found(topic, metadata);
        for (const entry of topic.waiting.splice(0)) this.#append(topic, metadata, entry);
        this.#lookAgain(topic);
      },
      (error: KlammError) => {
        topic.isSearching = false;
        for (const queue of topic.queues) queue.lastError = error;
        if (
          error.retriable &&
          (topic.waiting.length > 0 || topic.queues.some(({ batches }) => batches.length > 0))
        ) {
          this.#expire();
          this.#search(topic);
          return;
        }
        topic.metadata = undefined;
        for (const entry of topic.waiting.splice(0)) this.#fail(entry, error);
        for (const queue of topic.queues) this.#sender.fail(queue, error);
      },
    );
  }

  /** Where a queue with records has no leader yet: asks again after a while. */
  #lookAgain(topic: Topic): void {
    if (!topic.queues.some(({ leader, batches }) => leader < 0 && batches.length > 0)) {
      topic.looks = 0;
      return;
    }
    const { clock, backOff, random } = this.#cluster.settings;
    topic.isSearching = true;
    clock.after(
      backOffMs(backOff, ++topic.looks, random),
      () => {
        topic.isSearching = false;
        this.#search(topic);
      },
      true,
    );
  }

  #found(topic: Topic, metadata: TopicMetadata): void {
    topic.metadata = metadata;
    for (const { index, leader } of metadata.partitions) {
      let queue = topic.queues[index];
      if (queue === undefined) {
        queue = new PartitionQueue(topic.name, index, this.#settings);
        topic.queues[index] = queue;
      }
      this.#sender.moved(queue, leader);
    }
  }

  #finished(batch: ProducerBatch, error: KlammError | undefined): void {
    this.#pending -= batch.count;
    if (error !== undefined) this.#onFailed(error);
    this.#leave(batch.flush, batch.count);
    this.#free(batch.heldBytes);
  }

  /** Lets in who waits for room. */
  #free(bytes: number): void {
    this.#heldBytes -= bytes;
    if (this.#isFreeing) return;
    this.#isFreeing = true;
    while (this.#isBlocking && this.#heldBytes < this.#settings.bufferBytes) {
      this.#place(this.#blocked[this.#blockedAt++] as Entry);
    }
    this.#isFreeing = false;
    if (!this.#isBlocking && this.#blockedAt > 0) {
      this.#blocked = [];
      this.#blockedAt = 0;
    }
    if (this.#hungerWaiters.length > 0 && this.isHungry) {
      for (const wake of this.#hungerWaiters.splice(0)) wake();
    }
  }

  /** Fails a record that has its room in the buffer. */
  #fail(entry: Entry, error: Error): void {
    this.#refuse(entry, error);
    this.#free(entry.bytes);
  }

  #refuse(entry: Entry, error: Error): void {
    this.#pending--;
    this.#leave(entry.flush, 1);
    entry.delivery.failed(entry.token, error);
    this.#onFailed(error);
  }

  #leave(group: FlushGroup, count: number): void {
    group.pending -= count;
    if (group.pending > 0 || group === this.#group) return;
    this.#groups.delete(group);
    for (const wake of group.waiting.splice(0)) wake();
  }

  #expire(): void {
    const now = this.#cluster.settings.clock.monotonic();
    const { deliveryTimeoutMs } = this.#settings;
    const isOver = ({ acceptedAt }: Entry): boolean => acceptedAt + deliveryTimeoutMs <= now;
    const giveUp = (entry: Entry): Error =>
      notDelivered(entry.topic, entry.partition, deliveryTimeoutMs, this.#cluster.lastFailure);
    for (const topic of this.#topics.values()) {
      while (topic.waiting[0] !== undefined && isOver(topic.waiting[0])) {
        const entry = topic.waiting.shift() as Entry;
        this.#fail(entry, giveUp(entry));
      }
      for (const queue of topic.queues) this.#sender.expire(queue, now);
      // What is known of the topic has grown old: it may have more partitions by now.
      if (topic.metadata !== undefined && this.#cluster.known(topic.name) === undefined) this.#search(topic);
    }
    while (this.#isBlocking && isOver(this.#blocked[this.#blockedAt] as Entry)) {
      const entry = this.#blocked[this.#blockedAt++] as Entry;
      this.#refuse(entry, giveUp(entry));
    }
  }
}

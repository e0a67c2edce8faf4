// Reads topics as a member of a consumer group: the members share the partitions out among them, and each goes on
// where the group's committed offset is.
//
// The public face of the group consumer. There are two ways to read, one per consumer: as one stream, whose reader is
// never told of a rebalance, and by a handler, which is set up and cleaned up with each. Either way nothing is committed
// that was not marked, and a partition is given up only when the program has let go of it and its marks are committed.

import type { Clock, Timer } from '@klamm/base/clock';
import { KlammError } from '@klamm/base/errors';
import { partitionText, type TopicPartition } from '@klamm/protocol/groups/topic-partition';
import type { Cluster } from '../cluster.ts';
import type { FetchedRecords } from '../consumer/fetched-records.ts';
import { checkPosition, type StartPosition } from '../consumer/options.ts';
import { invalidOption, requireNumbers } from '../option-checks.ts';
import type { AssignedPartition } from './assigned-partition.ts';
import { eachMessage } from './concurrency.ts';
import type { ConsumerGroupMetadata } from './consumer-group-metadata.ts';
import { GroupEvents, type GroupNoticeOf, type GroupNoticeType } from './group-events.ts';
import type { GroupMessage } from './group-message.ts';
import { GroupReading } from './group-reading.ts';
import { newMembership } from './membership/membership.ts';
import { within } from './membership/within.ts';
import type { CommittedOffset, OffsetToCommit } from './offset-requests.ts';
import { type GroupOptions, type GroupSettings, groupSettings, topicsOf } from './options.ts';
import type { GroupHandler } from './session.ts';

/** The messages of one record batch, which all come from one partition. */
export interface GroupBatch<Value = Buffer, Key = Buffer> extends TopicPartition {
  readonly messages: readonly GroupMessage<Value, Key>[];
  /** One past the last record that consumers may see, when the batch was fetched. */
  readonly highWatermark: number;
  /** Marks the last message, and with it all of them. */
  mark(metadata?: string): void;
}

export class GroupConsumer<Value = Buffer, Key = Buffer>
  implements AsyncIterableIterator<GroupMessage<Value, Key>>, ConsumerGroupMetadata, AsyncDisposable
{
  readonly #settings: GroupSettings;
  readonly #events: GroupEvents;
  readonly #reading: GroupReading<Value, Key>;
  readonly #release: () => void;
  readonly #signal: AbortSignal | undefined;
  readonly #clock: Clock;
  readonly #onAbort = (): void => void this.#endGently();
  /** No more messages are given; the program may finish with the one it has. */
  #isEnding = false;
  readonly #autoCommit: Timer | undefined;
  #mode: 'none' | 'stream' | 'handler' = 'none';
  #last: Promise<unknown> = Promise.resolve();
  #failure: { readonly cause: unknown } | undefined;
  #closed: Promise<void> | undefined;
  /** Resolves when it is closed, whoever closed it. */
  readonly #end: Promise<void>;
  #resolveEnd: () => void = () => {};

  /** Use `kafka.group()`. */
  constructor(cluster: Cluster, options: GroupOptions<Value, Key>) {
    this.#settings = groupSettings(options);
    this.#end = new Promise((resolve) => {
      this.#resolveEnd = resolve;
    });
    const { logger, clock } = cluster.settings;
    this.#clock = clock;
    this.#events = new GroupEvents((cause) =>
      logger.error(`A listener of the group consumer threw: ${String(cause)}`),
    );
    this.#reading = new GroupReading({
      cluster,
      settings: this.#settings,
      events: this.#events,
      value: options.value,
      key: options.key,
      onFailure: (cause) => this.#fail(cause),
      newMembership,
    });
    this.#release = cluster.use();
    const { autoCommitIntervalMs } = this.#settings;
    if (autoCommitIntervalMs > 0) {
      this.#autoCommit = clock.every(autoCommitIntervalMs, () => this.commitAsync());
    }
    this.#signal = options.signal;
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (this.#signal?.aborted === true) void this.close();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next message; waits for it. Throws KlammError where the group, or a partition, cannot be read. */
  next(): Promise<IteratorResult<GroupMessage<Value, Key>, undefined>> {
    return this.#next((records) => records.read());
  }

  /** Ends the consumer; called when a `for await` loop is left. */
  async return(): Promise<IteratorResult<GroupMessage<Value, Key>, undefined>> {
    await this.close();
    return { done: true, value: undefined };
  }

  /** The same messages, a record batch at a time: less work for each. */
  async *batches(): AsyncIterableIterator<GroupBatch<Value, Key>> {
    try {
      for (;;) {
        const { done, value } = await this.#next((records, partition) => {
          const messages = records.readBatch();
          return messages && batchOf(messages, partition);
        });
        if (done === true || value === undefined) return;
        yield value;
      }
    } finally {
      await this.close();
    }
  }

  /**
   * Reads by a handler, which is set up and cleaned up with each rebalance that changes this member's partitions.
   * Resolves when the consumer is closed. What the handler throws closes it, and is thrown here.
   */
  async run(handler: GroupHandler<Value, Key>): Promise<void> {
    this.#begin('handler', handler);
    await this.#ended();
  }

  /**
   * Calls `work` for each message, and marks it when that is done: the messages of a partition in order, those of
   * several partitions side by side. Resolves when the consumer is closed. What `work` throws closes it, and is thrown
   * here; the message stays unmarked.
   *
   * @param concurrency most calls at a time, 1 or more. Default: one for each partition
   */
  async each(
    work: (message: GroupMessage<Value, Key>) => unknown,
    { concurrency = Number.POSITIVE_INFINITY }: { readonly concurrency?: number } = {},
  ): Promise<void> {
    requireNumbers({ concurrency }, 1);
    await this.run(eachMessage(work, concurrency));
  }

  /**
   * Has `listener` called at each change of state: `joined`, `assigned`, `revoked`, `lost`, `rebalancing`, `fenced`,
   * `coordinator`, `committed`, `commitFailed`, `pollTimeout`, `error` (trouble that is tried again), `left`; or all
   * of them, as `event`. The function returned ends it.
   */
  on<T extends GroupNoticeType | 'event'>(type: T, listener: (notice: GroupNoticeOf<T>) => void): () => void {
    return this.#events.on(type, listener);
  }

  get groupId(): string {
    return this.#reading.member.groupId;
  }

  get memberId(): string {
    return this.#reading.member.memberId;
  }

  get generation(): number {
    return this.#reading.member.generation;
  }

  get instanceId(): string | null {
    return this.#reading.member.instanceId;
  }

  /** The partitions that are this member's. */
  get assignment(): TopicPartition[] {
    return this.#reading.partitions.map(({ topic, partition }) => ({ topic, partition }));
  }

  /**
   * Commits what is marked, or the given offsets (of the next records to read).
   *
   * @throws KlammError for the first that is refused: UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION, FENCED_INSTANCE_ID and
   * STALE_MEMBER_EPOCH say that the partition is no longer this member's
   */
  commit(offsets?: readonly OffsetToCommit[]): Promise<void> {
    return offsets === undefined ? this.#reading.commitMarked() : this.#reading.commit(offsets);
  }

  /** As `commit`, without waiting: `committed` or `commitFailed` tells what became of it. */
  commitAsync(offsets?: readonly OffsetToCommit[]): void {
    this.commit(offsets).catch(() => {});
  }

  /** The group's committed offsets of these partitions (default: this member's), -1 where there is none. */
  committed(partitions: readonly TopicPartition[] = this.assignment): Promise<CommittedOffset[]> {
    return this.#reading.committed(partitions);
  }

  /** Gives no more messages of these partitions (default: all that this member has now) until `resume`. */
  pause(partitions?: readonly TopicPartition[]): void {
    for (const partition of this.#chosen(partitions)) partition.pause();
  }

  resume(partitions?: readonly TopicPartition[]): void {
    for (const partition of this.#chosen(partitions)) partition.resume();
    this.#reading.wake();
  }

  /** Goes on from another place. Throws KlammError where the partition is not this member's, or `to` is no position. */
  seek(partition: TopicPartition, to: StartPosition): void {
    checkPosition(to);
    const found = this.#reading.get(partition);
    if (found === undefined) {
      throw new KlammError(
        `${partitionText(partition)} is not this member's; it has ${this.assignment.map(partitionText).join(', ') || 'none'}.`,
        { code: 'UNKNOWN_TOPIC_OR_PARTITION', errorCode: 3, retriable: false },
      );
    }
    found.go(to);
    this.#reading.wake();
  }

  /** Offset of the partition's next message; undefined while it is not known, or not this member's. */
  position(partition: TopicPartition): number | undefined {
    const position = this.#reading.get(partition)?.state.position ?? -1;
    return position < 0 ? undefined : position;
  }

  /**
   * Records between the position and the end of the log as of the last answer; undefined before the first. With
   * `readCommitted` the log ends where the first open transaction begins.
   */
  lag(partition: TopicPartition): number | undefined {
    return this.#reading.get(partition)?.state.lag;
  }

  /** Reads other topics from now on. */
  subscribe(topics: GroupOptions['topics']): void {
    this.#reading.membership.subscribe(topicsOf(topics));
  }

  /**
   * Commits what is marked, where that is done by itself, leaves the group and ends the connections. Safe to call
   * again, and from within the loop: it does not wait for the message that a loop has in hand (an aborted `signal`
   * does). Takes `closeTimeoutMs` at most.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * Closes when the program has let go of the message in its hands: unlike `close`, an aborted signal is not waited for
   * by whoever works on it.
   */
  async #endGently(): Promise<void> {
    const { stream } = this.#reading;
    this.#isEnding = true;
    stream.wake();
    await within(this.#clock, this.#settings.closeTimeoutMs, stream.isIdle());
    await this.close();
  }

  async #close(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#autoCommit?.cancel();
    await this.#reading.close();
    this.#release();
    this.#resolveEnd();
  }

  #begin(mode: 'stream' | 'handler', handler?: GroupHandler<Value, Key>): void {
    if (this.#mode === mode && mode === 'stream') return;
    if (this.#mode !== 'none') {
      throw invalidOption('This group consumer is being read already; make another for a second reader.');
    }
    this.#mode = mode;
    if (this.#closed === undefined) this.#reading.start(handler);
  }

  /** Reads one after the other, however many calls wait. */
  #next<T>(
    read: (
      records: FetchedRecords<GroupMessage<Value, Key>>,
      partition: AssignedPartition<Value, Key>,
    ) => T | undefined,
  ): Promise<IteratorResult<T, undefined>> {
    const next = this.#last.then(() => this.#read(read));
    this.#last = next.catch(() => {});
    return next;
  }

  async #read<T>(
    read: (
      records: FetchedRecords<GroupMessage<Value, Key>>,
      partition: AssignedPartition<Value, Key>,
    ) => T | undefined,
  ): Promise<IteratorResult<T, undefined>> {
    this.#begin('stream');
    const { stream, watch } = this.#reading;
    watch.end(this);
    this.#reading.resumeIfSuspended();
    while (this.#closed === undefined && !this.#isEnding) {
      try {
        const value = stream.take(read);
        if (value !== undefined) {
          watch.begin(this);
          return { done: false, value };
        }
      } catch (cause) {
        this.#fail(cause);
        break;
      }
      await stream.changed();
    }
    stream.letGo();
    await this.#ended();
    return { done: true, value: undefined };
  }

  /** Resolves when the consumer is closed; rejects with what ended it. */
  async #ended(): Promise<void> {
    await this.#end;
    if (this.#failure !== undefined) throw this.#failure.cause;
  }

  #fail(cause: unknown): void {
    if (this.#closed !== undefined) return;
    this.#failure = { cause };
    void this.close();
  }

  #chosen(partitions: readonly TopicPartition[] | undefined): readonly AssignedPartition<Value, Key>[] {
    const { partitions: all } = this.#reading;
    return partitions?.flatMap((partition) => this.#reading.get(partition) ?? []) ?? all;
  }
}

function batchOf<Value, Key>(
  messages: readonly GroupMessage<Value, Key>[],
  { topic, partition, state }: AssignedPartition<Value, Key>,
): GroupBatch<Value, Key> {
  const mark = (metadata?: string): void => messages.at(-1)?.mark(metadata);
  return { topic, partition, messages, highWatermark: state.highWatermark, mark };
}

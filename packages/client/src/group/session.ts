// What a handler is given from one rebalance to the next: the partitions that are this member's, one claim for each.
// The shape is that of Sarama's ConsumerGroupSession and ConsumerGroupClaim.

import type { TopicPartition } from '@klamm/protocol/groups/topic-partition';
import type { AssignedPartition } from './assigned-partition.ts';
import type { ConsumerGroupMetadata } from './consumer-group-metadata.ts';
import type { GroupMessage } from './group-message.ts';
import type { PollWatch } from './poll-watch.ts';

/** The messages of one partition, in order: ends when the partition goes elsewhere, or the session ends. */
export interface Claim<Value = Buffer, Key = Buffer>
  extends TopicPartition,
    AsyncIterable<GroupMessage<Value, Key>> {
  /** Where reading begins in this session; undefined while that is being looked up. */
  readonly initialOffset: number | undefined;
  /** One past the last record that consumers may see, as of the last answer; undefined before the first. */
  readonly highWatermark: number | undefined;
}

export interface Session extends ConsumerGroupMetadata {
  readonly claims: readonly TopicPartition[];
  /** Aborted when the session ends: stop what is under way, or finish it soon. */
  readonly signal: AbortSignal;
  /** As `message.mark(metadata)`. */
  markMessage(message: GroupMessage<unknown, unknown>, metadata?: string): void;
  /** Marks all below `offset` in a partition as processed: `offset` is what is committed. */
  markOffset(partition: TopicPartition, offset: number, metadata?: string): void;
  /** Commits what is marked. Throws KlammError where an offset is refused. */
  commit(): Promise<void>;
}

export interface GroupHandler<Value = Buffer, Key = Buffer> {
  /** Before the claims of a session begin. */
  setup?(session: Session): void | Promise<void>;
  /** Reads one claim; claims run side by side. Has to return soon after its claim has ended. */
  consumeClaim(claim: Claim<Value, Key>, session: Session): void | Promise<void>;
  /** After the claims of a session have ended; what is marked by then is committed, unless partitions were lost. */
  cleanup?(session: Session): void | Promise<void>;
}

/** One run through a handler, from setup to cleanup. */
export class RunningSession<Value, Key> {
  readonly #session: Session;
  readonly #ending = new AbortController();
  readonly #done: Promise<void>;

  constructor(
    handler: GroupHandler<Value, Key>,
    partitions: readonly AssignedPartition<Value, Key>[],
    member: ConsumerGroupMetadata,
    actions: Pick<Session, 'markOffset' | 'commit'>,
    watch: PollWatch,
  ) {
    const { signal } = this.#ending;
    this.#session = {
      ...actions,
      groupId: member.groupId,
      instanceId: member.instanceId,
      // A generation may begin that leaves this member's partitions as they are.
      get memberId() {
        return member.memberId;
      },
      get generation() {
        return member.generation;
      },
      claims: partitions.map(({ topic, partition }) => ({ topic, partition })),
      signal,
      markMessage: (message, metadata) => message.mark(metadata),
    };
    this.#done = this.#run(
      handler,
      partitions.map((partition) => new RunningClaim(partition, signal, watch)),
    );
    // Whoever ends the session is told.
    this.#done.catch(() => {});
  }

  /** Resolves when cleanup is done; rejects with the first that setup, a claim or cleanup threw. */
  get done(): Promise<void> {
    return this.#done;
  }

  /** Ends every claim, and resolves as `done` does. */
  end(): Promise<void> {
    this.#ending.abort();
    return this.#done;
  }

  async #run(handler: GroupHandler<Value, Key>, claims: readonly Claim<Value, Key>[]): Promise<void> {
    const session = this.#session;
    try {
      await handler.setup?.(session);
      const consume = async (claim: Claim<Value, Key>): Promise<void> => {
        try {
          await handler.consumeClaim(claim, session);
        } catch (cause) {
          // The others have to finish before cleanup.
          this.#ending.abort();
          throw cause;
        }
      };
      const outcomes = await Promise.allSettled(claims.map(consume));
      const failed = outcomes.find((outcome) => outcome.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
      // Claims that their handler has left wait for the rebalance like the others.
      if (!session.signal.aborted) {
        await new Promise((resolve) => session.signal.addEventListener('abort', resolve, { once: true }));
      }
    } finally {
      this.#ending.abort();
      await handler.cleanup?.(session);
    }
  }
}

class RunningClaim<Value, Key> implements Claim<Value, Key> {
  readonly #partition: AssignedPartition<Value, Key>;
  readonly #signal: AbortSignal;
  readonly #watch: PollWatch;
  readonly initialOffset: number | undefined;

  constructor(partition: AssignedPartition<Value, Key>, signal: AbortSignal, watch: PollWatch) {
    this.#partition = partition;
    this.#signal = signal;
    this.#watch = watch;
    const { position } = partition.state;
    this.initialOffset = position < 0 ? undefined : position;
  }

  get topic(): string {
    return this.#partition.topic;
  }

  get partition(): number {
    return this.#partition.partition;
  }

  get highWatermark(): number | undefined {
    const { highWatermark } = this.#partition.state;
    return highWatermark < 0 ? undefined : highWatermark;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<GroupMessage<Value, Key>, void, undefined> {
    const partition = this.#partition;
    const signal = this.#signal;
    const wake = (): void => partition.wake();
    signal.addEventListener('abort', wake);
    try {
      while (!signal.aborted && !partition.isHalted) {
        const message = partition.take((records) => records.read());
        if (message === undefined) {
          await (partition.opening ?? partition.changed());
          continue;
        }
        this.#watch.begin(this);
        yield message;
        this.#watch.end(this);
      }
    } finally {
      this.#watch.end(this);
      signal.removeEventListener('abort', wake);
    }
  }
}

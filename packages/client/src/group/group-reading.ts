// What a group consumer has at a moment, and what it does when the group gives it more or takes some back.
//
// The owner of the membership: its calls come one after the other, so none may wait for anybody but the program. A
// partition that comes is read from its committed offset, if need be later than the others; one that goes is halted, let
// go of by the program, committed, and then forgotten. Where partitions are read by a handler, every change ends its
// session and begins the next.

import { partitionText, type TopicPartition } from '@klamm/protocol/groups/topic-partition';
import type { Serde } from '../bytes.ts';
import type { Cluster } from '../cluster.ts';
import { Fetcher } from '../consumer/fetcher.ts';
import type { StartPosition } from '../consumer/options.ts';
import type { PartitionState } from '../consumer/partition-state.ts';
import { AssignedPartition } from './assigned-partition.ts';
import type { ConsumerGroupMetadata } from './consumer-group-metadata.ts';
import { GroupCommits } from './group-commits.ts';
import type { GroupEvents } from './group-events.ts';
import type { Membership, MembershipOwner, newMembership } from './membership/membership.ts';
import { within } from './membership/within.ts';
import { type CommittedOffset, OffsetRequests } from './offset-requests.ts';
import type { GroupSettings } from './options.ts';
import { PartitionStarts } from './partition-starts.ts';
import { PollWatch } from './poll-watch.ts';
import { type GroupHandler, RunningSession, type Session } from './session.ts';
import { StreamReader } from './stream-reader.ts';

export interface GroupReadingOptions<Value, Key> {
  readonly cluster: Cluster;
  readonly settings: GroupSettings;
  readonly events: GroupEvents;
  readonly value: Serde<Value> | undefined;
  readonly key: Serde<Key> | undefined;
  /** Told once, when reading cannot go on: what a handler threw, or a KlammError. */
  readonly onFailure: (cause: unknown) => void;
  readonly newMembership: typeof newMembership;
}

export class GroupReading<Value, Key> {
  readonly stream = new StreamReader<Value, Key>();
  readonly membership: Membership;
  /** What this member commits offsets with. */
  readonly member: ConsumerGroupMetadata;
  readonly watch: PollWatch;
  readonly #options: GroupReadingOptions<Value, Key>;
  readonly #partitions = new Map<string, AssignedPartition<Value, Key>>();
  readonly #byState = new Map<PartitionState, AssignedPartition<Value, Key>>();
  readonly #fetcher: Fetcher;
  readonly #requests: OffsetRequests;
  readonly #commits: GroupCommits;
  readonly #starts: PartitionStarts<Value, Key>;
  /** Aborted when no more is read; the last commits are yet to come. */
  readonly #closing = new AbortController();
  readonly #closed = new AbortController();
  /** Settles when close has waited long enough for the handler. */
  readonly #patience: Promise<void>;
  #losePatience: () => void = () => {};
  #handler: GroupHandler<Value, Key> | undefined;
  #session: RunningSession<Value, Key> | undefined;
  /** Settles when the handler is through with the last session that was ended. */
  #sessionEnded: Promise<unknown> = Promise.resolve();
  #suspended: Promise<void> | undefined;

  constructor(options: GroupReadingOptions<Value, Key>) {
    const { cluster, settings, events } = options;
    this.#options = options;
    this.#patience = new Promise((resolve) => {
      this.#losePatience = resolve;
    });
    this.#fetcher = new Fetcher(cluster, settings.fetch, {
      fetched: (state, records, aborted) => {
        const partition = this.#byState.get(state);
        partition?.add(records, aborted);
        if (partition !== undefined) this.stream.add(partition);
        else this.#fetcher.release(state, records.length);
      },
      progressed: () => {},
      failed: (error) => options.onFailure(error),
    });
    this.membership = options.newMembership(cluster, settings.membership, this.#owner());
    const { groupId, instanceId } = settings.membership;
    const { membership } = this;
    this.member = {
      groupId,
      instanceId,
      // What the program still does with lost partitions must not be taken for work of the member that came after.
      get memberId() {
        return membership.isLosing ? '' : membership.memberId;
      },
      get generation() {
        return membership.isLosing ? -1 : membership.generation;
      },
    };
    this.#requests = new OffsetRequests(cluster, groupId, this.membership, {
      fetching: this.#closing.signal,
      committing: this.#closed.signal,
    });
    this.#starts = new PartitionStarts(cluster.settings, settings, this.#requests, this.#closing.signal, {
      waits: (error) => {
        const { memberId, generation } = this.membership;
        events.emit({ type: 'error', reason: error.message, memberId, generation, error });
      },
      begins: (partition) => this.#fetcher.add([partition.state]),
      failed: (cause) => options.onFailure(cause),
    });
    this.#commits = new GroupCommits(this.#requests, events);
    this.watch = new PollWatch(cluster.settings.clock, settings.maxPollIntervalMs, () => this.#suspend());
  }

  get partitions(): readonly AssignedPartition<Value, Key>[] {
    return [...this.#partitions.values()];
  }

  get(partition: TopicPartition): AssignedPartition<Value, Key> | undefined {
    return this.#partitions.get(partitionText(partition));
  }

  /** Joins the group. With a handler, partitions are read by it; else by `stream`. */
  start(handler: GroupHandler<Value, Key> | undefined): void {
    this.#handler = handler;
    this.membership.start();
  }

  /** Fetches again where something has changed: a partition goes on, or goes elsewhere. */
  wake(): void {
    for (const partition of this.#partitions.values()) this.stream.add(partition);
    this.#fetcher.wake();
  }

  commitMarked(): Promise<void> {
    return this.#commits.marked(this.#partitions.values());
  }

  commit(offsets: Parameters<GroupCommits['offsets']>[0]): Promise<void> {
    return this.#commits.offsets(offsets, this.#partitions.values());
  }

  committed(partitions: readonly TopicPartition[]): Promise<CommittedOffset[]> {
    return this.#requests.fetch(partitions);
  }

  /** The program asks for more again. */
  resumeIfSuspended(): void {
    const suspended = this.#suspended;
    this.#suspended = undefined;
    void suspended?.then(() => this.membership.resume());
  }

  /**
   * Leaves the group, what is marked committed, and ends all fetching. The program, and after it the brokers, are waited
   * for as long as closeTimeoutMs.
   */
  async close(): Promise<void> {
    const { cluster, settings } = this.#options;
    const { clock } = cluster.settings;
    this.#closing.abort();
    this.watch.close();
    this.stream.letGo();
    this.stream.wake();
    await within(clock, settings.closeTimeoutMs, this.#endSession());
    this.#losePatience();
    await within(clock, settings.closeTimeoutMs, this.membership.leave());
    this.#closed.abort();
    this.membership.stop();
    this.#fetcher.close();
  }

  #owner(): MembershipOwner {
    const { events, onFailure } = this.#options;
    return {
      assigned: (partitions, reason) => this.#assigned(partitions, reason),
      revoked: (partitions, reason) => this.#revoked(partitions, reason),
      lost: (partitions, reason) => this.#lost(partitions, reason),
      event: (event) => events.emit(event),
      failed: onFailure,
    };
  }

  async #assigned(partitions: readonly TopicPartition[], reason: string): Promise<void> {
    const { onFailure, events } = this.#options;
    if (partitions.length === 0) return;
    try {
      const { positions, undecided } = await this.#starts.find(partitions);
      await this.#endSession();
      const now = [...positions].map(([partition, start]) => this.#add(partition, start));
      this.#fetcher.add(now.map(({ state }) => state));
      this.#starts.beginLater(undecided.map((partition) => this.#add(partition, 'latest')));
      events.emit({ type: 'assigned', partitions, reason });
      this.#startSession();
    } catch (cause) {
      if (!this.#closing.signal.aborted) onFailure(cause);
    }
  }

  async #revoked(partitions: readonly TopicPartition[], reason: string): Promise<void> {
    const { events, settings } = this.#options;
    events.emit({ type: 'revoked', partitions, reason });
    const going = this.#halt(partitions);
    await this.#endSession();
    if (!this.#closing.signal.aborted) await this.stream.isLetGo(going);
    if (settings.autoCommitIntervalMs > 0) {
      // The event has told why it failed; the partitions go all the same.
      await this.#commits.marked(going).catch(() => {});
    }
    this.#forget(going);
    this.#startSession();
  }

  async #lost(partitions: readonly TopicPartition[], reason: string): Promise<void> {
    const going = this.#halt(partitions);
    this.#forget(going);
    this.#options.events.emit({ type: 'lost', partitions, reason });
    await this.#endSession();
    if (!this.#closing.signal.aborted) await this.stream.isLetGo(going);
    this.#startSession();
  }

  #add({ topic, partition: index }: TopicPartition, start: StartPosition): AssignedPartition<Value, Key> {
    const { settings, value, key } = this.#options;
    const source = { topic, partition: index, value, key };
    const partition = new AssignedPartition(source, start, settings.fetch.maxBytes, (state, bytes) =>
      this.#fetcher.release(state, bytes),
    );
    this.#partitions.set(partitionText(partition), partition);
    this.#byState.set(partition.state, partition);
    return partition;
  }

  #halt(partitions: readonly TopicPartition[]): AssignedPartition<Value, Key>[] {
    const halted = partitions.flatMap((partition) => this.get(partition) ?? []);
    for (const partition of halted) {
      partition.halt();
      this.stream.remove(partition);
      this.#fetcher.remove(partition.state);
    }
    return halted;
  }

  #forget(partitions: readonly AssignedPartition<Value, Key>[]): void {
    for (const partition of partitions) {
      partition.giveUp();
      this.#byState.delete(partition.state);
      if (this.get(partition) === partition) this.#partitions.delete(partitionText(partition));
    }
  }

  #startSession(): void {
    const partitions = this.partitions;
    const handler = this.#handler;
    if (handler === undefined || partitions.length === 0 || this.#closing.signal.aborted) return;
    // What the last session was given and did not mark is read again.
    for (const partition of partitions) partition.rewind();
    const actions: Pick<Session, 'markOffset' | 'commit'> = {
      markOffset: (partition, offset, metadata = '') => this.get(partition)?.mark(offset, metadata),
      commit: () => this.commitMarked(),
    };
    const session = new RunningSession(handler, partitions, this.member, actions, this.watch);
    this.#session = session;
    session.done.catch((cause) => this.#options.onFailure(cause));
  }

  /** Resolves when the handler is through with its session, or close gives it up; what it threw was told. */
  #endSession(): Promise<unknown> {
    const session = this.#session;
    this.#session = undefined;
    if (session !== undefined) this.#sessionEnded = session.end().catch(() => {});
    return Promise.race([this.#sessionEnded, this.#patience]);
  }

  #suspend(): void {
    const { maxPollIntervalMs } = this.#options.settings;
    const reason = `no message was asked for in ${maxPollIntervalMs} ms (maxPollIntervalMs): work faster, or raise it`;
    this.#options.events.emit({ type: 'pollTimeout', reason });
    this.#suspended = this.membership.suspend(reason);
    // The loss of its partitions ends the session; the member comes back when the handler has returned.
    if (this.#handler !== undefined) this.resumeIfSuspended();
  }
}

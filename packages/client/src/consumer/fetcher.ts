// Fetches ahead for a consumer, of any number of topics: long polls over connections of its own.
//
// A loop per broker asks for every partition that is led there, not paused and not asked for by another loop, and
// rests while enough is fetched ahead; `wake` starts it again. A partition that is wanted while a loop waits at its
// broker gets a loop beside it: neither a new partition nor a seek waits for somebody else's long poll. Partitions
// take turns at the front, so that none starves. What a refusal means is decided here: look for the leader, go to
// another offset, wait, or end the consumer with an error.

import type { Timer } from '@klamm/base/clock';
import { KlammError, messageOf } from '@klamm/base/errors';
import { ErrorCode, errorMeaning, isRetriable, kafkaError } from '@klamm/protocol/error-codes';
import { forEachBatch, lastOffsetOf } from '@klamm/protocol/records/batch';
import type { Cluster } from '../cluster.ts';
import type { LeaderHint, TopicMetadata } from '../metadata-cache.ts';
import { backOffMs } from '../network/back-off.ts';
import type { Connection } from '../network/connection.ts';
import { fetchPartitions, type PartitionAnswer } from './fetch-request.ts';
import type { AbortedTransaction } from './fetched-records.ts';
import { offsetOf, resolveOffsets } from './offsets.ts';
import type { FetchSettings } from './options.ts';
import type { PartitionState } from './partition-state.ts';

/** What the fetcher needs of the consumer it feeds. */
export interface FetcherOwner {
  /** Records came. */
  fetched(partition: PartitionState, records: Buffer, aborted: readonly AbortedTransaction[] | null): void;
  /** An answer came, with or without records. */
  progressed(): void;
  failed(error: KlammError): void;
}

const LEADER: ReadonlySet<number> = new Set([
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.LEADER_NOT_AVAILABLE,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.UNKNOWN_TOPIC_ID,
  ErrorCode.INCONSISTENT_TOPIC_ID,
  ErrorCode.FENCED_LEADER_EPOCH,
  ErrorCode.UNKNOWN_LEADER_EPOCH,
  ErrorCode.REPLICA_NOT_AVAILABLE,
]);
/** How often it is looked whether others have learned of new leaders. */
const LOOKS_MS = 1000;
/** Loops, and with them connections, to one broker. */
const LOOPS_MAX = 4;

export class Fetcher {
  readonly #cluster: Cluster;
  readonly #settings: FetchSettings;
  readonly #owner: FetcherOwner;
  /** One for each loop to a broker. */
  readonly #purposes: readonly string[];
  readonly #partitions = new Set<PartitionState>();
  /** By node id: which of its loops are running. */
  readonly #loops = new Map<number, Set<string>>();
  readonly #locating = new Set<string>();
  readonly #closing = new AbortController();
  #timer: Timer | undefined;
  #heldBytes = 0;
  #turn = 0;
  #lookedAt = 0;

  constructor(cluster: Cluster, settings: FetchSettings, owner: FetcherOwner) {
    this.#cluster = cluster;
    this.#settings = settings;
    this.#owner = owner;
    this.#purposes = Array.from({ length: LOOPS_MAX }, () => cluster.newPurpose('fetch'));
  }

  /** Fetches these too. */
  add(partitions: readonly PartitionState[]): void {
    for (const partition of partitions) {
      const topic = this.#cluster.known(partition.topic);
      if (topic !== undefined) locate(partition, topic);
      this.#partitions.add(partition);
    }
    this.wake();
  }

  /** Fetches it no more; what a request under way brings of it is dropped. */
  remove(partition: PartitionState): void {
    this.#partitions.delete(partition);
    partition.generation++;
  }

  /** Fetches where something is wanted and nothing is under way. */
  wake(): void {
    this.#wakeBut(undefined);
  }

  /** As `wake`; a loop of the node `served` looks for its partitions itself. */
  #wakeBut(served: number | undefined): void {
    if (this.#closing.signal.aborted) return;
    for (const partition of this.#partitions) {
      const { leader } = partition;
      if (leader === served || !this.#isWanted(partition)) continue;
      if (leader < 0) void this.#locate(partition.topic);
      else void this.#run(leader);
    }
  }

  /** Says that so many bytes of what was fetched of a partition are done with. */
  release(partition: PartitionState, bytes: number): void {
    partition.heldBytes -= bytes;
    this.#heldBytes -= bytes;
    this.wake();
  }

  close(): void {
    this.#closing.abort();
    this.#timer?.cancel();
    for (const purpose of this.#purposes) this.#cluster.pool.release(purpose);
  }

  async #run(nodeId: number): Promise<void> {
    const running = this.#loops.get(nodeId) ?? new Set();
    this.#loops.set(nodeId, running);
    const purpose = this.#purposes.find((each) => !running.has(each));
    if (purpose === undefined) return;
    running.add(purpose);
    try {
      while (!this.#closing.signal.aborted) {
        const wanted = [...this.#partitions].filter(
          (partition) => partition.leader === nodeId && this.#isWanted(partition),
        );
        if (wanted.length === 0) return;
        for (const partition of wanted) partition.askedGeneration = partition.generation;
        await this.#turnOf(nodeId, purpose, wanted);
        this.#lookAround();
        // Some may be led elsewhere by now; while they were asked for here, their wake-ups came too early.
        this.#wakeBut(nodeId);
      }
    } catch (cause) {
      const error =
        cause instanceof KlammError
          ? cause
          : kafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, messageOf(cause), { cause });
      if (!this.#closing.signal.aborted) this.#owner.failed(error);
    } finally {
      running.delete(purpose);
    }
  }

  /** One round trip. A lost connection is waited out; anything else that is thrown ends the consumer. */
  async #turnOf(nodeId: number, purpose: string, wanted: PartitionState[]): Promise<void> {
    const generations = new Map(wanted.map((partition) => [partition, partition.generation]));
    const release = (partition: PartitionState): void => {
      if (partition.askedGeneration === generations.get(partition)) partition.askedGeneration = -1;
    };
    let asked = wanted;
    try {
      const connection = await this.#cluster.connect(nodeId, purpose);
      const unresolved = wanted.filter(({ start }) => start !== undefined);
      if (unresolved.length > 0) await this.#resolve(connection, unresolved);
      const ready = wanted.filter(
        (partition) =>
          partition.start === undefined &&
          partition.fetchOffset >= 0 &&
          partition.generation === generations.get(partition),
      );
      // Those that were refused are not to wait for what the others fetch.
      for (const partition of wanted) if (!ready.includes(partition)) release(partition);
      asked = ready;
      if (ready.length > 0) await this.#fetch({ connection, from: nodeId }, this.#inTurn(ready));
    } catch (cause) {
      if (!(cause instanceof KlammError) || !cause.retriable) throw cause;
      if (this.#closing.signal.aborted) return;
      this.#cluster.settings.logger.debug(`Fetching again: ${cause.message}`);
      for (const partition of asked) this.#lose(partition, nodeId);
    } finally {
      for (const partition of asked) release(partition);
    }
  }

  async #resolve(connection: Connection, partitions: readonly PartitionState[]): Promise<void> {
    for (const topic of new Set(partitions.map((partition) => partition.topic))) {
      const { readCommitted } = this.#settings;
      const ofTopic = partitions.filter((partition) => partition.topic === topic);
      const generations = ofTopic.map(({ generation }) => generation);
      const starts = ofTopic.map(({ index, start }) => ({ index, start: start ?? 'latest' }));
      const found = await resolveOffsets(connection, { topic, readCommitted }, starts);
      ofTopic.forEach((partition, at) => {
        if (partition.generation !== generations[at]) return;
        const { errorCode, offset } = found.get(partition.index) ?? {
          errorCode: ErrorCode.UNKNOWN_SERVER_ERROR,
          offset: -1,
        };
        if (errorCode === 0) partition.resolved(offset);
        else this.#refused(partition, errorCode);
      });
    }
  }

  async #fetch(
    leader: { readonly connection: Connection; readonly from: number },
    partitions: readonly PartitionState[],
  ): Promise<void> {
    const { requestTimeoutMs } = this.#cluster.settings;
    const answers = await fetchPartitions(leader, this.#settings, partitions, requestTimeoutMs);
    if (this.#closing.signal.aborted) return;
    for (const { partition, answer, hint } of answers) {
      if (!this.#partitions.has(partition)) continue;
      if (answer.errorCode === 0) this.#take(partition, answer);
      else this.#refused(partition, answer.errorCode, hint);
    }
    this.#owner.progressed();
  }

  #take(partition: PartitionState, answer: PartitionAnswer): void {
    const { readCommitted, toEnd } = this.#settings;
    partition.failures = 0;
    partition.highWatermark = answer.highWatermark;
    partition.logStartOffset = answer.logStartOffset;
    partition.visibleEndOffset =
      readCommitted && answer.lastStableOffset >= 0 ? answer.lastStableOffset : answer.highWatermark;
    if (toEnd && partition.endOffset < 0) partition.endOffset = partition.visibleEndOffset;
    const { records } = answer;
    if (records === null || records.length === 0) return;
    const { fetchOffset } = partition;
    forEachBatch(records, 0, records.length, (at) => {
      partition.fetchOffset = Math.max(partition.fetchOffset, lastOffsetOf(records, at) + 1);
      return true;
    });
    if (partition.fetchOffset === fetchOffset) {
      // Not one whole batch: it needs more room.
      partition.maxBytes = Math.min(partition.maxBytes * 2, 0x7fffffff);
      return;
    }
    partition.heldBytes += records.length;
    this.#heldBytes += records.length;
    this.#owner.fetched(partition, records, readCommitted ? (answer.abortedTransactions ?? []) : null);
  }

  #refused(partition: PartitionState, code: number, hint?: LeaderHint): void {
    const { topic } = partition;
    const place = `${topic}-${partition.index}`;
    if (code === ErrorCode.OFFSET_OUT_OF_RANGE) {
      this.#outOfRange(partition, place);
      return;
    }
    if (!LEADER.has(code) && !isRetriable(code)) {
      this.#owner.failed(kafkaError(code, `${place} cannot be read: ${errorMeaning(code)}`));
      return;
    }
    this.#cluster.settings.logger.debug(`Fetching ${place} again: ${errorMeaning(code)}`);
    const leader = hint && this.#cluster.learnLeader(hint);
    if (!LEADER.has(code)) this.#delay(partition);
    else if (leader === undefined) this.#lose(partition, partition.leader);
    else partition.leader = leader;
  }

  /** Looks for the leader at once, and waits before the same one is asked again. */
  #lose(partition: PartitionState, leader: number): void {
    this.#cluster.invalidate(partition.topic);
    partition.leader = -1;
    partition.lostLeader = leader;
    this.#delay(partition);
    void this.#locate(partition.topic);
  }

  /** A leader that was cut off answers as ever: others may know better, and what is known has to be asked again. */
  #lookAround(): void {
    const now = this.#cluster.settings.clock.monotonic();
    if (now - this.#lookedAt < LOOKS_MS || this.#closing.signal.aborted) return;
    this.#lookedAt = now;
    for (const partition of this.#partitions) {
      const topic = this.#cluster.lastKnown(partition.topic);
      const leader = topic?.partitions.find(({ index }) => index === partition.index)?.leader ?? -1;
      if (partition.leader >= 0 && leader >= 0) partition.leader = leader;
      if (this.#cluster.known(partition.topic) === undefined) void this.#locate(partition.topic);
    }
  }

  #outOfRange(partition: PartitionState, place: string): void {
    const { onOutOfRange } = this.#settings;
    const { fetchOffset } = partition;
    if (onOutOfRange === 'error') {
      this.#owner.failed(
        kafkaError(
          ErrorCode.OFFSET_OUT_OF_RANGE,
          `${place} has no offset ${fetchOffset} (any more); start elsewhere, or set \`onOutOfRange\`.`,
        ),
      );
      return;
    }
    if (onOutOfRange === 'nearest') void this.#goNearest(partition);
    else this.#goTo(partition, onOutOfRange);
  }

  #goTo(partition: PartitionState, start: 'earliest' | 'latest'): void {
    this.#cluster.settings.logger.warn(
      `${partition.topic}-${partition.index} has no offset ${partition.fetchOffset} (any more); going to the ${start}.`,
    );
    partition.go(start);
  }

  /** Asks where the log ends, and goes to its end or its start, whichever the lost offset is beyond. */
  async #goNearest(partition: PartitionState): Promise<void> {
    const lost = partition.fetchOffset;
    const { generation, leader } = partition;
    partition.notBefore = Number.POSITIVE_INFINITY;
    let start: 'earliest' | 'latest' = 'earliest';
    try {
      const connection = await this.#cluster.connect(leader, this.#purposes[0] ?? '');
      const question = { topic: partition.topic, readCommitted: this.#settings.readCommitted };
      const end = await offsetOf(connection, question, partition.index, 'latest');
      if (lost > end) start = 'latest';
    } catch (cause) {
      this.#cluster.settings.logger.debug(`The end of the log is not known: ${messageOf(cause)}`);
    }
    partition.notBefore = 0;
    if (partition.generation === generation) this.#goTo(partition, start);
    this.wake();
  }

  #isWanted(partition: PartitionState): boolean {
    return (
      !partition.isPaused &&
      !partition.isAtEnd &&
      partition.askedGeneration !== partition.generation &&
      // What waits of one partition must not keep the others from being fetched.
      (partition.heldBytes === 0 || this.#heldBytes < this.#settings.prefetchBytes) &&
      partition.notBefore <= this.#cluster.settings.clock.monotonic()
    );
  }

  #inTurn(partitions: PartitionState[]): PartitionState[] {
    const first = this.#turn++ % partitions.length;
    return first === 0 ? partitions : [...partitions.slice(first), ...partitions.slice(0, first)];
  }

  #delay(partition: PartitionState): void {
    const { clock, backOff, random } = this.#cluster.settings;
    partition.failures++;
    const wait = backOffMs(backOff, partition.failures, random);
    partition.notBefore = clock.monotonic() + wait;
    this.#schedule();
  }

  /** Wakes at the end of the delay that is over first, and so on: each of them is heeded. */
  #schedule(): void {
    const { clock } = this.#cluster.settings;
    const now = clock.monotonic();
    let next = Number.POSITIVE_INFINITY;
    for (const { notBefore } of this.#partitions) {
      if (notBefore > now && notBefore < next) next = notBefore;
    }
    if (next === Number.POSITIVE_INFINITY || this.#closing.signal.aborted) return;
    this.#timer?.cancel();
    const wake = (): void => {
      this.wake();
      this.#schedule();
    };
    this.#timer = clock.after(Math.ceil(next - now) + 1, wake, true);
  }

  async #locate(name: string): Promise<void> {
    if (this.#locating.has(name)) return;
    this.#locating.add(name);
    const lost = (): PartitionState[] =>
      [...this.#partitions].filter(({ topic, leader }) => topic === name && leader < 0);
    try {
      const topic = await this.#cluster.topic(name, false);
      for (const partition of lost()) {
        locate(partition, topic);
        if (partition.leader >= 0 && partition.leader !== partition.lostLeader) partition.notBefore = 0;
      }
      for (const partition of lost()) {
        this.#cluster.invalidate(name);
        this.#delay(partition);
      }
    } catch (cause) {
      const error = cause as KlammError;
      if (!error.retriable) this.#owner.failed(error);
      else for (const partition of lost()) this.#delay(partition);
    } finally {
      this.#locating.delete(name);
    }
    this.wake();
  }
}

function locate(partition: PartitionState, topic: TopicMetadata): void {
  partition.topicId = topic.id;
  partition.leader = topic.partitions.find(({ index }) => index === partition.index)?.leader ?? -1;
}

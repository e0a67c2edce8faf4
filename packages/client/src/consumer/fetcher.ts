// Fetches ahead for a consumer: one request in flight per broker, over a connection of its own.
//
// A loop per broker asks for every partition that is led there and not paused, and rests while enough is fetched
// ahead; `wake` starts it again. Partitions take turns at the front, so that none starves. What a refusal means is
// decided here: look for the leader, go to another offset, wait, or end the consumer with an error.

import { sleep } from '@klamm/base/clock';
import { KlammError, messageOf } from '@klamm/base/errors';
import { ZERO_UUID } from '@klamm/base/random';
import { Fetch } from '@klamm/protocol/api/01-fetch';
import { ErrorCode, errorMeaning, isRetriable, kafkaError } from '@klamm/protocol/error-codes';
import { forEachBatch, lastOffsetOf } from '@klamm/protocol/records/batch';
import type { Decoded } from '@klamm/protocol/schema/fields';
import type { Cluster, TopicMetadata } from '../cluster.ts';
import { backOffMs } from '../network/back-off.ts';
import type { Connection } from '../network/connection.ts';
import type { AbortedTransaction } from './fetched-records.ts';
import { offsetOf, resolveOffsets } from './offsets.ts';
import type { FetchSettings } from './options.ts';
import type { PartitionState } from './partition-state.ts';

type PartitionAnswer = Decoded<
  (typeof Fetch)['response']['fields']
>['responses'][number]['partitions'][number];

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
const LAST_NAMED_VERSION = 12;
const NO_SESSION_EPOCH = -1;

export class Fetcher {
  readonly #cluster: Cluster;
  readonly #settings: FetchSettings;
  readonly #owner: FetcherOwner;
  readonly #purpose: string;
  readonly #partitions: PartitionState[];
  readonly #loops = new Set<number>();
  readonly #closing = new AbortController();
  #topic: TopicMetadata;
  #isLocating = false;
  #isWaking = false;
  #heldBytes = 0;
  #turn = 0;

  constructor(
    cluster: Cluster,
    settings: FetchSettings,
    topic: TopicMetadata,
    partitions: PartitionState[],
    owner: FetcherOwner,
  ) {
    this.#cluster = cluster;
    this.#settings = settings;
    this.#topic = topic;
    this.#partitions = partitions;
    this.#owner = owner;
    this.#purpose = cluster.newPurpose('fetch');
    this.#assignLeaders();
  }

  /** Fetches where something is wanted and nothing is under way. */
  wake(): void {
    if (this.#closing.signal.aborted) return;
    for (const partition of this.#partitions) {
      const { leader } = partition;
      if (!this.#isWanted(partition)) continue;
      if (leader < 0) void this.#locate();
      else if (!this.#loops.has(leader)) void this.#run(leader);
    }
  }

  /** Says that so many bytes of what was fetched are done with. */
  release(bytes: number): void {
    this.#heldBytes -= bytes;
    this.wake();
  }

  close(): void {
    this.#closing.abort();
    this.#cluster.pool.release(this.#purpose);
  }

  async #run(nodeId: number): Promise<void> {
    this.#loops.add(nodeId);
    try {
      while (this.#heldBytes < this.#settings.prefetchBytes && !this.#closing.signal.aborted) {
        const wanted = this.#partitions.filter(
          (partition) => partition.leader === nodeId && this.#isWanted(partition),
        );
        if (wanted.length === 0) return;
        await this.#turnOf(nodeId, wanted);
      }
    } catch (cause) {
      const error =
        cause instanceof KlammError
          ? cause
          : kafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, messageOf(cause), { cause });
      if (!this.#closing.signal.aborted) this.#owner.failed(error);
    } finally {
      this.#loops.delete(nodeId);
    }
  }

  /** One round trip. A lost connection is waited out; anything else that is thrown ends the consumer. */
  async #turnOf(nodeId: number, wanted: PartitionState[]): Promise<void> {
    try {
      const connection = await this.#cluster.connect(nodeId, this.#purpose);
      const unresolved = wanted.filter(({ start }) => start !== undefined);
      if (unresolved.length > 0) await this.#resolve(connection, unresolved);
      const ready = wanted.filter(({ fetchOffset, start }) => start === undefined && fetchOffset >= 0);
      if (ready.length > 0) await this.#fetch(connection, this.#inTurn(ready));
    } catch (cause) {
      if (!(cause instanceof KlammError) || !cause.retriable) throw cause;
      if (this.#closing.signal.aborted) return;
      this.#cluster.settings.logger.debug(`Fetching ${this.#settings.topic} again: ${cause.message}`);
      this.#cluster.invalidate(this.#settings.topic);
      for (const partition of wanted) {
        partition.leader = -1;
        this.#delay(partition);
      }
    }
  }

  async #resolve(connection: Connection, partitions: readonly PartitionState[]): Promise<void> {
    const generations = partitions.map(({ generation }) => generation);
    const starts = partitions.map(({ index, start }) => ({ index, start: start ?? 'latest' }));
    const found = await resolveOffsets(connection, this.#settings, starts);
    partitions.forEach((partition, at) => {
      if (partition.generation !== generations[at]) return;
      const { errorCode, offset } = found.get(partition.index) ?? {
        errorCode: ErrorCode.UNKNOWN_SERVER_ERROR,
        offset: -1,
      };
      if (errorCode === 0) partition.resolved(offset);
      else this.#refused(partition, errorCode);
    });
  }

  async #fetch(connection: Connection, partitions: readonly PartitionState[]): Promise<void> {
    const { topic, readCommitted, minBytes, maxBytes, maxWaitMs } = this.#settings;
    const { id: topicId } = this.#topic;
    const asked = new Map(partitions.map((partition) => [partition.index, partition.generation]));
    // Whoever reads to the end learns where that is before anything is waited for.
    const isHurried = partitions.some(({ endOffset }) => this.#settings.toEnd && endOffset < 0);
    const answer = await connection.request(
      Fetch,
      {
        maxWaitMs: isHurried ? 0 : maxWaitMs,
        minBytes,
        maxBytes,
        isolationLevel: readCommitted ? 1 : 0,
        sessionEpoch: NO_SESSION_EPOCH,
        topics: [
          {
            topic,
            topicId,
            partitions: partitions.map((partition) => ({
              partition: partition.index,
              fetchOffset: partition.fetchOffset,
              partitionMaxBytes: partition.maxBytes,
            })),
          },
        ],
      },
      {
        timeoutMs: this.#cluster.settings.requestTimeoutMs + maxWaitMs,
        ...(topicId === ZERO_UUID ? { versionMax: LAST_NAMED_VERSION } : {}),
      },
    );
    if (this.#closing.signal.aborted) return;
    if (answer.errorCode !== 0) throw kafkaError(answer.errorCode);
    for (const { partitions: answers } of answer.responses) {
      for (const found of answers) {
        const partition = this.#partitions.find(({ index }) => index === found.partitionIndex);
        if (partition === undefined || asked.get(partition.index) !== partition.generation) continue;
        if (found.errorCode === 0) this.#take(partition, found);
        else this.#refused(partition, found.errorCode);
      }
    }
    this.#owner.progressed();
  }

  #take(partition: PartitionState, answer: PartitionAnswer): void {
    const { readCommitted, toEnd } = this.#settings;
    partition.failures = 0;
    partition.highWatermark = answer.highWatermark;
    partition.logStartOffset = answer.logStartOffset;
    if (toEnd && partition.endOffset < 0) {
      partition.endOffset =
        readCommitted && answer.lastStableOffset >= 0 ? answer.lastStableOffset : answer.highWatermark;
    }
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
    this.#heldBytes += records.length;
    this.#owner.fetched(partition, records, readCommitted ? (answer.abortedTransactions ?? []) : null);
  }

  #refused(partition: PartitionState, code: number): void {
    const { topic } = this.#settings;
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
    if (LEADER.has(code)) {
      this.#cluster.invalidate(topic);
      partition.leader = -1;
    }
    this.#delay(partition);
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
      `${this.#settings.topic}-${partition.index} has no offset ${partition.fetchOffset} (any more); going to the ${start}.`,
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
      const connection = await this.#cluster.connect(leader, this.#purpose);
      const end = await offsetOf(connection, this.#settings, partition.index, 'latest');
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
    if (this.#isWaking) return;
    this.#isWaking = true;
    sleep(clock, Math.ceil(wait) + 1, this.#closing.signal).then(
      () => {
        this.#isWaking = false;
        this.wake();
        // Others may have been delayed for longer meanwhile.
        const now = clock.monotonic();
        const later = this.#partitions.find(
          ({ notBefore }) => notBefore > now && notBefore < Number.POSITIVE_INFINITY,
        );
        if (later !== undefined) this.#wakeLater(later.notBefore - now);
      },
      () => {},
    );
  }

  #wakeLater(delayMs: number): void {
    if (this.#isWaking) return;
    this.#isWaking = true;
    this.#cluster.settings.clock.after(
      Math.ceil(delayMs) + 1,
      () => {
        this.#isWaking = false;
        this.wake();
      },
      true,
    );
  }

  async #locate(): Promise<void> {
    if (this.#isLocating) return;
    this.#isLocating = true;
    try {
      this.#topic = await this.#cluster.topic(this.#settings.topic, false);
      this.#assignLeaders();
      for (const partition of this.#partitions) {
        if (partition.leader >= 0) continue;
        this.#cluster.invalidate(this.#settings.topic);
        this.#delay(partition);
      }
    } catch (cause) {
      const error = cause as KlammError;
      if (!error.retriable) this.#owner.failed(error);
      else for (const partition of this.#partitions) if (partition.leader < 0) this.#delay(partition);
    } finally {
      this.#isLocating = false;
    }
    this.wake();
  }

  #assignLeaders(): void {
    for (const partition of this.#partitions) {
      partition.leader = this.#topic.partitions.find(({ index }) => index === partition.index)?.leader ?? -1;
    }
  }
}

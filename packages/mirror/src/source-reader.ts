// Fetches ahead of the writer: one request at a time to each leader of the source, for every partition that has room.
//
// It reads up to the last stable offset, so that the fate of every transaction it sees is known. What a refusal means is
// decided here as far as it concerns the source: look for the leader, take what retention has removed for a hole, or
// have the partition fail. What waits to be written is bounded, for each partition and in all.

import { sleep } from '@klamm/base/clock';
import { KlammError, messageOf } from '@klamm/base/errors';
import type { RawClient } from '@klamm/client/raw/raw-client';
import { type RawFetched, rawFetch } from '@klamm/client/raw/raw-fetch';
import { ErrorCode, errorMeaning, isRetriable, kafkaError } from '@klamm/protocol/error-codes';
import { isCompacted } from './compacted.ts';
import type { MirroredPartition } from './partition.ts';
import { cutPieces, endOf, type Piece } from './pieces.ts';
import type { CopySettings } from './settings.ts';

export interface ReaderOwner {
  readonly partitions: Iterable<MirroredPartition>;
  /** Pieces came. */
  offered(partition: MirroredPartition): void;
  /** It cannot be read, and will not be. */
  failed(partition: MirroredPartition, error: KlammError): void;
}

const POLL_MS = 500;
/** Where others of the same leader have no room at the moment: they shall not wait for who has nothing. */
const SHORT_POLL_MS = 20;
const BACK_OFF_MS = 200;
const ANSWER_BYTES = 16 * 1024 * 1024;
const BATCH_BYTES_MAX = 0x7fffffff;

export class SourceReader {
  readonly #client: RawClient;
  readonly #settings: CopySettings;
  readonly #owner: ReaderOwner;
  readonly #lane: string;
  readonly #loops = new Set<number>();
  readonly #locating = new Set<MirroredPartition>();
  readonly #closing = new AbortController();
  #turn = 0;

  constructor(client: RawClient, settings: CopySettings, owner: ReaderOwner) {
    this.#client = client;
    this.#settings = settings;
    this.#owner = owner;
    this.#lane = client.newLane('mirror-fetch');
  }

  /** Fetches where there is room and nothing is under way. */
  wake(): void {
    if (this.#closing.signal.aborted) return;
    for (const partition of this.#owner.partitions) {
      if (!this.#isWanted(partition)) continue;
      if (partition.sourceLeader < 0) void this.#locate(partition);
      else if (!this.#loops.has(partition.sourceLeader)) void this.#loop(partition.sourceLeader);
    }
  }

  close(): void {
    this.#closing.abort();
    this.#client.releaseLane(this.#lane);
  }

  #isWanted({ phase, isAsked, heldBytes }: MirroredPartition): boolean {
    return phase === 'copying' && !isAsked && heldBytes < this.#settings.partitionBytes;
  }

  /** True where no more is to be fetched in all. */
  get #isFull(): boolean {
    let held = 0;
    for (const { heldBytes } of this.#owner.partitions) held += heldBytes;
    return held >= this.#settings.totalBytes;
  }

  async #locate(partition: MirroredPartition): Promise<void> {
    if (this.#locating.has(partition)) return;
    this.#locating.add(partition);
    try {
      const { leader, topicId } = await this.#client.partition(partition.topic, partition.index);
      partition.sourceLeader = leader;
      partition.sourceTopicId = topicId;
      if (leader < 0) {
        this.#client.invalidate(partition.topic);
        await this.#rest();
      }
    } catch (cause) {
      const error = asKlamm(cause);
      if (error.retriable || this.#closing.signal.aborted) await this.#rest();
      else this.#owner.failed(partition, error);
    } finally {
      this.#locating.delete(partition);
    }
    this.wake();
  }

  async #loop(nodeId: number): Promise<void> {
    this.#loops.add(nodeId);
    try {
      while (!this.#closing.signal.aborted && !this.#isFull) {
        const led = [...this.#owner.partitions].filter(({ sourceLeader }) => sourceLeader === nodeId);
        const wanted = led.filter((partition) => this.#isWanted(partition));
        if (wanted.length === 0) return;
        const doubtful = wanted.find(({ isDoubtful }) => isDoubtful);
        const isHurried = led.some(({ phase, heldBytes }) => phase === 'copying' && heldBytes > 0);
        const waitMs = doubtful !== undefined ? 0 : isHurried ? SHORT_POLL_MS : POLL_MS;
        await this.#fetch(nodeId, doubtful === undefined ? this.#inTurn(wanted) : [doubtful], waitMs);
      }
    } finally {
      this.#loops.delete(nodeId);
    }
  }

  /** Who is first in a request gets its bytes first. */
  #inTurn(partitions: MirroredPartition[]): MirroredPartition[] {
    const first = this.#turn++ % partitions.length;
    return [...partitions.slice(first), ...partitions.slice(0, first)];
  }

  async #fetch(nodeId: number, asked: readonly MirroredPartition[], maxWaitMs: number): Promise<void> {
    const runs = new Map(asked.map((partition) => [partition, partition.run]));
    const isCurrent = (partition: MirroredPartition): boolean => runs.get(partition) === partition.run;
    for (const partition of asked) partition.isAsked = true;
    let answers: RawFetched[];
    try {
      const connection = await this.#client.connect(nodeId, this.#lane);
      answers = await rawFetch(
        connection,
        asked.map(({ topic, index, sourceTopicId, fetchOffset, maxBytes }) => ({
          topic,
          index,
          topicId: sourceTopicId,
          offset: fetchOffset,
          maxBytes,
        })),
        {
          readCommitted: true,
          maxWaitMs,
          maxBytes: ANSWER_BYTES,
          timeoutMs: this.#settings.requestTimeoutMs,
        },
      );
    } catch (cause) {
      const error = asKlamm(cause);
      if (this.#closing.signal.aborted) return;
      this.#settings.logger.debug(`Fetching again: ${error.message}`);
      for (const partition of asked) if (isCurrent(partition)) this.#lose(partition);
      await this.#rest();
      return;
    }
    const byName = new Map(asked.map((partition) => [partition.name, partition]));
    const refused: [MirroredPartition, number][] = [];
    // Whoever the answer leaves out is asked for again, too.
    for (const partition of asked) if (isCurrent(partition)) partition.isAsked = false;
    for (const answer of answers) {
      const partition = byName.get(`${answer.topic}-${answer.index}`);
      if (partition === undefined || !isCurrent(partition)) continue;
      if (answer.errorCode === 0) this.#take(partition, answer);
      else refused.push([partition, answer.errorCode]);
    }
    const isOnHold = await Promise.all(refused.map(([partition, code]) => this.#refused(partition, code)));
    if (isOnHold.includes(true)) await this.#rest();
  }

  #take(partition: MirroredPartition, answer: RawFetched): void {
    const end = answer.lastStableOffset >= 0 ? answer.lastStableOffset : answer.highWatermark;
    partition.sourceEnd = end;
    partition.sourceStart = answer.logStartOffset;
    const { fetchOffset, isDoubtful } = partition;
    partition.isDoubtful = false;
    let pieces: Piece[];
    try {
      pieces = cutPieces(answer.records, fetchOffset, answer.aborted);
    } catch (cause) {
      this.#owner.failed(partition, asKlamm(cause));
      return;
    }
    if (pieces.length === 0 && end > fetchOffset) {
      // Not one whole batch: it needs more room. Nothing at all: others had the room, or there is nothing.
      if (answer.records.length > 0) partition.maxBytes = Math.min(partition.maxBytes * 2, BATCH_BYTES_MAX);
      else if (!isDoubtful) partition.isDoubtful = true;
      else void this.#takeTail(partition, end);
    }
    this.#offer(partition, pieces);
  }

  /** Asked for alone, it held nothing still: compaction took what was there, or the broker could not read it in time. */
  async #takeTail(partition: MirroredPartition, end: number): Promise<void> {
    const { topic, run, fetchOffset } = partition;
    partition.isAsked = true;
    let isTail = false;
    try {
      isTail = await isCompacted(this.#client.admin, topic);
    } catch (cause) {
      this.#settings.logger.debug(`The end of ${partition.name} is looked at again: ${messageOf(cause)}`);
    }
    if (!isTail) await this.#rest();
    if (run !== partition.run) return;
    partition.isAsked = false;
    if (isTail) this.#offer(partition, [holeOf(fetchOffset, end)]);
    this.wake();
  }

  #offer(partition: MirroredPartition, pieces: readonly Piece[]): void {
    const last = pieces.at(-1);
    if (last === undefined) return;
    partition.fetchOffset = endOf(last);
    for (const piece of pieces) {
      partition.pieces.push(piece);
      if (piece.kind === 'batch') partition.heldBytes += piece.records.length;
    }
    this.#owner.offered(partition);
  }

  /** True where it is to be tried again after a while. */
  async #refused(partition: MirroredPartition, code: number): Promise<boolean> {
    if (code === ErrorCode.OFFSET_OUT_OF_RANGE) {
      await this.#outOfRange(partition);
      return false;
    }
    const said = `${partition.name} of the source cannot be read: ${errorMeaning(code)}`;
    if (isRetriable(code)) {
      this.#settings.logger.debug(said);
      this.#lose(partition);
    } else this.#owner.failed(partition, kafkaError(code, said));
    return isRetriable(code);
  }

  /** What is before the first offset is gone: retention was faster than this mirror, or the log begins behind 0. */
  async #outOfRange(partition: MirroredPartition): Promise<void> {
    const { topic, index, run, fetchOffset } = partition;
    partition.isAsked = true;
    try {
      const first = (await this.#client.admin.listOffsets(topic, 'earliest', { partitions: [index] })).get(
        index,
      );
      if (run !== partition.run || first === undefined) return;
      partition.isAsked = false;
      if (first > fetchOffset) {
        this.#offer(partition, [holeOf(fetchOffset, first)]);
        return;
      }
      const end = (await this.#client.admin.listOffsets(topic, 'latest', { partitions: [index] })).get(index);
      this.#owner.failed(
        partition,
        kafkaError(
          ErrorCode.OFFSET_OUT_OF_RANGE,
          `The target has ${partition.name} up to ${fetchOffset}, and the source ends at ${end}: it has lost records, or is another topic of that name.`,
        ),
      );
    } catch (cause) {
      const error = asKlamm(cause);
      if (error.retriable) this.#lose(partition);
      else this.#owner.failed(partition, error);
    } finally {
      if (run === partition.run) partition.isAsked = false;
    }
  }

  /** Its leader is looked for again. */
  #lose(partition: MirroredPartition): void {
    partition.isAsked = false;
    partition.sourceLeader = -1;
    this.#client.invalidate(partition.topic);
  }

  async #rest(): Promise<void> {
    await sleep(this.#settings.clock, BACK_OFF_MS, this.#closing.signal).catch(() => {});
    // Those whose leader is looked for now wait for no answer of this loop.
    queueMicrotask(() => this.wake());
  }
}

const holeOf = (from: number, to: number): Piece => ({
  kind: 'hole',
  offset: from,
  count: to - from,
  commits: [],
});

export function asKlamm(cause: unknown): KlammError {
  return cause instanceof KlammError
    ? cause
    : kafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, messageOf(cause), { cause });
}

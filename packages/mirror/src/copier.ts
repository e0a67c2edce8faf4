// Copies partitions from one cluster to another until it is closed: reads ahead, writes, and where anything is in doubt
// (a lost answer, a new leader, a broker that died) looks at the target's end and goes on from there.
//
// There is one way to begin and to go on, and nothing is kept for it but what the target itself says: see target-end.ts.
// What it must be told besides is who it writes as, and the breaks in the offsets.

import { type Clock, sleep } from '@klamm/base/clock';
import type { KlammError } from '@klamm/base/errors';
import type { RawClient } from '@klamm/client/raw/raw-client';
import { rawFetch } from '@klamm/client/raw/raw-fetch';
import { ErrorCode, errorMeaning, isRetriable, kafkaError } from '@klamm/protocol/error-codes';
import type { Sender } from './batch-patch.ts';
import { isCompacted } from './compacted.ts';
import { writeLead } from './lead.ts';
import { type Break, OffsetMap } from './offset-map.ts';
import type { MirroredPartition } from './partition.ts';
import { cutPieces, endOf, type HolePiece } from './pieces.ts';
import type { CopySettings } from './settings.ts';
import { asKlamm, SourceReader } from './source-reader.ts';
import { readTargetEnd, SEQUENCE_MAX, type TargetEnd } from './target-end.ts';
import { TargetWriter } from './target-writer.ts';

/** What outlives a copier. */
export interface CopyMemory {
  /** Whether the mirror has ever written by this producer id. */
  isOwn(producerId: number): boolean;
  /** Who to write as; `used`: that one is used up. */
  sender(used?: Sender): Promise<Sender>;
  breaks(topic: string, index: number): readonly Break[];
  /** See lead.ts. */
  lead(topic: string, index: number): number | undefined;
  keepLead(topic: string, index: number, to: number): Promise<void>;
  /** Resolves when it cannot be lost any more. */
  keepBreak(topic: string, index: number, at: Break): Promise<void>;
}

export interface CopyEvents {
  failed(partition: MirroredPartition, error: KlammError): void;
  /** Worth telling a person, and no failure. */
  noticed(text: string): void;
}

const BACK_OFF_FIRST_MS = 100;
const BACK_OFF_MOST_MS = 3000;
/** Between two looks at an end that has to be the same both times. */
const SETTLE_MS = 100;
const LOOKS_MAX = 20;
/** So often in a row a refusal that time may heal is met before the partition fails; a broker's start takes a while. */
const REFUSALS_MAX = 100;
const DOUBTS_MAX = 5;
/** More than any batch has records. */
const SEQUENCES_LEFT_MIN = 2 ** 24;
/** How much cheaper than a marker a record is that is deleted again. */
const LEAD_FACTOR = 500;
const OVERLAP_BYTES = 1024 * 1024;

/** Refusals that mean that somebody else writes, unless the partition's end explains them. */
const DISORDER: ReadonlySet<number> = new Set([
  ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
  ErrorCode.DUPLICATE_SEQUENCE_NUMBER,
  ErrorCode.UNKNOWN_PRODUCER_ID,
  -1,
]);

export class Copier {
  readonly #source: RawClient;
  readonly #target: RawClient;
  readonly #settings: CopySettings;
  readonly #memory: CopyMemory;
  readonly #events: CopyEvents;
  readonly #partitions = new Set<MirroredPartition>();
  readonly #reader: SourceReader;
  readonly #writer: TargetWriter;
  readonly #lanes: { readonly source: string; readonly target: string };
  readonly #closing = new AbortController();
  /** Those that wait for what is out, to be resumed. */
  readonly #settling = new Map<MirroredPartition, () => void>();

  constructor(
    ends: { readonly source: RawClient; readonly target: RawClient },
    settings: CopySettings,
    memory: CopyMemory,
    events: CopyEvents,
  ) {
    this.#source = ends.source;
    this.#target = ends.target;
    this.#settings = settings;
    this.#memory = memory;
    this.#events = events;
    this.#lanes = {
      source: ends.source.newLane('mirror-look'),
      target: ends.target.newLane('mirror-look'),
    };
    this.#reader = new SourceReader(ends.source, settings, {
      partitions: this.#partitions,
      offered: (partition) => this.#writer.wake(partition),
      failed: (partition, error) => this.#fail(partition, error),
    });
    this.#writer = new TargetWriter(ends.target, settings, {
      written: () => this.#reader.wake(),
      doubted: (partition, error) => this.#doubted(partition, error),
      isSkipped: (partition, hole) => this.#isSkipped(partition, hole),
      skip: (partition, hole) => this.#skip(partition, hole),
      settled: (partition) => this.#settling.get(partition)?.(),
    });
  }

  get partitions(): ReadonlySet<MirroredPartition> {
    return this.#partitions;
  }

  add(partition: MirroredPartition): void {
    this.#partitions.add(partition);
    void this.#resume(partition);
  }

  /** Ends at once; what is out is answered or not. */
  close(): void {
    this.#closing.abort();
    this.#reader.close();
    this.#writer.close();
    for (const settled of this.#settling.values()) settled();
  }

  #fail(partition: MirroredPartition, error: KlammError): void {
    if (this.#closing.signal.aborted) return;
    partition.restart('failed');
    partition.error = error;
    this.#events.failed(partition, error);
  }

  #doubted(partition: MirroredPartition, error: KlammError): void {
    if (this.#closing.signal.aborted || partition.phase !== 'copying') return;
    const { errorCode } = error;
    partition.failures++;
    const isDisorder = DISORDER.has(errorCode);
    if (errorCode === ErrorCode.INVALID_PRODUCER_EPOCH || (isDisorder && partition.failures > DOUBTS_MAX)) {
      const said = `${error.message} Does another mirror run?`;
      this.#fail(partition, kafkaError(errorCode, said, { cause: error }));
      return;
    }
    if (!isDisorder && !error.retriable && !isRetriable(errorCode)) {
      this.#fail(partition, error);
      return;
    }
    this.#settings.logger.debug(`Looking at the end of ${partition.name} again: ${error.message}`);
    this.#target.invalidate(partition.topic);
    partition.restart('resuming');
    void this.#resume(partition);
  }

  async #resume(partition: MirroredPartition): Promise<void> {
    const { run } = partition;
    const { signal } = this.#closing;
    for (let refusals = 0; ; refusals++) {
      await this.#settled(partition);
      if (signal.aborted || run !== partition.run) return;
      try {
        await this.#begin(partition);
        if (signal.aborted || run !== partition.run) return;
        partition.phase = 'copying';
        this.#reader.wake();
        return;
      } catch (cause) {
        if (signal.aborted) return;
        const error = asKlamm(cause);
        const mayHeal = error.retriable || error.errorCode === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
        const isOver = error.code !== 'NETWORK_EXCEPTION' && refusals >= REFUSALS_MAX;
        if (!mayHeal || isOver) return this.#fail(partition, error);
        this.#settings.logger.debug(`Resuming ${partition.name} again: ${error.message}`);
        this.#target.invalidate(partition.topic);
        const waitMs = Math.min(BACK_OFF_MOST_MS, BACK_OFF_FIRST_MS * 2 ** Math.min(refusals, 10));
        await pause(this.#settings.clock, waitMs, signal);
      }
    }
  }

  /** What was sent is answered, or lost for good. */
  async #settled(partition: MirroredPartition): Promise<void> {
    while (partition.inFlight > 0 && !this.#closing.signal.aborted) {
      await new Promise<void>((resolve) => this.#settling.set(partition, resolve));
      this.#settling.delete(partition);
    }
  }

  async #begin(partition: MirroredPartition): Promise<void> {
    const { topic, index, name } = partition;
    const place = await this.#target.partition(topic, index);
    if (place.leader < 0) throw kafkaError(ErrorCode.LEADER_NOT_AVAILABLE, `${name} has no leader.`);
    partition.targetLeader = place.leader;
    partition.targetTopicId = place.topicId;
    const end = await this.#stableEnd(topic, index);
    const map = new OffsetMap(this.#memory.breaks(topic, index));
    if (end.last !== undefined && !this.#memory.isOwn(end.last.producerId)) {
      throw kafkaError(
        ErrorCode.INVALID_PRODUCER_ID_MAPPING,
        `The last batch of ${name} on the target is of producer ${end.last.producerId}, not of this mirror: somebody else writes there.`,
      );
    }
    await this.#nextSender(partition, end);
    partition.map = map;
    const begun = await this.#lead(partition, end);
    const position = begun ?? (await this.#positionAt(partition, end));
    partition.copiedTo = position;
    partition.fetchOffset = position;
    partition.nextTarget = begun ?? end.end;
    partition.targetEnd = partition.nextTarget;
  }

  /** Where the log begins at the source's first offset: that offset, once it does; undefined where nothing was done. */
  async #lead(partition: MirroredPartition, { start, end }: TargetEnd): Promise<number | undefined> {
    const { topic, index, map, sender, nextSequence } = partition;
    if (map.breaks.length > 0) return undefined;
    let to = this.#memory.lead(topic, index);
    if (to === undefined && end === 0) {
      const firsts = await this.#source.admin.listOffsets(topic, 'earliest', { partitions: [index] });
      to = firsts.get(index) ?? 0;
      if (to === 0 || to > this.#settings.fillLimit * LEAD_FACTOR) return undefined;
      await this.#memory.keepLead(topic, index, to);
    }
    if (to === undefined || start >= to) return undefined;
    if (end < to) {
      partition.nextSequence = await writeLead(this.#target, this.#lanes.target, {
        place: await this.#target.partition(topic, index),
        sender,
        sequence: nextSequence,
        from: end,
        to,
        now: this.#settings.clock.now(),
        timeoutMs: this.#settings.requestTimeoutMs,
      });
    }
    await this.#target.admin.deleteRecords(topic, { [index]: to });
    return end < to ? to : undefined;
  }

  /** The same at two looks: a marker that was sent before may still be on its way. */
  async #stableEnd(topic: string, index: number): Promise<TargetEnd> {
    let end = await readTargetEnd(this.#target, this.#lanes.target, topic, index);
    for (let looks = 0; looks < LOOKS_MAX; looks++) {
      await pause(this.#settings.clock, SETTLE_MS, this.#closing.signal);
      const again = await readTargetEnd(this.#target, this.#lanes.target, topic, index);
      if (again.end === end.end) return again;
      end = again;
    }
    // Somebody else writes; the last batch says who.
    return end;
  }

  async #nextSender(partition: MirroredPartition, { last }: TargetEnd): Promise<void> {
    if (last !== undefined && last.nextSequence < SEQUENCE_MAX - SEQUENCES_LEFT_MIN) {
      partition.sender = last;
      partition.nextSequence = last.nextSequence;
      return;
    }
    partition.sender = await this.#memory.sender(last);
    partition.nextSequence = 0;
    if (last !== undefined) return;
    // All its records may have been removed; the broker remembers the producer longer than them.
    const { topic, index, sender } = partition;
    const [known] = await this.#target.admin.describeProducers([{ topic, partition: index }]);
    const own = known?.producers.find(({ producerId }) => producerId === sender.producerId);
    if (own?.lastSequence != null) partition.nextSequence = own.lastSequence + 1;
  }

  /**
   * The source offset to go on from. Where markers that were in doubt were written all the same, the target reaches
   * beyond a record that it does not have; from that record on, offsets differ.
   */
  async #positionAt(partition: MirroredPartition, end: TargetEnd): Promise<number> {
    const { map, name, topic, index } = partition;
    const position = map.toSource(end.end);
    if (end.markersFrom === end.end) return position;
    const missed = await this.#firstRecord(partition, map.toSource(end.markersFrom), position);
    if (missed === undefined) return position;
    this.#events.noticed(
      `${name} has ${position - missed} markers too many on the target: from source offset ${missed} on, offsets are larger by as much.`,
    );
    await this.#break(partition, { source: missed, target: end.end });
    return partition.map.toSource(end.end) === missed ? missed : this.#lostPlace(topic, index);
  }

  #lostPlace(topic: string, index: number): never {
    throw kafkaError(-1, `The offsets of ${topic}-${index} cannot be mapped.`);
  }

  /** The first committed record of the source in a range; undefined where there is none. */
  async #firstRecord(partition: MirroredPartition, from: number, to: number): Promise<number | undefined> {
    const { topic, index } = partition;
    for (let at = from; at < to; ) {
      const place = await this.#source.partition(topic, index);
      const connection = await this.#source.connect(place.leader, this.#lanes.source);
      const [answer] = await rawFetch(connection, [{ ...place, offset: at, maxBytes: OVERLAP_BYTES }], {
        readCommitted: true,
        maxWaitMs: 0,
        maxBytes: OVERLAP_BYTES,
        timeoutMs: this.#settings.requestTimeoutMs,
      });
      const code = answer?.errorCode ?? -1;
      // What retention has taken meanwhile is no record any more.
      if (code === ErrorCode.OFFSET_OUT_OF_RANGE) return undefined;
      if (answer === undefined || code !== 0) {
        this.#source.invalidate(topic);
        throw kafkaError(code, `${partition.name} of the source cannot be read: ${errorMeaning(code)}`);
      }
      const pieces = cutPieces(answer.records, at, answer.aborted);
      const found = pieces.find(({ kind }) => kind === 'batch');
      if (found !== undefined) return found.offset < to ? found.offset : undefined;
      const last = pieces.at(-1);
      if (last !== undefined) at = endOf(last);
      else if (answer.lastStableOffset <= at || (await isCompacted(this.#source.admin, topic)))
        return undefined;
      else throw kafkaError(ErrorCode.REQUEST_TIMED_OUT, `${partition.name} of the source was not read.`);
    }
    return undefined;
  }

  #isSkipped({ map, nextTarget }: MirroredPartition, hole: HolePiece): boolean {
    // What goes on from a hole that is passed over already is passed over, too.
    return hole.count > this.#settings.fillLimit || map.breaks.at(-1)?.target === nextTarget;
  }

  async #skip(partition: MirroredPartition, hole: HolePiece): Promise<void> {
    await this.#break(partition, { source: endOf(hole), target: partition.nextTarget });
  }

  async #break(partition: MirroredPartition, at: Break): Promise<void> {
    await this.#memory.keepBreak(partition.topic, partition.index, at);
    partition.map.add(at);
  }
}

const pause = (clock: Clock, ms: number, signal: AbortSignal): Promise<void> =>
  sleep(clock, ms, signal).catch(() => {});

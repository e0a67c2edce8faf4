// A partition: a log, the producers that write to it, and those who wait for it.
//
// `append` is the synchronous, ordered part of a produce request: it checks, assigns offsets and hands the batch to
// the log. When it is durable is told later. Readers see up to the high watermark; those that want more than is
// there register a wake-up. The partition knows batches and offsets, but no request and no connection.

import { AssertionError } from '@klamm/base/assert';
import type { Clock } from '@klamm/base/clock';
import type { Logger } from '@klamm/base/logger';
import { ErrorCode } from '@klamm/protocol/error-codes';
import {
  lastOffsetDeltaOf,
  maxTimestampOf,
  setBaseOffset,
  setLogAppendTime,
  setPartitionLeaderEpoch,
} from '@klamm/protocol/records/batch';
import { buildEndTransactionBatch } from '@klamm/protocol/records/control';
import { endOffsetOf } from '../storage/batch-runs.ts';
import { readTopicId, writeTopicId } from '../storage/checkpoint-files.ts';
import type { LogDirectory } from '../storage/directory.ts';
import { Log } from '../storage/log.ts';
import type { LogConfig, LogOptions } from '../storage/log-options.ts';
import type { AbortedTransaction } from '../storage/txn-index.ts';
import { DurabilityQueue } from './durability.ts';
import { type EpochEnd, LeaderEpochs } from './leader-epochs.ts';
import { inCompression, type ProduceConfig, type Refusal, refusalOf } from './produce-check.ts';
import { ProducerState } from './producer-state.ts';
import { Producers, type TransactionMarker } from './producers.ts';
import { findTimestamp, type TimestampedOffset } from './timestamp-lookup.ts';

/** Settings of a topic whose `cleanup.policy` has `compact`. */
export interface CompactionConfig {
  /** `min.cleanable.dirty.ratio`, `min.compaction.lag.ms`, `max.compaction.lag.ms`, `delete.retention.ms`. */
  readonly minDirtyRatio: number;
  readonly minLagMs: number;
  readonly maxLagMs: number;
  readonly deleteRetentionMs: number;
}

export interface PartitionConfig {
  readonly log: LogConfig;
  readonly produce: ProduceConfig;
  readonly compaction: CompactionConfig | undefined;
}

export interface PartitionOptions
  extends Pick<LogOptions, 'clock' | 'logger' | 'flushPolicy' | 'tailBudget'> {
  readonly directory: LogDirectory;
  readonly topic: string;
  readonly topicId: string;
  readonly index: number;
  readonly leaderEpoch: number;
  readonly config: PartitionConfig;
}

export interface Appended {
  readonly errorCode: 0;
  readonly baseOffset: number;
  /** One past the last offset: what to wait for. */
  readonly endOffset: number;
  /** Time the broker set, in ms; -1 where the records keep their own. */
  readonly logAppendTimeMs: number;
}

const OFFLINE: Refusal = {
  errorCode: ErrorCode.KAFKA_STORAGE_ERROR,
  errorMessage: 'The log directory is offline after a disk error; see the log of the broker.',
};

export class Partition {
  readonly topic: string;
  readonly topicId: string;
  readonly index: number;
  readonly leaderEpoch: number;
  readonly #log: Log;
  readonly #directory: LogDirectory;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #producers = new Producers();
  readonly #producerState: ProducerState;
  readonly #awaitWritten = new DurabilityQueue();
  readonly #awaitDurable = new DurabilityQueue();
  readonly #wakeUps = new Set<() => void>();
  readonly #epochs: LeaderEpochs;
  #produce: ProduceConfig;
  #compaction: CompactionConfig | undefined;
  #highWatermark: number;
  #gone: Error | undefined;

  private constructor(options: PartitionOptions, log: Log) {
    this.topic = options.topic;
    this.topicId = options.topicId;
    this.index = options.index;
    this.leaderEpoch = options.leaderEpoch;
    this.#directory = options.directory;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#produce = options.config.produce;
    this.#compaction = options.config.compaction;
    this.#log = log;
    this.#producerState = new ProducerState(options.directory.disk, log, this.#producers);
    this.#epochs = new LeaderEpochs(options.directory.disk, log.directory, log.endOffset);
    this.#highWatermark = log.highWatermark;
    log.events = {
      advanced: () => this.#onAdvanced(),
      rejected: (error, goodOffset) => this.#onRejected(error, goodOffset),
      offline: (error) => options.directory.takeOffline(error),
      rolled: (baseOffset) => this.#producerState.write(baseOffset),
    };
  }

  static async open(options: PartitionOptions): Promise<Partition> {
    const { directory, topic, index, config } = options;
    const name = `${topic}-${index}`;
    const path = `${directory.path}/${name}`;
    const log = await Log.open({
      disk: directory.disk,
      directory: path,
      clock: options.clock,
      logger: options.logger,
      config: config.log,
      flushPolicy: options.flushPolicy,
      tailBudget: options.tailBudget,
      clean: directory.clean,
      recoveryPoint: directory.recoveryPoints.get(name) ?? 0,
      logStartOffset: directory.logStartOffsets.get(name) ?? 0,
    });
    if (readTopicId(directory.disk, path) === null) writeTopicId(directory.disk, path, options.topicId);
    const partition = new Partition(options, log);
    await partition.#producerState.load();
    partition.#producers.transactions.settle(log.highWatermark);
    return partition;
  }

  get path(): string {
    return this.#log.directory;
  }

  /** For compaction, which works on a log's segments. */
  get log(): Log {
    return this.#log;
  }

  /** What is known of those that write here. */
  get producers(): Producers {
    return this.#producers;
  }

  /** How the partition is compacted; undefined where it is not. */
  get compaction(): CompactionConfig | undefined {
    return this.#compaction;
  }

  get logStartOffset(): number {
    return this.#log.logStartOffset;
  }

  get highWatermark(): number {
    return this.#highWatermark;
  }

  /** One past the last offset that readers of committed records see: what lies below is decided (KIP-98). */
  get lastStableOffset(): number {
    const { firstUnstable } = this.#producers.transactions;
    if (firstUnstable === undefined || firstUnstable >= this.#highWatermark) return this.#highWatermark;
    return Math.max(firstUnstable, this.logStartOffset);
  }

  get logEndOffset(): number {
    return this.#log.endOffset;
  }

  /** All below it is on stable storage. */
  get recoveryPoint(): number {
    return this.#log.syncedOffset;
  }

  get sizeInBytes(): number {
    return this.#log.sizeInBytes;
  }

  /**
   * Checks and appends what a producer sent: one batch. Synchronous; see `whenWritten` and `whenDurable`. Whether the
   * batch of a transaction belongs to one that is open knows its coordinator, which must have been asked.
   *
   * @param epochPerTransaction see `Producers.check`
   */
  append(records: Buffer | null, epochPerTransaction = false): Appended | Refusal {
    if (!this.#directory.isOnline) return OFFLINE;
    const now = this.#clock.now();
    const refusal = refusalOf(records, this.#produce, now);
    if (refusal !== null || records === null) return refusal ?? OFFLINE;
    const sequence = this.#producers.check(records, epochPerTransaction);
    if (sequence.kind === 'refused') return { errorCode: sequence.errorCode, errorMessage: sequence.message };
    if (sequence.kind === 'duplicate') {
      const { baseOffset, lastOffset, timestamp } = sequence;
      return {
        errorCode: 0,
        baseOffset,
        endOffset: lastOffset + 1,
        logAppendTimeMs: this.#produce.logAppendTime ? timestamp : -1,
      };
    }
    const batch = inCompression(records, this.#produce.compression);
    if (this.#produce.logAppendTime) setLogAppendTime(batch, 0, now);
    return this.#appendChecked(batch, now);
  }

  /** Appends a batch of the broker's own, control batches included, as it is. */
  appendOwn(batch: Buffer): Appended | Refusal {
    return this.#directory.isOnline ? this.#appendChecked(batch, this.#clock.now()) : OFFLINE;
  }

  /** Ends the transaction of a producer here. Where none is open, the marker still fences off older epochs. */
  appendMarker(marker: TransactionMarker): Appended | Refusal {
    const refused = this.#producers.checkMarker(marker);
    if (refused !== undefined) return { errorCode: refused.errorCode, errorMessage: refused.message };
    return this.appendOwn(buildEndTransactionBatch(marker, this.#clock.now(), marker));
  }

  #appendChecked(batch: Buffer, now: number): Appended | Refusal {
    const baseOffset = this.#log.endOffset;
    const lastOffset = baseOffset + lastOffsetDeltaOf(batch, 0);
    setBaseOffset(batch, 0, baseOffset);
    setPartitionLeaderEpoch(batch, 0, this.leaderEpoch);
    try {
      this.#epochs.note(this.leaderEpoch, baseOffset);
      this.#log.append(batch, { baseOffset, lastOffset, maxTimestamp: maxTimestampOf(batch, 0) });
    } catch (error) {
      return this.#refused(error as NodeJS.ErrnoException);
    }
    const ended = this.#producers.note(batch, 0);
    if (ended?.committed === false) this.#log.noteAborted(ended);
    return {
      errorCode: 0,
      baseOffset,
      endOffset: lastOffset + 1,
      logAppendTimeMs: this.#produce.logAppendTime ? now : -1,
    };
  }

  /** A new segment or a small file could not be made: a full disk passes, anything else takes the directory offline. */
  #refused(error: NodeJS.ErrnoException): Refusal {
    if (error instanceof AssertionError) throw error;
    if (error.code !== 'ENOSPC' && error.code !== 'EDQUOT') {
      this.#directory.takeOffline(error);
      return OFFLINE;
    }
    const errorMessage = `The disk is full (${error.message}); the partition takes records again when there is room.`;
    return { errorCode: ErrorCode.KAFKA_STORAGE_ERROR, errorMessage };
  }

  /** Why nothing more is written: it was removed, or its directory is offline. */
  get #ended(): Error | undefined {
    return this.#gone ?? this.#directory.offlineCause;
  }

  get takesRecords(): boolean {
    return this.#ended === undefined;
  }

  /** Calls back when all below `offset` is in the page cache (acks=1), or cannot be any more. */
  whenWritten(offset: number, done: (error?: Error) => void): void {
    if (offset <= this.#log.writtenOffset) done();
    else if (this.#ended !== undefined) done(this.#ended);
    else this.#awaitWritten.add(offset, done);
  }

  /** Calls back when all below `offset` is below the high watermark (acks=all), or cannot be any more. */
  whenDurable(offset: number, done: (error?: Error) => void): void {
    if (offset <= this.#highWatermark) done();
    else if (this.#ended !== undefined) done(this.#ended);
    else this.#awaitDurable.add(offset, done);
  }

  /**
   * Resolves when all that was appended before the call is below the high watermark, or never will be. A client that
   * was answered before the flush (acks=1) so finds its records at once, as with a single replica in Apache Kafka.
   */
  settled(): Promise<void> {
    return new Promise((resolve) => this.whenDurable(this.logEndOffset, () => resolve()));
  }

  /** As `Log.read`, up to the high watermark, or the last stable offset where `readCommitted`. */
  read(
    offset: number,
    maxBytes: number,
    minOneBatch: boolean,
    readCommitted: boolean,
  ): Buffer | Promise<Buffer> {
    return this.#log.read(
      offset,
      maxBytes,
      readCommitted ? this.lastStableOffset : this.#highWatermark,
      minOneBatch,
    );
  }

  /** Transactions that a reader who wants only committed records must leave out of batches read from `from` (KIP-98). */
  abortedTransactions(from: number, batches: Buffer): AbortedTransaction[] {
    return batches.length === 0 ? [] : this.#log.abortedTransactions(from, endOffsetOf(batches));
  }

  /** Calls back whenever the high watermark moves, until `unwatch`. */
  watch(wakeUp: () => void): void {
    this.#wakeUps.add(wakeUp);
  }

  unwatch(wakeUp: () => void): void {
    this.#wakeUps.delete(wakeUp);
  }

  /** The first record with `timestamp` or later below `upTo`; undefined where there is none. */
  offsetForTimestamp(timestamp: number, upTo: number): Promise<TimestampedOffset | undefined> {
    return findTimestamp(this.#log, timestamp, upTo);
  }

  /** The first record that has the partition's largest timestamp (KIP-734); undefined where there is none. */
  async offsetOfMaxTimestamp(): Promise<TimestampedOffset | undefined> {
    const { timestamp } = this.#log.maxTimestamp;
    return timestamp < 0 ? undefined : this.offsetForTimestamp(timestamp, this.#highWatermark);
  }

  /**
   * Where an epoch ended: one past its last offset (KIP-320). The epoch answered is the largest not above the one
   * asked for; -1 and -1 where nothing is known of it.
   */
  endOffsetForEpoch(epoch: number): EpochEnd {
    if (epoch === this.leaderEpoch) return { epoch, endOffset: this.logEndOffset };
    return epoch > this.leaderEpoch ? { epoch: -1, endOffset: -1 } : this.#epochs.endOf(epoch);
  }

  /** Epoch of the batch that ends the log; -1 where nothing was ever appended. */
  get latestEpoch(): number {
    return this.#epochs.latest;
  }

  get earliestEpoch(): number {
    return this.#epochs.earliest;
  }

  /** Makes records below `offset` unreadable (KIP-107). */
  deleteRecordsBefore(offset: number): void {
    this.#log.advanceStart(offset);
    this.retain();
  }

  /** Removes what retention no longer keeps, and producers that have been silent too long. */
  retain(producersSilentSince = 0): void {
    if (!this.#directory.isOnline) return;
    this.#producers.expire(producersSilentSince);
    try {
      this.#removeOld();
    } catch (error) {
      const refusal = this.#refused(error as NodeJS.ErrnoException);
      this.#logger.warn(`${this.topic}-${this.index}: old segments stay for now. ${refusal.errorMessage}`);
    }
  }

  #removeOld(): void {
    const removed = this.#log.retain(this.#clock.now());
    if (removed > 0) {
      this.#logger.info(
        `${this.topic}-${this.index}: removed ${removed} segments; the log starts at offset ${this.logStartOffset}.`,
      );
      this.#producerState.removeOld();
    }
  }

  configure(config: PartitionConfig): void {
    this.#log.config = config.log;
    this.#produce = config.produce;
    this.#compaction = config.compaction;
  }

  flush(): Promise<void> {
    return this.#log.flush();
  }

  /** Writes everything out and closes the files. */
  async close(): Promise<void> {
    if (!this.#directory.isOnline) {
      this.abandon();
      return;
    }
    await this.#log.close();
    this.#producerState.write(this.#log.endOffset);
  }

  /** Drops everything in memory; whoever waits is told. */
  abandon(): void {
    const gone = new Error(`Partition ${this.topic}-${this.index} is closed.`);
    this.#log.abandon(gone);
    this.#failWaiting(gone);
    for (const wakeUp of [...this.#wakeUps]) wakeUp();
  }

  /** Told to every partition of a directory that has gone offline. */
  goOffline(cause: Error): void {
    this.#log.abandon(cause);
    this.#failWaiting(cause);
  }

  #failWaiting(error: Error): void {
    this.#gone = error;
    this.#awaitWritten.failBeyond(-1, error);
    this.#awaitDurable.failBeyond(-1, error);
  }

  #onAdvanced(): void {
    this.#awaitWritten.reached(this.#log.writtenOffset);
    const { highWatermark } = this.#log;
    if (highWatermark === this.#highWatermark) return;
    this.#highWatermark = highWatermark;
    this.#producers.transactions.settle(highWatermark);
    this.#awaitDurable.reached(highWatermark);
    for (const wakeUp of this.#wakeUps) wakeUp();
  }

  #onRejected(error: Error, goodOffset: number): void {
    this.#logger.error(
      `${this.topic}-${this.index}: the disk refused a write (${error.message}). What was not acknowledged from offset ` +
        `${goodOffset} on is dropped; the partition takes records again when there is room.`,
    );
    this.#epochs.truncateTo(goodOffset);
    this.#producerState.rebuild(goodOffset);
    this.#producers.transactions.settle(this.#highWatermark);
    this.#awaitWritten.failBeyond(goodOffset, error);
    this.#awaitDurable.failBeyond(goodOffset, error);
  }
}

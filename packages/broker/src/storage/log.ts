// One partition's log: segments, the appender that writes them, and reads.
//
// Three offsets, appended ≥ written ≥ synced, say how far a batch has come; the flush policy decides which of the
// last two is the high watermark, below which readers see. Appending is synchronous and ordered; what it leads to
// is told through `LogEvents`. The log knows offsets, bytes and batches: no topic, no producer, no request.

import { assert, must } from '@klamm/base/assert';
import type { Clock, Timer } from '@klamm/base/clock';
import type { Logger } from '@klamm/base/logger';
import { nextBatch } from '@klamm/protocol/records/batch';
import { Appender, type FlushPolicy } from './appender.ts';
import { endOffsetOf, wholeBatches } from './batch-runs.ts';
import type { Disk } from './disk.ts';
import { SWAP_FILE_SUFFIX } from './file-names.ts';
import type { AppendInfo, LogConfig, LogEvents, LogOptions } from './log-options.ts';
import { type Recovered, recoverSegments } from './recover.ts';
import { Segment, segmentOf } from './segment.ts';
import { TailCache } from './tail-cache.ts';
import { type AbortedTransaction, firstEndingFrom } from './txn-index.ts';

export class Log {
  readonly directory: string;
  config: LogConfig;
  logStartOffset: number;
  readonly #disk: Disk;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #flushPolicy: FlushPolicy;
  #segments: Segment[];
  readonly #tail: TailCache;
  readonly #appender: Appender;
  #events: LogEvents | undefined;
  #endOffset: number;
  /** From here on indexes were made anew when the log was opened, but for that of transactions. */
  readonly rebuiltFrom: number;
  #flushTimer: Timer | undefined;
  #closed = false;

  private constructor(options: LogOptions, { segments, endOffset, rebuiltFrom }: Recovered) {
    this.rebuiltFrom = rebuiltFrom;
    this.directory = options.directory;
    this.config = options.config;
    this.logStartOffset = Math.max(options.logStartOffset, must(segments[0], 'no segment').baseOffset);
    this.#disk = options.disk;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#flushPolicy = options.flushPolicy;
    this.#segments = segments;
    this.#tail = new TailCache(options.tailBudget);
    this.#endOffset = endOffset;
    this.#appender = new Appender(options.flushPolicy, endOffset, {
      written: () => this.#events?.advanced(),
      synced: () => this.#events?.advanced(),
      rejected: (error, goodOffset) => this.#onRejected(error, goodOffset),
      offline: (error) => this.#events?.offline(error),
    });
  }

  static async open(options: LogOptions): Promise<Log> {
    const { disk, directory } = options;
    if (!disk.exists(directory)) {
      disk.makeDirectory(directory);
      disk.syncDirectory(directory.slice(0, directory.lastIndexOf('/')));
    }
    const recovered = await recoverSegments(
      { ...options, indexIntervalBytes: options.config.indexIntervalBytes },
      options.logStartOffset,
    );
    return new Log(options, recovered);
  }

  /** Must be set before the first append. */
  set events(events: LogEvents) {
    this.#events = events;
  }

  /** One past the last offset appended. */
  get endOffset(): number {
    return this.#endOffset;
  }

  get writtenOffset(): number {
    return this.#appender.writtenOffset;
  }

  get syncedOffset(): number {
    return this.#appender.syncedOffset;
  }

  /** One past the last offset that readers see. */
  get highWatermark(): number {
    return this.#flushPolicy === 'sync' ? this.#appender.syncedOffset : this.#appender.writtenOffset;
  }

  get sizeInBytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.appendedBytes, 0);
  }

  /** Base offsets of the segments, ascending. */
  get segmentBases(): number[] {
    return this.#segments.map((segment) => segment.baseOffset);
  }

  /** In order; the last one is active. */
  get segments(): readonly Segment[] {
    return this.#segments;
  }

  get isOpen(): boolean {
    return !this.#closed;
  }

  /**
   * Puts what compaction made of neighbours in their place; false where these are no longer there. Every name is
   * durable before the next step needs it: a crash leaves either the old segments or the new one.
   */
  swap(from: readonly Segment[], to: Segment): boolean {
    const at = this.#segments.indexOf(must(from[0], 'nothing is swapped'));
    if (this.#closed || at < 0 || from.some((segment, i) => this.#segments[at + i] !== segment)) return false;
    to.rename(SWAP_FILE_SUFFIX);
    this.#disk.syncDirectory(this.directory);
    this.#tail.clear();
    // A new list: who reads goes on with the one it has.
    this.#segments = [...this.#segments.slice(0, at), to, ...this.#segments.slice(at + from.length)];
    for (const segment of from) {
      this.#appender.forget(segment);
      this.#removeLater(segment, segment.markDeleted());
    }
    to.rename('');
    this.#disk.syncDirectory(this.directory);
    return true;
  }

  get #active(): Segment {
    return must(this.#segments.at(-1), 'a log has no segment');
  }

  /** Appends one batch whose offsets are already assigned. Synchronous; durable when `advanced` says so. */
  append(batch: Buffer, info: AppendInfo): void {
    assert(!this.#closed, 'a batch is appended to a closed log');
    assert(
      info.baseOffset >= this.#endOffset,
      `offset ${info.baseOffset} is appended below ${this.#endOffset}`,
    );
    if (this.#shouldRoll(batch.length, info)) this.roll();
    const segment = this.#active;
    segment.noteAppend(info.lastOffset, info.maxTimestamp, batch.length, this.config.indexIntervalBytes);
    this.#endOffset = info.lastOffset + 1;
    this.#tail.add(info.baseOffset, info.lastOffset, batch);
    this.#appender.push(segment, batch, this.#endOffset);
    if (this.#flushPolicy === 'os') this.#flushByLimits();
  }

  #flushByLimits(): void {
    // A flush that fails is told by `offline`; nobody waits for this one.
    const flush = (): void => void this.flush().catch(() => {});
    if (this.#endOffset - this.syncedOffset >= this.config.flushMessages) flush();
    else if (this.config.flushMs < LONGEST_FLUSH_MS && this.#flushTimer === undefined) {
      this.#flushTimer = this.#clock.after(this.config.flushMs, () => {
        this.#flushTimer = undefined;
        flush();
      });
    }
  }

  /** Resolves when all appended so far is on stable storage. */
  flush(): Promise<void> {
    return this.#appender.flush();
  }

  /**
   * Whole batches from the one that holds `offset` (which may start before it) to `upTo` (exclusive) or `maxBytes`;
   * the first one whole even above `maxBytes` where `minOneBatch`. Empty at the end. Synchronous where the tail
   * cache has it.
   */
  read(offset: number, maxBytes: number, upTo: number, minOneBatch: boolean): Buffer | Promise<Buffer> {
    if (offset >= upTo) return NOTHING;
    return (
      this.#tail.read(offset, maxBytes, upTo, minOneBatch) ??
      this.#readSegments(offset, maxBytes, upTo, minOneBatch)
    );
  }

  async #readSegments(offset: number, maxBytes: number, upTo: number, minOneBatch: boolean): Promise<Buffer> {
    // Compaction can leave a segment without the offset asked for; the next batch is then in a later one.
    const segments = this.#segments;
    for (let at = segments.indexOf(segmentOf(segments, offset)); at < segments.length; at++) {
      const bytes = await segments[at]?.read(offset, maxBytes, minOneBatch);
      if (bytes !== undefined && bytes.length > 0) return bytes.subarray(0, wholeBatches(bytes, upTo));
    }
    return NOTHING;
  }

  /** Reads at once, for the rare moments that cannot wait: whole batches from the one that holds `offset` to `upTo`. */
  *readSync(offset: number, upTo: number): Generator<Buffer> {
    const segments = this.#segments;
    for (let i = segments.indexOf(segmentOf(segments, offset)); i < segments.length; i++) {
      const segment = segments[i] as Segment;
      let position = segment.offsetIndex.positionFor(offset - segment.baseOffset);
      for (let want = READ_SYNC_BYTES; position < segment.writtenBytes; ) {
        const bytes = segment.file.readSync(Math.min(want, segment.writtenBytes - position), position);
        const end = wholeBatches(bytes, upTo);
        if (end > 0) yield bytes.subarray(0, end);
        position += end;
        const isCut =
          nextBatch(bytes, end, bytes.length) < 0 && position + bytes.length - end < segment.writtenBytes;
        if (!isCut && end < bytes.length) return;
        want = end > 0 ? READ_SYNC_BYTES : want * 2;
      }
    }
  }

  /**
   * Batches that may hold a record with `timestamp` or later, from the time index on, in order; each call of the
   * generator reads some. Nothing at or beyond `upTo`.
   */
  async *batchesFrom(timestamp: number, upTo: number): AsyncGenerator<Buffer> {
    for (const segment of [...this.#segments]) {
      if (segment.maxTimestamp < timestamp) continue;
      let offset = Math.max(
        this.logStartOffset,
        segment.baseOffset + segment.timeIndex.offsetBefore(timestamp),
      );
      while (offset < upTo) {
        const bytes = await this.#readSegments(offset, 1024 * 1024, upTo, true);
        if (bytes.length === 0) break;
        yield bytes;
        offset = endOffsetOf(bytes);
      }
      return;
    }
  }

  /** The largest timestamp and the last offset of the batch that has it; -1 and -1 where there is none. */
  get maxTimestamp(): { timestamp: number; offset: number } {
    let timestamp = -1;
    let offset = -1;
    for (const segment of this.#segments) {
      if (segment.maxTimestamp > timestamp) {
        timestamp = segment.maxTimestamp;
        offset = segment.maxTimestampOffset;
      }
    }
    return { timestamp, offset };
  }

  /** Keeps in the index that a transaction was aborted, by the marker at its last offset. */
  noteAborted(transaction: AbortedTransaction): void {
    segmentOf(this.#segments, transaction.lastOffset).noteAborted(transaction);
  }

  /** Writes what `noteAborted` added to full segments; the active one's is written when that is full. */
  writeAborted(): void {
    for (const segment of this.#segments) if (segment !== this.#active) segment.writeAborted();
  }

  /**
   * Transactions that were aborted and have data at offsets from `from` to `to` (exclusive). All of these that lie below
   * the last stable offset are decided, but a marker may come later than `to`.
   */
  abortedTransactions(from: number, to: number): AbortedTransaction[] {
    const found: AbortedTransaction[] = [];
    const segments = this.#segments;
    for (let i = segments.indexOf(segmentOf(segments, from)); i < segments.length; i++) {
      const { abortedTransactions } = segments[i] as Segment;
      for (let at = firstEndingFrom(abortedTransactions, from); at < abortedTransactions.length; at++) {
        const transaction = abortedTransactions[at] as AbortedTransaction;
        if (transaction.firstOffset < to) found.push(transaction);
        // When this one ended, all before `to` were decided: later ones begin behind it.
        if (transaction.lastStableOffset >= to) return found;
      }
    }
    return found;
  }

  /** Starts a new segment. */
  roll(): void {
    this.#active.writeIndexes();
    const segment = new Segment(this.#disk, this.directory, this.#endOffset, this.#clock.now());
    try {
      segment.create();
    } catch (error) {
      // Were its file left behind, the next start would take the log to end where this segment begins.
      segment.remove();
      throw error;
    }
    this.#segments.push(segment);
    this.#events?.rolled(segment.baseOffset);
  }

  #shouldRoll(bytes: number, info: AppendInfo): boolean {
    const segment = this.#active;
    if (segment.appendedBytes === 0) return false;
    if (segment.appendedBytes + bytes > this.config.segmentBytes) return true;
    if (info.lastOffset - segment.baseOffset > 0x7fffffff) return true;
    if (segment.offsetIndex.sizeInBytes + 8 > this.config.segmentIndexBytes) return true;
    // As LogSegment.timeWaitedForRoll: by the records' own clock where they have one.
    const waited =
      segment.firstTimestamp >= 0 && info.maxTimestamp >= 0
        ? info.maxTimestamp - segment.firstTimestamp
        : this.#clock.now() - segment.createdMs;
    return waited > this.config.segmentMs;
  }

  /** Removes segments that retention no longer keeps, and says how many. The active one is rolled before it goes. */
  retain(now: number): number {
    const { retentionMs, retentionBytes, deletes } = this.config;
    let excess = deletes && retentionBytes >= 0 ? this.sizeInBytes - retentionBytes : -1;
    let removed = 0;
    for (;;) {
      const segment = must(this.#segments[0], 'a log has no segment');
      const next = this.#segments[1];
      const end = next?.baseOffset ?? this.#endOffset;
      // Compaction may have left a segment empty; only the active one is so because nothing came yet.
      if (next === undefined && (segment.appendedBytes === 0 || end > this.highWatermark)) break;
      const newest = segment.maxTimestamp >= 0 ? segment.maxTimestamp : segment.createdMs;
      const tooOld = deletes && retentionMs >= 0 && now - newest > retentionMs;
      const tooMuch = excess >= segment.appendedBytes;
      const below = end <= this.logStartOffset;
      if ((!tooOld && !tooMuch && !below) || end > this.highWatermark) break;
      if (next === undefined) this.roll();
      excess -= segment.appendedBytes;
      this.#segments.shift();
      this.logStartOffset = Math.max(this.logStartOffset, end);
      this.#appender.forget(segment);
      this.#removeLater(segment, segment.markDeleted());
      removed++;
    }
    return removed;
  }

  /** Makes offsets below `offset` unreadable; whole segments below go at the next retention check. */
  advanceStart(offset: number): void {
    this.logStartOffset = Math.max(this.logStartOffset, offset);
  }

  #removeLater(segment: Segment, paths: readonly string[]): void {
    this.#clock.after(this.config.fileDeleteDelayMs, () => {
      try {
        segment.close();
        for (const path of paths) this.#disk.remove(path);
      } catch (error) {
        this.#logger.warn(`A deleted segment could not be removed: ${(error as Error).message}`);
      }
    });
  }

  #onRejected(error: Error, goodOffset: number): void {
    // Segments that were begun behind the good offset hold nothing that was written.
    while (
      this.#segments.length > 1 &&
      this.#active.baseOffset >= goodOffset &&
      this.#active.writtenBytes === 0
    ) {
      this.#segments.pop()?.remove();
    }
    const segment = this.#active;
    segment.truncateTo(segment.writtenBytes, goodOffset);
    this.#tail.truncateTo(goodOffset);
    this.#endOffset = goodOffset;
    this.#events?.rejected(error, goodOffset);
  }

  /** Stops at once; nothing pending is written. */
  abandon(error: Error): void {
    this.#closed = true;
    this.#flushTimer?.cancel();
    this.#appender.stop(error);
    this.#tail.clear();
    for (const segment of this.#segments) segment.close();
  }

  /** Writes and syncs everything, indexes included, and closes the files. */
  async close(): Promise<void> {
    this.#flushTimer?.cancel();
    await this.flush();
    this.#closed = true;
    this.#active.writeIndexes();
    this.#tail.clear();
    for (const segment of this.#segments) segment.close();
  }
}

const NOTHING = Buffer.alloc(0);
const READ_SYNC_BYTES = 4 * 1024 * 1024;
/** A `flush.ms` of a year or more stands for none. */
const LONGEST_FLUSH_MS = 365 * 24 * 3_600_000;

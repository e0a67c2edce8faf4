// Compacts a log: of each key the newest record stays, tombstones and what transactions left go when their time has come.
//
// One pass reads what was never compacted into an OffsetMap, then writes the segments from the log's start up to there
// anew, in groups that fit into one, and swaps each group for its outcome. A crash at any step leaves either the old
// segments or the new one (see recover-swap.ts). The active segment, and what transactions are open on, is left alone.
// The caller makes sure that all of the log is on stable storage and its recovery point written down before a pass.
// org.apache.kafka.storage.internals.log.Cleaner.

import type { Clock } from '@klamm/base/clock';
import { sleep } from '@klamm/base/clock';
import {
  batchSizeOf,
  Compression,
  compressionOf,
  forEachBatch,
  isControl,
  lastOffsetOf,
  maxTimestampOf,
  producerEpochOf,
  producerIdOf,
} from '@klamm/protocol/records/batch';
import { decompressRecords } from '@klamm/protocol/records/compression';
import { RecordCursor } from '@klamm/protocol/records/record';
import type { Disk } from '../disk.ts';
import { CLEANED_FILE_SUFFIX } from '../file-names.ts';
import { Segment } from '../segment.ts';
import type { AbortedTransaction } from '../txn-index.ts';
import { type BatchFate, type FilterRules, filteredBatch } from './batch-filter.ts';
import { OffsetMap } from './offset-map.ts';
import { CleanedTransactions } from './transactions.ts';

/** So much is worked on at a time: a millisecond or so, for which everybody else waits. */
const READ_BYTES = 256 * 1024;

export interface CompactionLimits {
  /** `log.cleaner.dedupe.buffer.size`. */
  readonly mapBytesMax: number;
  /** `log.cleaner.io.max.bytes.per.second`. */
  readonly bytesPerSecondMax: number;
}

/** Where a producer stands: its last batch of data, or, in an epoch without any, the marker that began it. */
export interface LastBatch {
  /** -1 where its epoch has no data. */
  readonly lastOffset: number;
  readonly epoch: number;
}

/** A log as compaction sees it. */
export interface CompactedLog {
  readonly disk: Disk;
  readonly directory: string;
  readonly segmentBytes: number;
  readonly indexIntervalBytes: number;
  readonly deleteRetentionMs: number;
  /** False once the log is closed, or in doubt: the pass ends. */
  readonly isOpen: boolean;
  /** Puts `to` in the place of `from`, neighbours; false where these are no longer there. */
  swap(from: readonly Segment[], to: Segment): boolean;
  /** The last batch of each producer that is still known, by producer id. */
  lastBatchesOfProducers(): ReadonlyMap<number, LastBatch>;
  /** Transactions that were aborted and have data at offsets from `from` to `to` (exclusive). */
  abortedTransactions(from: number, to: number): AbortedTransaction[];
}

export interface CompactionRange {
  /** Segments to compact, from the log's start. */
  readonly segments: readonly Segment[];
  /** What is below was compacted before. */
  readonly firstDirtyOffset: number;
  /** Nothing from here on is touched. */
  readonly endOffset: number;
}

/** Compacts, and resolves with the offset up to which the log is compacted now. */
export async function compact(
  log: CompactedLog,
  range: CompactionRange,
  limits: CompactionLimits,
  clock: Clock,
): Promise<number> {
  const pace = new Pace(clock, limits.bytesPerSecondMax);
  const dirty = range.segments.filter((segment, i) => {
    const next = range.segments[i + 1]?.baseOffset ?? range.endOffset;
    return next > range.firstDirtyOffset && segment.writtenBytes > 0;
  });
  const { firstDirtyOffset, endOffset } = range;
  const map = new OffsetMap(limits.mapBytesMax);
  const ofDirty = new CleanedTransactions(log.abortedTransactions(firstDirtyOffset, endOffset));
  await fillMap(map, dirty, range, ofDirty, pace, log);
  if (map.latestOffset < 0) return range.endOffset;
  const upTo = map.isFull ? map.latestOffset + 1 : range.endOffset;
  const rules = { map, nowMs: clock.now(), deleteRetentionMs: log.deleteRetentionMs, upTo };
  const transactions = new CleanedTransactions(log.abortedTransactions(0, endOffset));
  const cleanable = range.segments.filter(({ baseOffset }) => baseOffset < upTo);
  for (const group of groupsOf(cleanable, log.segmentBytes, range.endOffset)) {
    const cleaned = await cleanGroup(log, group, rules, transactions, pace);
    if (cleaned === undefined) return range.firstDirtyOffset;
    if (!log.swap(group, cleaned)) {
      cleaned.remove();
      return range.firstDirtyOffset;
    }
  }
  return upTo;
}

async function fillMap(
  map: OffsetMap,
  dirty: readonly Segment[],
  { firstDirtyOffset, endOffset }: CompactionRange,
  transactions: CleanedTransactions,
  pace: Pace,
  log: CompactedLog,
): Promise<void> {
  const cursor = new RecordCursor();
  for (const segment of dirty) {
    for await (const bytes of batchesOf(segment, pace, log)) {
      forEachBatch(bytes, 0, bytes.length, (at) => {
        if (lastOffsetOf(bytes, at) < firstDirtyOffset) return true;
        // What was aborted does not take the place of what was there before.
        const isAborted = transactions.isObsolete(bytes, at);
        if (isAborted || isControl(bytes, at)) return true;
        const isCompressed = compressionOf(bytes, at) !== Compression.none;
        cursor.open(bytes, at, isCompressed ? decompressRecords(bytes, at) : undefined);
        while (cursor.next()) {
          const { offset, keySize } = cursor;
          if (keySize < 0 || offset < firstDirtyOffset || offset >= endOffset) continue;
          map.put(cursor.buffer, cursor.keyAt, keySize, offset);
          if (map.isFull) return false;
        }
        return true;
      });
      if (map.isFull || !log.isOpen) return;
    }
  }
}

/** Neighbours that fit into one segment together, whatever is left of them. */
function groupsOf(segments: readonly Segment[], segmentBytes: number, endOffset: number): Segment[][] {
  const groups: Segment[][] = [];
  let bytes = 0;
  for (const [i, segment] of segments.entries()) {
    const group = groups.at(-1);
    const last = (segments[i + 1]?.baseOffset ?? endOffset) - 1;
    const first = group?.[0]?.baseOffset ?? 0;
    bytes += segment.writtenBytes;
    if (group === undefined || bytes > segmentBytes || last - first > 0x7fffffff) {
      groups.push([segment]);
      bytes = segment.writtenBytes;
    } else group.push(segment);
  }
  return groups;
}

/** Writes what is left of a group; undefined where the log was closed meanwhile. */
async function cleanGroup(
  log: CompactedLog,
  group: readonly Segment[],
  rules: FilterRules & { readonly upTo: number },
  transactions: CleanedTransactions,
  pace: Pace,
): Promise<Segment | undefined> {
  const { disk, directory, indexIntervalBytes } = log;
  const [first] = group;
  const baseOffset = first?.baseOffset ?? 0;
  const createdMs = group.at(-1)?.createdMs ?? 0;
  const cleaned = new Segment(disk, directory, baseOffset, createdMs, CLEANED_FILE_SUFFIX);
  cleaned.create();
  transactions.retained = [];
  const lastBatches = log.lastBatchesOfProducers();
  try {
    for (const segment of group) {
      for await (const bytes of batchesOf(segment, pace, log)) {
        const kept: Buffer[] = [];
        forEachBatch(bytes, 0, bytes.length, (at) => {
          const batch = bytes.subarray(at, at + batchSizeOf(bytes, at));
          const left = filteredBatch(batch, fateOf(batch, transactions, lastBatches, rules.upTo), rules);
          if (left.length === 0) return true;
          kept.push(left);
          const maxTimestamp = maxTimestampOf(left, 0);
          cleaned.noteAppend(lastOffsetOf(left, 0), maxTimestamp, left.length, indexIntervalBytes);
          return true;
        });
        if (kept.length > 0) cleaned.file.write(kept, cleaned.writtenBytes);
        cleaned.writtenBytes = cleaned.appendedBytes;
      }
    }
    if (!log.isOpen) {
      cleaned.remove();
      return undefined;
    }
    cleaned.abortedTransactions = transactions.retained;
    cleaned.writeIndexes();
    await cleaned.file.sync();
    return cleaned;
  } catch (error) {
    cleaned.remove();
    throw error;
  }
}

/** @param upTo where the pass ends: the batch before stays, so that nobody takes the log to end earlier */
function fateOf(
  batch: Buffer,
  transactions: CleanedTransactions,
  lastBatches: ReadonlyMap<number, LastBatch>,
  upTo: number,
): BatchFate {
  const last = lastBatches.get(producerIdOf(batch, 0));
  const isLastOfProducer =
    last !== undefined &&
    (last.lastOffset >= 0
      ? last.lastOffset === lastOffsetOf(batch, 0)
      : isControl(batch, 0) && last.epoch === producerEpochOf(batch, 0));
  const staysEmpty = isLastOfProducer || lastOffsetOf(batch, 0) + 1 === upTo;
  return { isObsolete: transactions.isObsolete(batch, 0), staysEmpty };
}

/**
 * Whole batches of a segment, some at a time, and valid for that time; ends early when the log is closed. While some are
 * worked on, the next are read into the other of two buffers.
 */
async function* batchesOf(segment: Segment, pace: Pace, log: CompactedLog): AsyncGenerator<Buffer> {
  const buffers = [Buffer.allocUnsafeSlow(READ_BYTES), Buffer.allocUnsafeSlow(READ_BYTES)];
  const readAt = (position: number, want: number): Promise<Buffer> => {
    const length = Math.min(want, segment.writtenBytes - position);
    const reading = segment.file.read(length, position, length > READ_BYTES ? undefined : buffers[0]);
    buffers.reverse();
    // Where nobody comes for it any more, its failure matters to nobody.
    reading.catch(() => {});
    return reading;
  };
  let reading = readAt(0, READ_BYTES);
  for (let position = 0; position < segment.writtenBytes && log.isOpen; ) {
    const bytes = await reading;
    const end = forEachBatch(bytes, 0, bytes.length, () => true);
    if (end === 0) {
      // A batch that is larger than what was read; one that ends beyond the file is none.
      if (bytes.length >= segment.writtenBytes - position) return;
      reading = readAt(position, bytes.length * 2);
      continue;
    }
    position += end;
    if (position < segment.writtenBytes) reading = readAt(position, READ_BYTES);
    yield bytes.subarray(0, end);
    await pace.spent(end);
  }
}

/** Keeps reading and writing below a rate, and lets others have their turn. */
class Pace {
  readonly #clock: Clock;
  readonly #bytesPerSecondMax: number;
  readonly #begun: number;
  #bytes = 0;

  constructor(clock: Clock, bytesPerSecondMax: number) {
    this.#clock = clock;
    this.#bytesPerSecondMax = bytesPerSecondMax;
    this.#begun = clock.monotonic();
  }

  async spent(bytes: number): Promise<void> {
    this.#bytes += bytes;
    const dueMs = (this.#bytes / this.#bytesPerSecondMax) * 1000;
    const aheadMs = dueMs - (this.#clock.monotonic() - this.#begun);
    if (aheadMs > 1) await sleep(this.#clock, aheadMs);
  }
}

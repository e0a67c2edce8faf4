// One segment of a log: a .log file of batches and its two indexes.
//
// `appendedBytes` counts what was accepted, `writtenBytes` what reached the file; only the appender moves the
// latter. Batches are indexed when they are appended, so a lookup may point beyond what is written: readers hold
// their position against `writtenBytes`. Files are opened when first needed. Behaviour of
// org.apache.kafka.storage.internals.log.LogSegment.

import { must } from '@klamm/base/assert';
import {
  BATCH_HEADER_BYTES,
  batchSizeOf,
  forEachBatch,
  lastOffsetOf,
  maxTimestampOf,
} from '@klamm/protocol/records/batch';
import type { Disk, DiskFile } from './disk.ts';
import {
  DELETED_FILE_SUFFIX,
  LOG_SUFFIX,
  OFFSET_INDEX_SUFFIX,
  segmentFileName,
  TIME_INDEX_SUFFIX,
  TXN_INDEX_SUFFIX,
} from './file-names.ts';
import { OffsetIndex } from './offset-index.ts';
import { TimeIndex } from './time-index.ts';
import { type AbortedTransaction, parseTxnIndex, writeTxnIndex } from './txn-index.ts';

const NOTHING = Buffer.alloc(0);
const INDEX_SUFFIXES = [OFFSET_INDEX_SUFFIX, TIME_INDEX_SUFFIX, TXN_INDEX_SUFFIX];
/** Read beyond what is asked for, so that one read serves although an index entry lies before the offset. */
const INDEX_SLACK_BYTES = 16 * 1024;

export class Segment {
  readonly baseOffset: number;
  appendedBytes = 0;
  writtenBytes = 0;
  /** Largest timestamp of a record, -1 where there is none, and the last offset of the batch that has it. */
  maxTimestamp = -1;
  maxTimestampOffset = -1;
  /** Max timestamp of the first batch, from which `segment.ms` counts; -1 where there is none. */
  firstTimestamp = -1;
  /** When the segment was made, in ms since the epoch. */
  readonly createdMs: number;
  readonly #disk: Disk;
  readonly #directory: string;
  #suffix: string;
  #file: DiskFile | undefined;
  #offsetIndex: OffsetIndex | undefined;
  #timeIndex: TimeIndex | undefined;
  #aborted: AbortedTransaction[] | undefined;
  /** Whether the file lacks some of them. */
  #hasMoreAborted = false;
  #bytesSinceIndexed = 0;

  /** @param suffix of its files beside their usual names: `.cleaned` while compaction writes them */
  constructor(disk: Disk, directory: string, baseOffset: number, createdMs: number, suffix = '') {
    this.#suffix = suffix;
    this.#disk = disk;
    this.#directory = directory;
    this.baseOffset = baseOffset;
    this.createdMs = createdMs;
  }

  path(suffix: string): string {
    return `${this.#directory}/${segmentFileName(this.baseOffset, suffix)}${this.#suffix}`;
  }

  get file(): DiskFile {
    this.#file ??= this.#disk.open(this.path(LOG_SUFFIX));
    return this.#file;
  }

  /** Read from its file when first asked for. */
  get offsetIndex(): OffsetIndex {
    this.#offsetIndex ??=
      this.#readIndex(OFFSET_INDEX_SUFFIX, (bytes) => OffsetIndex.parse(bytes, this.writtenBytes)) ??
      new OffsetIndex();
    return this.#offsetIndex;
  }

  get timeIndex(): TimeIndex {
    this.#timeIndex ??= this.#readIndex(TIME_INDEX_SUFFIX, TimeIndex.parse) ?? new TimeIndex();
    return this.#timeIndex;
  }

  /** By their last offsets, which are those of their markers. */
  get abortedTransactions(): readonly AbortedTransaction[] {
    return this.#knownAborted;
  }

  get #knownAborted(): AbortedTransaction[] {
    this.#aborted ??= this.#readIndex(TXN_INDEX_SUFFIX, parseTxnIndex) ?? [];
    return this.#aborted;
  }

  /** Makes the segment's files, empty, so that a tool that looks finds all that Kafka has. */
  create(): void {
    this.#offsetIndex = new OffsetIndex();
    this.#timeIndex = new TimeIndex();
    this.#aborted = [];
    this.file.truncate(0);
    this.writeIndexes();
  }

  /** True where both index files are there and make sense for a file of `writtenBytes`. */
  hasSoundIndexes(indexIntervalBytes: number): boolean {
    const offsets = this.#readIndex(OFFSET_INDEX_SUFFIX, (bytes) =>
      OffsetIndex.parse(bytes, this.writtenBytes),
    );
    const times = this.#readIndex(TIME_INDEX_SUFFIX, TimeIndex.parse);
    if (offsets === null || times === null) return false;
    // An index that a crash left empty would be no error, but every read a scan of the whole segment.
    return offsets.count > 0 || this.writtenBytes <= 2 * indexIntervalBytes + 1024 * 1024;
  }

  /** Accounts for a batch that was appended at the end: one index entry for every `indexIntervalBytes`. */
  noteAppend(lastOffset: number, maxTimestamp: number, bytes: number, indexIntervalBytes: number): void {
    if (this.appendedBytes === 0) this.firstTimestamp = maxTimestamp;
    if (maxTimestamp > this.maxTimestamp) {
      this.maxTimestamp = maxTimestamp;
      this.maxTimestampOffset = lastOffset;
    }
    if (this.#bytesSinceIndexed > indexIntervalBytes) {
      this.offsetIndex.append(lastOffset - this.baseOffset, this.appendedBytes);
      this.#appendTimeEntry();
      this.#bytesSinceIndexed = 0;
    }
    this.appendedBytes += bytes;
    this.#bytesSinceIndexed += bytes;
  }

  #appendTimeEntry(): void {
    if (this.maxTimestamp >= 0)
      this.timeIndex.append(this.maxTimestamp, this.maxTimestampOffset - this.baseOffset);
  }

  /** Forgets everything in memory beyond `bytes`, where the next offset is `nextOffset`; the file is cut as well. */
  truncateTo(bytes: number, nextOffset: number): void {
    this.file.truncate(bytes);
    this.appendedBytes = bytes;
    this.writtenBytes = bytes;
    this.offsetIndex.truncateTo(bytes);
    this.timeIndex.truncateTo(nextOffset - this.baseOffset);
    this.#aborted = this.abortedTransactions.filter(({ lastOffset }) => lastOffset < nextOffset);
    this.#findMaxTimestamp();
  }

  /** The time index knows all up to the last batch that is indexed; what lies behind that one is read. */
  #findMaxTimestamp(): void {
    this.maxTimestamp = -1;
    this.maxTimestampOffset = -1;
    this.loadTimestamps();
    const position = this.offsetIndex.positionFor(0x7fffffff);
    const bytes = this.file.readSync(this.writtenBytes - position, position);
    forEachBatch(bytes, 0, bytes.length, (at) => {
      if (maxTimestampOf(bytes, at) > this.maxTimestamp) {
        this.maxTimestamp = maxTimestampOf(bytes, at);
        this.maxTimestampOffset = lastOffsetOf(bytes, at);
      }
      return true;
    });
  }

  /**
   * Prepares for a rebuild of the indexes by `noteAppend`.
   *
   * @param isWhole whether all of the segment was on stable storage, and so its index of aborted transactions, which is
   * rebuilt only later
   */
  clearIndexes(isWhole: boolean): void {
    this.#offsetIndex = new OffsetIndex();
    this.#timeIndex = new TimeIndex();
    if (!isWhole) this.#aborted = [];
    this.appendedBytes = 0;
    this.maxTimestamp = -1;
    this.maxTimestampOffset = -1;
    this.#bytesSinceIndexed = 0;
  }

  /** Takes the largest timestamp from the time index, as at opening a segment that needs no recovery. */
  loadTimestamps(): void {
    const last = this.timeIndex.last;
    if (last === undefined) return;
    this.maxTimestamp = last.timestamp;
    this.maxTimestampOffset = this.baseOffset + last.relativeOffset;
  }

  /** Writes the index files, with the final entry of the time index that Kafka writes on a roll or a close. */
  writeIndexes(): void {
    this.#appendTimeEntry();
    this.#writeFile(OFFSET_INDEX_SUFFIX, this.offsetIndex.toBuffer());
    this.#writeFile(TIME_INDEX_SUFFIX, this.timeIndex.toBuffer());
    this.#writeTxnIndex();
  }

  #writeTxnIndex(): void {
    const aborted = this.#aborted;
    if (aborted === undefined) return;
    // Behind the recovery point nothing is read again: what it says must not be lost with the page cache.
    if (aborted.length > 0) this.#disk.replaceFile(this.path(TXN_INDEX_SUFFIX), writeTxnIndex(aborted));
    else this.#disk.remove(this.path(TXN_INDEX_SUFFIX));
    this.#hasMoreAborted = false;
  }

  /** Adds a transaction whose marker is in this segment; one that is known already stays as it is. */
  noteAborted({ producerId, firstOffset, lastOffset, lastStableOffset }: AbortedTransaction): void {
    const last = this.#knownAborted.at(-1);
    if (last !== undefined && last.lastOffset >= lastOffset) return;
    this.#knownAborted.push({ producerId, firstOffset, lastOffset, lastStableOffset });
    this.#hasMoreAborted = true;
  }

  /** Writes the index of aborted transactions where its file lacks some. */
  writeAborted(): void {
    if (this.#hasMoreAborted) this.#writeTxnIndex();
  }

  /**
   * Bytes from the batch that holds `offset` (or the next one) on: `maxBytes` at most, but the first batch whole where
   * `minOneBatch`. Empty where nothing that is written ends at or after `offset`. One read, where the index is near.
   */
  async read(offset: number, maxBytes: number, minOneBatch: boolean): Promise<Buffer> {
    let position = this.offsetIndex.positionFor(offset - this.baseOffset);
    while (position + BATCH_HEADER_BYTES <= this.writtenBytes) {
      const bytes = await this.file.read(
        Math.min(maxBytes + INDEX_SLACK_BYTES, this.writtenBytes - position),
        position,
      );
      let at = 0;
      while (at + BATCH_HEADER_BYTES <= bytes.length) {
        const size = batchSizeOf(bytes, at);
        if (lastOffsetOf(bytes, at) < offset) {
          at += size;
          continue;
        }
        if (at + size <= bytes.length || !minOneBatch)
          return bytes.subarray(at, at + Math.max(maxBytes, minOneBatch ? size : 0));
        return this.file.read(Math.max(size, maxBytes), position + at);
      }
      if (at === 0) break;
      position += at;
    }
    return NOTHING;
  }

  /**
   * Renames the files so that they are left out at the next start, and returns their new names. The .log file stays
   * open for who still reads from it, until `close`.
   */
  markDeleted(): string[] {
    const renamed: string[] = [];
    for (const suffix of [LOG_SUFFIX, ...INDEX_SUFFIXES]) {
      const path = this.path(suffix);
      if (!this.#disk.exists(path)) continue;
      this.#disk.rename(path, path + DELETED_FILE_SUFFIX);
      renamed.push(path + DELETED_FILE_SUFFIX);
    }
    return renamed;
  }

  /** Gives the files another suffix, the indexes first: a .log file without them is whole, they without it are nothing. */
  rename(suffix: string): void {
    const { baseOffset } = this;
    for (const kind of [...INDEX_SUFFIXES, LOG_SUFFIX]) {
      const from = this.path(kind);
      if (this.#disk.exists(from)) {
        this.#disk.rename(from, `${this.#directory}/${segmentFileName(baseOffset, kind)}${suffix}`);
      }
    }
    this.#suffix = suffix;
  }

  /** Keeps the aborted transactions of a segment that compaction wrote; `writeIndexes` writes them. */
  set abortedTransactions(transactions: readonly AbortedTransaction[]) {
    this.#aborted = [...transactions];
  }

  remove(): void {
    this.close();
    for (const suffix of [LOG_SUFFIX, ...INDEX_SUFFIXES]) {
      this.#disk.remove(this.path(suffix));
    }
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #readIndex<T>(suffix: string, parse: (bytes: Buffer) => T | null): T | null {
    const path = this.path(suffix);
    return this.#disk.exists(path) ? parse(this.#disk.readFile(path)) : null;
  }

  #writeFile(suffix: string, bytes: Buffer): void {
    const file = this.#disk.open(this.path(suffix));
    try {
      file.truncate(0);
      if (bytes.length > 0) file.write([bytes], 0);
    } finally {
      file.close();
    }
  }
}

/** The segment that holds `offset`: the last one that starts at or before it. `segments` ascend and are not empty. */
export function segmentOf(segments: readonly Segment[], offset: number): Segment {
  let low = 0;
  let high = segments.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((segments[middle] as Segment).baseOffset <= offset) low = middle;
    else high = middle - 1;
  }
  return must(segments[low], 'a log has no segment');
}

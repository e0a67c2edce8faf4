// Opens a log's files: what is there, what is whole, and, after an unclean stop, what must be cut off.
//
// Segments below the recovery point are taken as they are. From there on every batch is read and checked; at the
// first that is not whole the file is cut, and later segments go. What was acknowledged was synced, so nothing
// acknowledged lies behind such a place. Behaviour of org.apache.kafka.storage.internals.log.LogLoader.

import type { Logger } from '@klamm/base/logger';
import {
  BATCH_HEADER_BYTES,
  baseOffsetOf,
  batchSizeOf,
  checkBatch,
  LOG_OVERHEAD,
  lastOffsetOf,
  maxTimestampOf,
} from '@klamm/protocol/records/batch';
import { recoverSwap } from './compaction/recover-swap.ts';
import type { Disk } from './disk.ts';
import { baseOffsetOfFile, DELETED_FILE_SUFFIX, LOG_SUFFIX } from './file-names.ts';
import { Segment } from './segment.ts';

const READ_BYTES = 4 * 1024 * 1024;

export interface RecoverOptions {
  readonly disk: Disk;
  readonly directory: string;
  readonly logger: Logger;
  readonly indexIntervalBytes: number;
  /** True where the directory was closed cleanly: nothing is checked. */
  readonly clean: boolean;
  /** All below this offset is known to be on stable storage and whole. */
  readonly recoveryPoint: number;
}

export interface Recovered {
  /** In order; never empty. The last one is active. */
  readonly segments: Segment[];
  readonly endOffset: number;
  /** Base offset of the first segment that was read anew; Infinity where all were trusted. */
  readonly rebuiltFrom: number;
}

export async function recoverSegments(options: RecoverOptions, startOffset: number): Promise<Recovered> {
  const { disk, directory, logger } = options;
  recoverSwap(disk, directory);
  const names = disk.list(directory);
  for (const name of names.filter((n) => n.endsWith(DELETED_FILE_SUFFIX) || n.endsWith('.tmp'))) {
    disk.remove(`${directory}/${name}`);
  }
  const bases = names.map((name) => baseOffsetOfFile(name, LOG_SUFFIX)).filter((base) => base >= 0);
  const segments: Segment[] = [];
  /** Behind the last batch of each segment. */
  const ends: number[] = [];
  let rebuiltFrom = Number.POSITIVE_INFINITY;
  for (const [i, base] of bases.entries()) {
    const segment = new Segment(disk, directory, base, 0);
    const { size, modifiedMs } = disk.stat(segment.path(LOG_SUFFIX));
    const opened = new Segment(disk, directory, base, modifiedMs);
    opened.writtenBytes = size;
    opened.appendedBytes = size;
    segments.push(opened);
    const nextBase = bases[i + 1];
    const trusted = options.clean || (nextBase !== undefined && nextBase <= options.recoveryPoint);
    if (trusted && opened.hasSoundIndexes(options.indexIntervalBytes)) {
      opened.loadTimestamps();
      ends.push(nextBase ?? (await endOf(opened)));
      continue;
    }
    rebuiltFrom = Math.min(rebuiltFrom, base);
    const scanned = await scan(opened, options, trusted);
    const { endOffset } = scanned;
    ends.push(endOffset);
    if (scanned.reason === undefined) continue;
    const dropped = bases.slice(i + 1);
    logger.warn(
      `${directory}: cut ${size - scanned.bytes} bytes from the end of segment ${base}: ${scanned.reason}. ` +
        `The log goes on at offset ${endOffset}.${dropped.length > 0 ? ` Removed ${dropped.length} later segments.` : ''}`,
      { offset: endOffset, bytes: size - scanned.bytes },
    );
    opened.truncateTo(scanned.bytes, endOffset);
    await opened.file.sync();
    for (const later of dropped) new Segment(disk, directory, later, 0).remove();
    break;
  }
  if (!options.clean) removeStranded(segments, ends, options.recoveryPoint);
  if (segments.length === 0) {
    const first = new Segment(disk, directory, startOffset, 0);
    first.create();
    segments.push(first);
  }
  return { segments, endOffset: ends.at(-1) ?? startOffset, rebuiltFrom };
}

/**
 * Removes segments at the end that were begun behind bytes that a power cut took away, and are empty themselves: they
 * would leave a gap. Gaps that compaction leaves lie below the recovery point.
 */
function removeStranded(segments: Segment[], ends: number[], recoveryPoint: number): void {
  for (;;) {
    const last = segments.at(-1);
    const endBefore = ends.at(-2);
    if (last === undefined || endBefore === undefined || last.writtenBytes > 0) return;
    if (last.baseOffset === endBefore || last.baseOffset <= recoveryPoint) return;
    last.remove();
    segments.pop();
    ends.pop();
  }
}

/** The offset behind the last batch of a segment that is known to be whole. */
async function endOf(segment: Segment): Promise<number> {
  const first = await segment.file.read(BATCH_HEADER_BYTES, 0);
  if (first.length === BATCH_HEADER_BYTES) segment.firstTimestamp = maxTimestampOf(first, 0);
  let endOffset = segment.baseOffset;
  let position = segment.offsetIndex.positionFor(0x7fffffff);
  while (position < segment.writtenBytes) {
    const bytes = await segment.file.read(Math.min(64 * 1024, segment.writtenBytes - position), position);
    let at = 0;
    while (at + BATCH_HEADER_BYTES <= bytes.length) {
      endOffset = lastOffsetOf(bytes, at) + 1;
      at += batchSizeOf(bytes, at);
    }
    if (at === 0) break;
    position += at;
  }
  return endOffset;
}

interface Scan {
  readonly endOffset: number;
  /** Bytes of whole batches from the start. */
  readonly bytes: number;
  /** Why the rest is no batch; undefined where nothing is left. */
  readonly reason: string | undefined;
}

/** Reads and checks every batch, and builds both indexes anew. */
async function scan(segment: Segment, options: RecoverOptions, isWhole: boolean): Promise<Scan> {
  const total = segment.writtenBytes;
  segment.clearIndexes(isWhole);
  let endOffset = segment.baseOffset;
  let position = 0;
  let want = READ_BYTES;
  while (position < total) {
    const bytes = await segment.file.read(Math.min(want, total - position), position);
    let at = 0;
    while (at < bytes.length) {
      const check = checkBatch(bytes, at, bytes.length);
      if (
        check === 'truncated' &&
        position + bytes.length < total &&
        isPlausible(bytes, at, total - position - at)
      )
        break;
      const reason =
        check !== 'ok'
          ? REASONS[check]
          : baseOffsetOf(bytes, at) < endOffset
            ? 'its offset goes back'
            : undefined;
      if (reason !== undefined) {
        segment.writeIndexes();
        return {
          endOffset,
          bytes: position + at,
          reason: `the batch at byte ${position + at} is not whole (${reason})`,
        };
      }
      const size = batchSizeOf(bytes, at);
      endOffset = lastOffsetOf(bytes, at) + 1;
      segment.noteAppend(endOffset - 1, maxTimestampOf(bytes, at), size, options.indexIntervalBytes);
      at += size;
    }
    // A batch larger than what was read: read as much as it says, which is no more than what the file has.
    want = at === 0 ? Math.min(batchSizeOf(bytes, 0), total - position) : READ_BYTES;
    position += at;
  }
  segment.writeIndexes();
  return { endOffset, bytes: total, reason: undefined };
}

/** True where the batch that starts at `at` may go on beyond what was read. */
function isPlausible(bytes: Buffer, at: number, fileBytesLeft: number): boolean {
  return bytes.length - at < LOG_OVERHEAD ? true : batchSizeOf(bytes, at) <= fileBytesLeft;
}

const REASONS = {
  truncated: 'it ends too early',
  badLength: 'its length makes no sense',
  unsupportedMagic: 'its format is unknown',
  badCrc: 'its checksum does not fit',
  badCompression: 'its compression is unknown',
  badCount: 'its record count makes no sense',
  badNumber: 'a number in it is out of range',
} as const;

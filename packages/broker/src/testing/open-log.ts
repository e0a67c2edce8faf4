// Opens a log on a disk of the test's, and waits for what a log tells through events.

import { systemClock } from '@klamm/base/clock';
import { type Logger, silentLogger } from '@klamm/base/logger';
import { lastOffsetDeltaOf, maxTimestampOf, setBaseOffset } from '@klamm/protocol/records/batch';
import { recordsOf } from '@klamm/protocol/records/record';
import type { FlushPolicy } from '../storage/appender.ts';
import type { Disk } from '../storage/disk.ts';
import { Log } from '../storage/log.ts';
import type { LogConfig } from '../storage/log-options.ts';
import { TailCacheBudget } from '../storage/tail-cache.ts';

export const LOG_CONFIG: LogConfig = {
  segmentBytes: 4096,
  segmentMs: 7 * 24 * 3_600_000,
  segmentIndexBytes: 1024 * 1024,
  indexIntervalBytes: 256,
  fileDeleteDelayMs: 0,
  flushMessages: Number.POSITIVE_INFINITY,
  flushMs: Number.POSITIVE_INFINITY,
  retentionMs: -1,
  retentionBytes: -1,
  deletes: true,
};

export interface OpenLog {
  readonly log: Log;
  /** What went wrong, in order. */
  readonly troubles: { kind: 'rejected' | 'offline'; error: Error }[];
  /** Lines that the log's opening wrote. */
  readonly warnings: string[];
}

export async function openLog(
  disk: Disk,
  options: {
    config?: Partial<LogConfig>;
    clean?: boolean;
    recoveryPoint?: number;
    flushPolicy?: FlushPolicy;
    tailBytes?: number;
  } = {},
): Promise<OpenLog> {
  const warnings: string[] = [];
  const logger: Logger = { ...silentLogger, warn: (message) => void warnings.push(message) };
  disk.makeDirectory('/data');
  const log = await Log.open({
    disk,
    directory: '/data/t-0',
    clock: systemClock,
    logger,
    config: { ...LOG_CONFIG, ...options.config },
    flushPolicy: options.flushPolicy ?? 'sync',
    tailBudget: new TailCacheBudget(options.tailBytes ?? 0),
    clean: options.clean ?? false,
    recoveryPoint: options.recoveryPoint ?? 0,
    logStartOffset: 0,
  });
  const troubles: OpenLog['troubles'] = [];
  log.events = {
    advanced: () => {},
    rejected: (error) => troubles.push({ kind: 'rejected', error }),
    offline: (error) => troubles.push({ kind: 'offline', error }),
    rolled: () => {},
  };
  return { log, troubles, warnings };
}

/** Appends a batch at the end of the log, as a partition does. */
export function appendTo(log: Log, batch: Buffer): { baseOffset: number; lastOffset: number } {
  const baseOffset = log.endOffset;
  const lastOffset = baseOffset + lastOffsetDeltaOf(batch, 0);
  setBaseOffset(batch, 0, baseOffset);
  log.append(batch, { baseOffset, lastOffset, maxTimestamp: maxTimestampOf(batch, 0) });
  return { baseOffset, lastOffset };
}

/** Every record from `offset` to the high watermark: offset and key. */
export async function readFrom(
  log: Log,
  offset: number,
  maxBytes = 1024,
): Promise<{ offset: number; key: string }[]> {
  const found: { offset: number; key: string }[] = [];
  let next = offset;
  while (next < log.highWatermark) {
    const bytes = await log.read(next, maxBytes, log.highWatermark, true);
    if (bytes.length === 0) break;
    for (let at = 0; at < bytes.length; ) {
      for (const record of recordsOf(bytes, at)) {
        if (record.offset >= next) found.push({ offset: record.offset, key: String(record.key) });
      }
      at += 12 + bytes.readInt32BE(at + 8);
    }
    next = (found.at(-1)?.offset ?? next) + 1;
  }
  return found;
}

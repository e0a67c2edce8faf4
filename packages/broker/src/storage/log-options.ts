// What a log is told: its settings, what it is opened with, and whom it tells of what becomes of batches.

import type { Clock } from '@klamm/base/clock';
import type { Logger } from '@klamm/base/logger';
import type { FlushPolicy } from './appender.ts';
import type { Disk } from './disk.ts';
import type { TailCacheBudget } from './tail-cache.ts';

/** The settings of a log; all may change while it runs. */
export interface LogConfig {
  /** `segment.bytes`, `segment.ms`, `segment.index.bytes`, `index.interval.bytes`, `file.delete.delay.ms`. */
  readonly segmentBytes: number;
  readonly segmentMs: number;
  readonly segmentIndexBytes: number;
  readonly indexIntervalBytes: number;
  readonly fileDeleteDelayMs: number;
  /** `flush.messages`, `flush.ms`: after how many records, and how long, a log is synced where the policy is `os`. */
  readonly flushMessages: number;
  readonly flushMs: number;
  /** `retention.ms`, `retention.bytes`; -1 for no limit. They hold where `cleanup.policy` has `delete`. */
  readonly retentionMs: number;
  readonly retentionBytes: number;
  readonly deletes: boolean;
}

export interface LogOptions {
  readonly disk: Disk;
  readonly directory: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly config: LogConfig;
  readonly flushPolicy: FlushPolicy;
  readonly tailBudget: TailCacheBudget;
  /** True where the whole log directory was closed cleanly. */
  readonly clean: boolean;
  /** From `recovery-point-offset-checkpoint` and `log-start-offset-checkpoint`; 0 where there is none. */
  readonly recoveryPoint: number;
  readonly logStartOffset: number;
}

export interface LogEvents {
  /** `writtenOffset` or `syncedOffset` moved, and with one of them the high watermark. */
  advanced(): void;
  /** Batches from `goodOffset` on were refused by the disk and are gone. */
  rejected(error: Error, goodOffset: number): void;
  /** The files are in doubt; the log directory must go offline. */
  offline(error: Error): void;
  /** A segment starts at `baseOffset`. */
  rolled(baseOffset: number): void;
}

export interface AppendInfo {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly maxTimestamp: number;
}

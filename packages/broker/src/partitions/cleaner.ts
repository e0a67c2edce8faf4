// Compacts partitions, the filthiest first, one at a time and off the hot path.
//
// Every `log.cleaner.backoff.ms` it looks which logs have enough that was never compacted, or have had it for too long,
// and works until none has. How far each log is compacted is kept in `cleaner-offset-checkpoint`, as Apache Kafka keeps
// it. org.apache.kafka.storage.internals.log.LogCleanerManager.

import type { Clock, Timer } from '@klamm/base/clock';
import { messageOf } from '@klamm/base/errors';
import type { Logger } from '@klamm/base/logger';
import { readOffsets, writeOffsets } from '../storage/checkpoint-files.ts';
import { type CompactionLimits, type CompactionRange, compact } from '../storage/compaction/compactor.ts';
import { CLEANER_FILE, type LogDirectory } from '../storage/directory.ts';
import type { CompactionConfig, Partition } from './partition.ts';

export interface CleanerOptions {
  readonly directory: LogDirectory;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly partitions: () => Iterable<Partition>;
  /** Writes the recovery points down: a log that is compacted must not be cut at a gap after a crash. */
  readonly checkpoint: () => void;
  readonly limits: CompactionLimits;
  /** `log.cleaner.backoff.ms`; undefined for never (`log.cleaner.enable=false`). */
  readonly backoffMs: number | undefined;
}

interface Candidate {
  readonly partition: Partition;
  readonly config: CompactionConfig;
  readonly range: CompactionRange;
  readonly dirtyRatio: number;
}

export class Cleaner {
  readonly #options: CleanerOptions;
  /** By `TOPIC-N`: up to where it is compacted. */
  readonly #compacted: Map<string, number>;
  #timer: Timer | undefined;
  /** Partitions whose log cannot be compacted; a person has to look. */
  readonly #uncleanable = new Set<Partition>();
  /** Up to where a pass would have gone that came to nothing: segments were removed under it. */
  readonly #cutShort = new WeakMap<Partition, number>();
  #working: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: CleanerOptions) {
    const { directory } = options;
    this.#options = options;
    this.#compacted = readOffsets(directory.disk, `${directory.path}/${CLEANER_FILE}`);
    this.#waitForNext();
  }

  /** The settings may change while it waits: the next wait is as they then say. */
  #waitForNext(): void {
    const { clock, backoffMs } = this.#options;
    if (backoffMs === undefined) return;
    this.#timer = clock.after(backoffMs, () => {
      this.#waitForNext();
      void this.clean();
    });
  }

  /** Compacts whatever needs it now; resolves when nothing does any more. */
  clean(): Promise<void> {
    this.#working ??= this.#clean().finally(() => {
      this.#working = undefined;
    });
    return this.#working;
  }

  /** Ends; a pass under way is given up at its next step, and leaves the log as it is. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#working;
  }

  async #clean(): Promise<void> {
    for (;;) {
      if (this.#isClosed || !this.#options.directory.isOnline) return;
      const filthiest = this.#filthiest();
      if (filthiest === undefined) return;
      await this.#cleanOne(filthiest);
    }
  }

  #filthiest(): Candidate | undefined {
    let filthiest: Candidate | undefined;
    for (const partition of this.#options.partitions()) {
      const { compaction: config } = partition;
      if (config === undefined || this.#uncleanable.has(partition)) continue;
      const candidate = this.#judge(partition, config);
      if (candidate !== undefined && candidate.dirtyRatio > (filthiest?.dirtyRatio ?? -1))
        filthiest = candidate;
    }
    return filthiest;
  }

  /** What there is to compact; undefined where it is not enough yet. */
  #judge(partition: Partition, config: CompactionConfig): Candidate | undefined {
    const { segments } = partition.log;
    const now = this.#options.clock.now();
    const active = segments.at(-1);
    if (active === undefined || segments.length < 2) return undefined;
    const young =
      config.minLagMs > 0
        ? segments.find(({ maxTimestamp }) => maxTimestamp > now - config.minLagMs)
        : undefined;
    const endOffset = Math.min(
      active.baseOffset,
      partition.lastStableOffset,
      young?.baseOffset ?? Number.POSITIVE_INFINITY,
    );
    const whole = segments.filter(
      (_, i) => (segments[i + 1]?.baseOffset ?? Number.POSITIVE_INFINITY) <= endOffset,
    );
    const known = this.#compacted.get(nameOf(partition)) ?? 0;
    // A log that was cut or deleted from since is compacted anew from its start.
    const firstDirtyOffset =
      known < partition.logStartOffset || known > active.baseOffset ? partition.logStartOffset : known;
    const isDirty = (i: number): boolean => (whole[i + 1]?.baseOffset ?? endOffset) > firstDirtyOffset;
    const dirty = whole.filter((_, i) => isDirty(i));
    const dirtyBytes = sizeOf(dirty);
    if (dirtyBytes === 0) return undefined;
    const dirtyRatio = dirtyBytes / sizeOf(whole);
    const isOverdue = dirty.some(
      ({ firstTimestamp }) => firstTimestamp >= 0 && now - firstTimestamp > config.maxLagMs,
    );
    if (dirtyRatio <= config.minDirtyRatio && !isOverdue) return undefined;
    const range = {
      segments: whole,
      firstDirtyOffset,
      endOffset:
        whole.length < segments.length ? (segments[whole.length]?.baseOffset ?? endOffset) : endOffset,
    };
    if (this.#cutShort.get(partition) === range.endOffset) return undefined;
    return { partition, config, range, dirtyRatio: isOverdue ? 1 + dirtyRatio : dirtyRatio };
  }

  async #cleanOne({ partition, config, range }: Candidate): Promise<void> {
    const { directory, clock, logger, limits, checkpoint } = this.#options;
    const name = nameOf(partition);
    const { log } = partition;
    const before = sizeOf(range.segments);
    try {
      await partition.flush();
      checkpoint();
      const cleaner = this;
      const view = {
        disk: directory.disk,
        directory: log.directory,
        segmentBytes: log.config.segmentBytes,
        indexIntervalBytes: log.config.indexIntervalBytes,
        deleteRetentionMs: config.deleteRetentionMs,
        get isOpen() {
          return log.isOpen && !cleaner.#isClosed;
        },
        swap: log.swap.bind(log),
        lastBatchesOfProducers: () => partition.producers.lastBatches,
        abortedTransactions: log.abortedTransactions.bind(log),
      };
      const upTo = await compact(view, range, limits, clock);
      if (!view.isOpen) return;
      this.#keep(name, upTo);
      const after = sizeOf(log.segments.filter(({ baseOffset }) => baseOffset < range.endOffset));
      logger.info(`${name}: compacted up to offset ${upTo}, ${before} bytes to ${after}.`);
      // Nothing was gained, for reasons that may pass: it is looked at again when there is more.
      if (upTo <= range.firstDirtyOffset) this.#cutShort.set(partition, range.endOffset);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      this.#uncleanable.add(partition);
      logger.error(
        `${name} cannot be compacted, and will not be until the broker starts again: ${messageOf(error)}`,
      );
      if (code !== undefined && code !== 'ENOSPC' && code !== 'EDQUOT') directory.takeOffline(error as Error);
    }
  }

  #keep(name: string, offset: number): void {
    const { directory, partitions } = this.#options;
    this.#compacted.set(name, offset);
    const entries = Array.from(partitions()).flatMap((partition) => {
      const known = this.#compacted.get(nameOf(partition));
      return known === undefined ? [] : [{ topic: partition.topic, index: partition.index, offset: known }];
    });
    writeOffsets(directory.disk, `${directory.path}/${CLEANER_FILE}`, entries);
  }
}

const nameOf = ({ topic, index }: Partition): string => `${topic}-${index}`;

function sizeOf(segments: readonly { readonly appendedBytes: number }[]): number {
  return segments.reduce((sum, { appendedBytes }) => sum + appendedBytes, 0);
}

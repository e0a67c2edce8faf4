// All partitions of the broker: opened at start, added and removed as topics are, looked after by timers, and
// closed in order. A partition's folder is named `TOPIC-N`; one whose topic was deleted is renamed and removed later.

import type { Clock, Timer } from '@klamm/base/clock';
import type { Logger } from '@klamm/base/logger';
import { ErrorCode, kafkaError } from '@klamm/protocol/error-codes';
import type { TopicImage } from '../metadata/image.ts';
import type { FlushPolicy } from '../storage/appender.ts';
import { type OffsetCheckpoint, readTopicId, writeOffsets } from '../storage/checkpoint-files.ts';
import {
  CLEANER_FILE,
  HIGH_WATERMARK_FILE,
  LOG_START_FILE,
  type LogDirectory,
  RECOVERY_POINT_FILE,
} from '../storage/directory.ts';
import { DELETED_DIRECTORY_SUFFIX, STRAY_DIRECTORY_SUFFIX, setAsideName } from '../storage/file-names.ts';
import { TailCacheBudget } from '../storage/tail-cache.ts';
import { Partition, type PartitionConfig } from './partition.ts';

export interface PartitionTableOptions {
  readonly directory: LogDirectory;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly flushPolicy: FlushPolicy;
  readonly configOf: (topic: string) => PartitionConfig;
  readonly checkpointMs: number;
  readonly retentionCheckMs: number;
  readonly producerExpirationMs: number;
}

// Opening reads a few small files each; more at a time does not make it faster.
const OPEN_AT_ONCE = 16;

export class PartitionTable {
  readonly #options: PartitionTableOptions;
  readonly #byName = new Map<string, Partition[]>();
  readonly #byId = new Map<string, Partition[]>();
  readonly #tailBudget = new TailCacheBudget();
  readonly #timers: Timer[] = [];

  constructor(options: PartitionTableOptions) {
    this.#options = options;
  }

  /** Opens every partition of `topics`, recovering what an unclean stop left. */
  async open(topics: readonly TopicImage[]): Promise<void> {
    const { directory, clock, checkpointMs, retentionCheckMs } = this.#options;
    this.#removeDeleted();
    const all = topics.flatMap((topic) =>
      topic.partitions.map((partition) => ({ topic, index: partition.index })),
    );
    for (let i = 0; i < all.length; i += OPEN_AT_ONCE) {
      await Promise.all(
        all.slice(i, i + OPEN_AT_ONCE).map(({ topic, index }) => this.#openOne(topic, index)),
      );
    }
    this.#timers.push(
      clock.every(checkpointMs, () => this.checkpoint()),
      clock.every(retentionCheckMs, () => {
        for (const partition of this.all())
          partition.retain(clock.now() - this.#options.producerExpirationMs);
      }),
    );
    if (directory.isOnline) this.checkpoint();
  }

  get(topic: string, index: number): Partition | undefined {
    return this.#byName.get(topic)?.[index];
  }

  getById(topicId: string, index: number): Partition | undefined {
    return this.#byId.get(topicId)?.[index];
  }

  *all(): Generator<Partition> {
    for (const partitions of this.#byName.values()) yield* partitions;
  }

  /** Opens the partitions of a topic from index `from` on. */
  async add(topic: TopicImage, from: number): Promise<void> {
    const { directory } = this.#options;
    const added = topic.partitions.filter(({ index }) => index >= from);
    for (const { index } of added) {
      this.#setAsideStranger(topic, index);
      directory.disk.makeDirectory(`${directory.path}/${topic.name}-${index}`);
    }
    // One sync for all their names: with many partitions it is most of what creating a topic takes.
    directory.disk.syncDirectory(directory.path);
    for (const { index } of added) await this.#openOne(topic, index);
  }

  /** Takes a topic's partitions out of service and removes their files after `file.delete.delay.ms`. */
  remove(topic: TopicImage): void {
    const { directory, clock, logger } = this.#options;
    const partitions = this.#byName.get(topic.name) ?? [];
    this.#byName.delete(topic.name);
    this.#byId.delete(topic.id);
    for (const partition of partitions) {
      partition.abandon();
      const name = setAsideName(topic.name, partition.index, topic.id, DELETED_DIRECTORY_SUFFIX);
      const renamed = `${directory.path}/${name}`;
      directory.disk.rename(partition.path, renamed);
      clock.after(this.#options.configOf(topic.name).log.fileDeleteDelayMs, () => {
        try {
          directory.disk.remove(renamed);
        } catch (error) {
          logger.warn(
            `${renamed} could not be removed; the next start tries again: ${(error as Error).message}`,
          );
        }
      });
    }
    if (partitions.length > 0) directory.disk.syncDirectory(directory.path);
  }

  configure(topic: TopicImage): void {
    const config = this.#options.configOf(topic.name);
    for (const partition of this.#byName.get(topic.name) ?? []) partition.configure(config);
  }

  /** Writes down up to where each log is on stable storage, and where it starts: less to check after a crash. */
  checkpoint(): void {
    const { directory } = this.#options;
    if (!directory.isOnline) return;
    const of = (offset: (partition: Partition) => number): OffsetCheckpoint[] =>
      [...this.all()].map((partition) => ({
        topic: partition.topic,
        index: partition.index,
        offset: offset(partition),
      }));
    const write = (file: string, entries: OffsetCheckpoint[]): void =>
      writeOffsets(directory.disk, `${directory.path}/${file}`, entries);
    try {
      write(
        RECOVERY_POINT_FILE,
        of((partition) => partition.recoveryPoint),
      );
      write(
        HIGH_WATERMARK_FILE,
        of((partition) => partition.highWatermark),
      );
      write(
        LOG_START_FILE,
        of((partition) => partition.logStartOffset).filter(({ offset }) => offset > 0),
      );
      if (!directory.disk.exists(`${directory.path}/${CLEANER_FILE}`)) write(CLEANER_FILE, []);
    } catch (error) {
      // The checkpoints of before still hold; a full disk must not take the directory offline for this.
      this.#options.logger.warn(`The checkpoints could not be written: ${(error as Error).message}`);
    }
  }

  goOffline(cause: Error): void {
    for (const partition of this.all()) partition.goOffline(cause);
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) timer.cancel();
    await Promise.all([...this.all()].map((partition) => partition.close()));
    this.checkpoint();
  }

  abandon(): void {
    for (const timer of this.#timers) timer.cancel();
    for (const partition of this.all()) partition.abandon();
  }

  async #openOne(topic: TopicImage, index: number): Promise<void> {
    const { directory, clock, logger, flushPolicy, configOf } = this.#options;
    let partition: Partition;
    try {
      this.#setAsideStranger(topic, index);
      partition = await Partition.open({
        directory,
        clock,
        logger,
        flushPolicy,
        tailBudget: this.#tailBudget,
        topic: topic.name,
        topicId: topic.id,
        index,
        leaderEpoch: topic.partitions[index]?.leaderEpoch ?? 0,
        config: configOf(topic.name),
      });
    } catch (error) {
      throw notOpened(`${topic.name}-${index}`, error);
    }
    place(this.#byName, topic.name, index, partition);
    place(this.#byId, topic.id, index, partition);
  }

  /** A folder that was left by an earlier topic of the same name must not become part of the new one. */
  #setAsideStranger(topic: TopicImage, index: number): void {
    const { directory, logger } = this.#options;
    const path = `${directory.path}/${topic.name}-${index}`;
    if (!directory.disk.exists(path)) return;
    const found = readTopicId(directory.disk, path);
    if (found === null || found === topic.id) return;
    const aside = `${directory.path}/${setAsideName(topic.name, index, found, STRAY_DIRECTORY_SUFFIX)}`;
    logger.warn(`${path} belongs to an earlier topic of that name (id ${found}); it is kept as ${aside}.`);
    directory.disk.rename(path, aside);
  }

  #removeDeleted(): void {
    const { directory } = this.#options;
    for (const name of directory.disk.list(directory.path)) {
      if (name.endsWith(DELETED_DIRECTORY_SUFFIX)) directory.disk.remove(`${directory.path}/${name}`);
    }
  }
}

function notOpened(name: string, error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== 'EMFILE' && code !== 'ENFILE') return error;
  return kafkaError(
    ErrorCode.KAFKA_STORAGE_ERROR,
    `${name} cannot be opened: this process may not open more files (${message}). Each segment keeps one open; allow more (ulimit -n), and start the broker again.`,
    { cause: error },
  );
}

function place(map: Map<string, Partition[]>, key: string, index: number, partition: Partition): void {
  const partitions = map.get(key) ?? [];
  partitions[index] = partition;
  map.set(key, partitions);
}

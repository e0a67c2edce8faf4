// `__cluster_metadata-0`: the KRaft log that topics, settings and producer ids live in.
//
// One node is its own quorum: what it has synced is committed. Each start is a new epoch that begins with a
// LeaderChange control record, as after an election (org.apache.kafka.raft.KafkaRaftClient). Klamm keeps the log
// whole; where Apache Kafka dropped its beginning, the snapshot that stands for it is read first.

import type { Clock } from '@klamm/base/clock';
import { messageOf } from '@klamm/base/errors';
import type { Logger } from '@klamm/base/logger';
import { ErrorCode, kafkaError } from '@klamm/protocol/error-codes';
import {
  baseOffsetOf,
  forEachBatch,
  isControl,
  lastOffsetOf,
  maxTimestampOf,
  setBaseOffset,
  setPartitionLeaderEpoch,
} from '@klamm/protocol/records/batch';
import { BatchBuilder } from '@klamm/protocol/records/builder';
import { recordsOf } from '@klamm/protocol/records/record';
import { decodeMetadata, type MetadataRecord } from '@klamm/protocol/stored/metadata-frame';
import { readEpochs, readTopicId, writeEpochs, writeTopicId } from '../storage/checkpoint-files.ts';
import type { LogDirectory } from '../storage/directory.ts';
import type { Disk } from '../storage/disk.ts';
import { Log } from '../storage/log.ts';
import { TailCacheBudget } from '../storage/tail-cache.ts';
import { newestSnapshot, type Snapshot } from './metadata-snapshots.ts';
import { Quorum, quorumStatePath } from './quorum.ts';

export const METADATA_LOG = '__cluster_metadata-0';
/** Kafka's own topic id of the metadata log (Uuid.METADATA_TOPIC_ID: zeros and a one). */
const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';

const LOG_CONFIG = {
  segmentBytes: 1024 * 1024 * 1024,
  segmentMs: 7 * 24 * 3_600_000,
  segmentIndexBytes: 10 * 1024 * 1024,
  indexIntervalBytes: 4096,
  fileDeleteDelayMs: 60_000,
  flushMessages: Number.POSITIVE_INFINITY,
  flushMs: Number.POSITIVE_INFINITY,
  retentionMs: -1,
  retentionBytes: -1,
  deletes: false,
};

export interface Replayed {
  readonly record: MetadataRecord;
  readonly offset: number;
}

export class MetadataLog {
  readonly #log: Log;
  readonly #directory: LogDirectory;
  readonly #clock: Clock;
  readonly #epoch: number;
  readonly quorum: Quorum;

  private constructor(log: Log, directory: LogDirectory, clock: Clock, quorum: Quorum, epoch: number) {
    this.quorum = quorum;
    this.#log = log;
    this.#directory = directory;
    this.#clock = clock;
    this.#epoch = epoch;
    log.events = {
      advanced: () => {},
      // A full disk: what was refused is told to whoever appended it, below.
      rejected: () => {},
      offline: (error) => directory.takeOffline(error),
      rolled: () => {},
    };
  }

  /**
   * Opens the log and hands every record of its newest snapshot and of the log behind that to `replay`. Nothing may be
   * appended before `lead`. Throws KAFKA_STORAGE_ERROR where records are missing before the log's first: topics would seem
   * deleted.
   */
  static async open(
    directory: LogDirectory,
    clock: Clock,
    logger: Logger,
    replay: (replayed: Replayed) => void,
  ): Promise<MetadataLog> {
    const path = `${directory.path}/${METADATA_LOG}`;
    const { disk } = directory;
    const snapshot = newestSnapshot(disk, path);
    checkPresence(disk, directory.path);
    const log = await Log.open({
      disk,
      directory: path,
      clock,
      logger,
      config: LOG_CONFIG,
      flushPolicy: 'sync',
      tailBudget: new TailCacheBudget(0),
      clean: directory.clean,
      recoveryPoint: 0,
      logStartOffset: snapshot?.endOffset ?? 0,
    });
    checkReach(path, log, snapshot);
    if (readTopicId(disk, path) === null) writeTopicId(disk, path, TOPIC_ID);
    const quorum = Quorum.read(disk, path);
    if (snapshot !== undefined) replayBatches(snapshot.bytes, quorum, replay);
    const from = snapshot?.endOffset ?? 0;
    for (const bytes of log.readSync(from, log.endOffset)) {
      replayBatches(bytes, quorum, (replayed) => {
        if (replayed.offset >= from) replay(replayed);
      });
    }
    const lastEpoch = Math.max(
      quorum.lastEpoch,
      readEpochs(disk, path).at(-1)?.epoch ?? 0,
      snapshot?.epoch ?? 0,
    );
    return new MetadataLog(log, directory, clock, quorum, lastEpoch + 1);
  }

  /** Begins a new epoch, as after an election that this node has won. */
  lead(): void {
    const { disk, path: root, identity } = this.#directory;
    const path = `${root}/${METADATA_LOG}`;
    disk.replaceFile(quorumStatePath(path), this.quorum.stateText(identity.nodeId, this.#epoch));
    writeEpochs(disk, path, [
      ...readEpochs(disk, path),
      { epoch: this.#epoch, startOffset: this.#log.endOffset },
    ]);
    this.#appendBatch(this.quorum.leaderChange(identity, this.#clock.now()));
  }

  get endOffset(): number {
    return this.#log.endOffset;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Appends records as one batch, all or none; resolves with the offset of the first when they are durable. */
  async append(records: readonly Buffer[]): Promise<number> {
    if (this.#directory.offlineCause !== undefined) throw this.#directory.offlineCause;
    const builder = new BatchBuilder();
    const now = this.#clock.now();
    for (const record of records) builder.append(null, record, [], now);
    const baseOffset = this.#appendBatch(builder.build());
    await this.#log.flush();
    if (this.#directory.offlineCause !== undefined) throw this.#directory.offlineCause;
    if (this.#log.syncedOffset <= baseOffset) {
      throw kafkaError(
        ErrorCode.KAFKA_STORAGE_ERROR,
        `The change could not be stored: the disk of ${this.#directory.path} is full. Make room, then try again.`,
      );
    }
    return baseOffset;
  }

  close(): Promise<void> {
    return this.#log.close();
  }

  abandon(error: Error): void {
    this.#log.abandon(error);
  }

  #appendBatch(batch: Buffer): number {
    const baseOffset = this.#log.endOffset;
    setBaseOffset(batch, 0, baseOffset);
    setPartitionLeaderEpoch(batch, 0, this.#epoch);
    this.#log.append(batch, {
      baseOffset,
      lastOffset: lastOffsetOf(batch, 0),
      maxTimestamp: maxTimestampOf(batch, 0),
    });
    return baseOffset;
  }
}

/** Throws where there are partitions and nothing that tells of them: they would be taken for strays. */
export function checkPresence(disk: Disk, root: string): void {
  if (disk.exists(`${root}/${METADATA_LOG}`)) return;
  const partition = disk.list(root).find((name) => readTopicId(disk, `${root}/${name}`) !== null);
  if (partition === undefined) return;
  throw kafkaError(
    ErrorCode.KAFKA_STORAGE_ERROR,
    `${root} holds partitions, ${partition} for one, but no ${METADATA_LOG}, which tells of them: it was one of several log ` +
      'directories, or the metadata log had a directory of its own (metadata.log.dir). Have Apache Kafka keep all in one first.',
  );
}

function checkReach(path: string, log: Log, snapshot: Snapshot | undefined): void {
  const reach = snapshot?.endOffset ?? 0;
  const first = log.segmentBases[0] ?? 0;
  if (first <= reach && log.endOffset >= reach) return;
  throw kafkaError(
    ErrorCode.KAFKA_STORAGE_ERROR,
    `${path} holds offsets ${first} to ${log.endOffset}, and its newest snapshot what is before ${reach}: what lies ` +
      'between is missing, and with it topics. Put back the missing files before starting the broker.',
  );
}

export function replayBatches(bytes: Buffer, quorum: Quorum, replay: (replayed: Replayed) => void): void {
  forEachBatch(bytes, 0, bytes.length, (at) => {
    if (isControl(bytes, at)) {
      quorum.replay(bytes, at);
      return true;
    }
    for (const { offset, value } of recordsOf(bytes, at)) {
      if (value !== null) replay({ record: decoded(value), offset });
    }
    return baseOffsetOf(bytes, at) >= 0;
  });
}

/** Throws KAFKA_STORAGE_ERROR where a record is none that Apache Kafka 4.3 has: none of this log may be skipped. */
function decoded(value: Buffer): MetadataRecord {
  try {
    return decodeMetadata(value);
  } catch (error) {
    throw kafkaError(
      ErrorCode.KAFKA_STORAGE_ERROR,
      `The metadata log cannot be read: ${messageOf(error)} Where a newer Apache Kafka wrote it, lower its features there (kafka-features downgrade), or copy the topics to a new directory.`,
      { cause: error },
    );
  }
}

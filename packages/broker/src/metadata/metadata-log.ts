// `__cluster_metadata-0`: the KRaft log that topics, settings and producer ids live in, and its `quorum-state`.
//
// One node is its own quorum: what it has synced is committed. Each start is a new epoch that begins with a
// LeaderChange control record, as after an election (org.apache.kafka.raft.KafkaRaftClient). Klamm keeps the log
// whole; where Apache Kafka dropped its beginning, the snapshot that stands for it is read first.

import type { Clock } from '@klamm/base/clock';
import type { Logger } from '@klamm/base/logger';
import { ErrorCode, kafkaError } from '@klamm/protocol/error-codes';
import {
  baseOffsetOf,
  checkBatch,
  forEachBatch,
  isControl,
  lastOffsetOf,
  maxTimestampOf,
  setBaseOffset,
  setPartitionLeaderEpoch,
} from '@klamm/protocol/records/batch';
import { BatchBuilder } from '@klamm/protocol/records/builder';
import { buildControlBatch, ControlType } from '@klamm/protocol/records/control';
import { recordsOf } from '@klamm/protocol/records/record';
import { encodeMessage } from '@klamm/protocol/schema/compile';
import { LeaderChangeMessage } from '@klamm/protocol/stored/control';
import { decodeMetadata, type MetadataRecord } from '@klamm/protocol/stored/metadata-frame';
import type { QuorumState } from '@klamm/protocol/stored/quorum-state';
import { readEpochs, readTopicId, writeEpochs, writeTopicId } from '../storage/checkpoint-files.ts';
import type { LogDirectory } from '../storage/directory.ts';
import type { Disk } from '../storage/disk.ts';
import { Log } from '../storage/log.ts';
import { TailCacheBudget } from '../storage/tail-cache.ts';

const NAME = '__cluster_metadata-0';
/** Kafka's own topic id of the metadata log (Uuid.METADATA_TOPIC_ID: zeros and a one). */
const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';

const SNAPSHOT_FILE = /^(\d{20})-(\d{10})\.checkpoint$/;

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

  private constructor(log: Log, directory: LogDirectory, clock: Clock, epoch: number) {
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
   * Opens the log, hands every record of its newest snapshot and of the log behind that to `replay`, and begins a new
   * epoch. Throws KAFKA_STORAGE_ERROR where records are missing before the log's first: topics would seem deleted.
   */
  static async open(
    directory: LogDirectory,
    clock: Clock,
    logger: Logger,
    replay: (replayed: Replayed) => void,
  ): Promise<MetadataLog> {
    const path = `${directory.path}/${NAME}`;
    const { disk } = directory;
    const snapshot = newestSnapshot(disk, path);
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
    if (snapshot !== undefined) replayBatches(snapshot.bytes, replay);
    const from = snapshot?.endOffset ?? 0;
    for (const bytes of log.readSync(from, log.endOffset)) {
      replayBatches(bytes, (replayed) => {
        if (replayed.offset >= from) replay(replayed);
      });
    }
    const epochs = readEpochs(disk, path);
    const epoch = Math.max(quorumEpoch(directory), epochs.at(-1)?.epoch ?? 0, snapshot?.epoch ?? 0) + 1;
    const metadataLog = new MetadataLog(log, directory, clock, epoch);
    metadataLog.#writeQuorumState();
    writeEpochs(disk, path, [...epochs, { epoch, startOffset: log.endOffset }]);
    metadataLog.#appendLeaderChange();
    return metadataLog;
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

  #appendLeaderChange(): void {
    const { nodeId } = this.#directory.identity;
    const self = [{ voterId: nodeId }];
    const value = encodeMessage(LeaderChangeMessage, 0, {
      version: 0,
      leaderId: nodeId,
      voters: self,
      grantingVoters: self,
    });
    this.#appendBatch(buildControlBatch([{ type: ControlType.LEADER_CHANGE, value }], this.#clock.now()));
  }

  #writeQuorumState(): void {
    const { nodeId } = this.#directory.identity;
    const state: QuorumState = {
      clusterId: '',
      leaderId: nodeId,
      leaderEpoch: this.#epoch,
      votedId: -1,
      appliedOffset: 0,
      currentVoters: [{ voterId: nodeId }],
      data_version: 0,
    };
    this.#directory.disk.replaceFile(`${this.#directory.path}/${NAME}/quorum-state`, JSON.stringify(state));
  }
}

interface Snapshot {
  /** Holds the effect of all below. */
  readonly endOffset: number;
  readonly epoch: number;
  readonly bytes: Buffer;
}

// Apache Kafka writes `OFFSET-EPOCH.checkpoint` once an hour and drops what the log holds before it in time
// (KIP-630); a directory that it formatted and never ran has no more than one at offset 0.
function newestSnapshot(disk: Disk, path: string): Snapshot | undefined {
  if (!disk.exists(path)) return undefined;
  const name = disk
    .list(path)
    .filter((file) => SNAPSHOT_FILE.test(file))
    .sort()
    .at(-1);
  if (name === undefined) return undefined;
  const [, endOffset, epoch] = SNAPSHOT_FILE.exec(name) ?? [];
  const bytes = disk.readFile(`${path}/${name}`);
  const whole = forEachBatch(bytes, 0, bytes.length, (at) => checkBatch(bytes, at, bytes.length) === 'ok');
  if (whole < bytes.length) {
    throw kafkaError(
      ErrorCode.KAFKA_STORAGE_ERROR,
      `The metadata snapshot ${path}/${name} is damaged at byte ${whole}. Put back a copy of it before starting the broker.`,
    );
  }
  return { endOffset: Number(endOffset), epoch: Number(epoch), bytes };
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

function replayBatches(bytes: Buffer, replay: (replayed: Replayed) => void): void {
  forEachBatch(bytes, 0, bytes.length, (at) => {
    if (isControl(bytes, at)) return true;
    for (const { offset, value } of recordsOf(bytes, at)) {
      if (value !== null) replay({ record: decodeMetadata(value), offset });
    }
    return baseOffsetOf(bytes, at) >= 0;
  });
}

function quorumEpoch(directory: LogDirectory): number {
  const path = `${directory.path}/${NAME}/quorum-state`;
  if (!directory.disk.exists(path)) return 0;
  try {
    const { leaderEpoch } = JSON.parse(directory.disk.readFile(path).toString()) as Partial<QuorumState>;
    return leaderEpoch ?? 0;
  } catch {
    return 0;
  }
}

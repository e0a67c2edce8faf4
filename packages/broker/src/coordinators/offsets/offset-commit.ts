// What an offset commit writes. Each partition is judged by itself. OffsetMetadataManager.commitOffset of Apache Kafka.

import { ErrorCode } from '@klamm/protocol/error-codes';
import type { GroupRecord } from '../group-record.ts';

/** A topic of OffsetCommit or TxnOffsetCommit, its name and id resolved. */
export interface TopicCommit {
  readonly name: string;
  readonly topicId: string;
  readonly partitions: readonly {
    readonly partitionIndex: number;
    readonly committedOffset: number;
    readonly committedLeaderEpoch: number;
    readonly committedMetadata: string | null;
  }[];
}

export interface TopicOutcome {
  readonly name: string;
  readonly topicId: string;
  readonly partitions: readonly { readonly partitionIndex: number; readonly errorCode: number }[];
}

export interface CommitTimes {
  readonly now: number;
  /** As clients before v5 could ask for; -1 for by the broker's setting. */
  readonly retentionTimeMs: number;
}

/** The error code of a partition that may not be committed; NONE otherwise. */
export type CommitProblem = (topicId: string, partition: number) => number;

export function commitOffsets(
  group: string,
  topics: readonly TopicCommit[],
  { now, retentionTimeMs }: CommitTimes,
  metadataBytesMax: number,
  problemOf: CommitProblem,
): { records: GroupRecord[]; topics: TopicOutcome[] } {
  const records: GroupRecord[] = [];
  const outcomes = topics.map(({ name, topicId, partitions }) => ({
    name,
    topicId,
    partitions: partitions.map(
      ({ partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata }) => {
        const errorCode = problemOf(topicId, partitionIndex);
        if (errorCode !== ErrorCode.NONE) return { partitionIndex, errorCode };
        const metadata = committedMetadata ?? '';
        if (Buffer.byteLength(metadata) > metadataBytesMax) {
          return { partitionIndex, errorCode: ErrorCode.OFFSET_METADATA_TOO_LARGE };
        }
        records.push({
          type: 1,
          key: { group, topic: name, partition: partitionIndex },
          value: {
            offset: committedOffset,
            leaderEpoch: committedLeaderEpoch,
            metadata,
            commitTimestamp: now,
            expireTimestamp: retentionTimeMs < 0 ? -1 : now + retentionTimeMs,
            topicId,
          },
        });
        return { partitionIndex, errorCode: ErrorCode.NONE };
      },
    ),
  }));
  return { records, topics: outcomes };
}

/** The tombstones of a group's offsets. */
export function offsetTombstones(
  group: string,
  partitions: Iterable<{ readonly topic: string; readonly partition: number }>,
): GroupRecord[] {
  return Array.from(partitions, ({ topic, partition }) => ({
    type: 1 as const,
    key: { group, topic, partition },
    value: null,
  }));
}

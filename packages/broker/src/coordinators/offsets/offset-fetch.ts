// What an offset fetch answers. An offset that is not there is -1, without an error; one that an open transaction
// means to change is refused to a reader that wants stable offsets only (KIP-447).

import { ErrorCode } from '@klamm/protocol/error-codes';
import type { CommittedOffset, CommittedOffsets } from './committed-offsets.ts';

/** A topic of OffsetFetch, its name and id resolved. */
export interface TopicQuery {
  readonly name: string;
  readonly topicId: string;
  readonly partitionIndexes: readonly number[];
}

export interface TopicOffsets {
  readonly name: string;
  readonly topicId: string;
  readonly partitions: readonly PartitionOffset[];
}

interface PartitionOffset {
  readonly partitionIndex: number;
  readonly committedOffset: number;
  readonly committedLeaderEpoch: number;
  readonly metadata: string;
  readonly errorCode: number;
}

export const NO_OFFSET = { committedOffset: -1, committedLeaderEpoch: -1, metadata: '' } as const;

/** Offsets of the given partitions, or of all that there are where `topics` is null. */
export function fetchOffsets(
  offsets: CommittedOffsets,
  group: string,
  topics: readonly TopicQuery[] | null,
  requireStable: boolean,
): TopicOffsets[] {
  return (topics ?? allOf(offsets, group)).map(({ name, topicId, partitionIndexes }) => ({
    name,
    topicId,
    partitions: partitionIndexes.map((partitionIndex) =>
      requireStable && offsets.isPending(group, name, partitionIndex)
        ? { partitionIndex, ...NO_OFFSET, errorCode: ErrorCode.UNSTABLE_OFFSET_COMMIT }
        : { partitionIndex, ...answerOf(offsets.get(group, name, partitionIndex)) },
    ),
  }));
}

function answerOf(committed: CommittedOffset | undefined): Omit<PartitionOffset, 'partitionIndex'> {
  if (committed === undefined) return { ...NO_OFFSET, errorCode: ErrorCode.NONE };
  const { offset, leaderEpoch, metadata } = committed;
  return { committedOffset: offset, committedLeaderEpoch: leaderEpoch, metadata, errorCode: ErrorCode.NONE };
}

function allOf(offsets: CommittedOffsets, group: string): TopicQuery[] {
  const topics = new Map<string, { name: string; topicId: string; partitionIndexes: number[] }>();
  for (const { topic, partition, committed } of offsets.of(group)) {
    const known = topics.get(topic);
    if (known === undefined) {
      topics.set(topic, { name: topic, topicId: committed.topicId, partitionIndexes: [partition] });
    } else known.partitionIndexes.push(partition);
  }
  return [...topics.values()];
}

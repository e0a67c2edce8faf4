// The partitions that an offset is committed or removed for: those that are not there are refused one by one, and a
// topic is answered once, whatever becomes of its partitions.

import { ErrorCode } from '@klamm/protocol/error-codes';
import type { TopicImage } from '../metadata/image.ts';

interface Indexed {
  readonly partitionIndex: number;
}

interface Outcome extends Indexed {
  readonly errorCode: number;
}

/** Partitions of a topic that are there, and the answers of those that are not. */
export function splitPartitions<P extends Indexed>(
  topic: TopicImage,
  partitions: readonly P[],
): { present: P[]; absent: Outcome[] } {
  const isThere = ({ partitionIndex }: Indexed): boolean => topic.partitions[partitionIndex] !== undefined;
  const errorCode = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
  return {
    present: partitions.filter(isThere),
    absent: partitions
      .filter((each) => !isThere(each))
      .map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
  };
}

/** The answers of topics, with those of absent partitions by topic name. */
export function withAbsent<T extends { readonly name: string; readonly partitions: readonly Outcome[] }>(
  topics: readonly T[],
  absent: ReadonlyMap<string, readonly Outcome[]>,
): T[] {
  return topics.map((topic) => ({
    ...topic,
    partitions: [...topic.partitions, ...(absent.get(topic.name) ?? [])],
  }));
}

// DescribeTopicPartitions v0. Behavior: topics and their partitions in order of name, at most so many partitions at a
// time, with a cursor from which to go on (KIP-966).

import { DescribeTopicPartitions } from '@klamm/protocol/api/75-describe-topic-partitions';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { defineHandler } from '../dispatch/handler.ts';
import type { TopicImage } from '../metadata/image.ts';
import { topicNameProblem } from '../metadata/topic-changes.ts';
import { isInternalTopic } from './03-metadata.ts';
import { TOPIC_OPERATIONS } from './authorized-operations.ts';

/** `max.request.partition.size.limit`. */
const PARTITIONS_MAX = 2000;

export const describeTopicPartitions = defineHandler(DescribeTopicPartitions, {
  handle({ broker }, request) {
    const { image, nodeId } = broker.catalog;
    const { cursor } = request;
    const names = (request.topics.length === 0 ? image.topics : request.topics).map(({ name }) => name);
    const wanted = [...new Set(names)].sort().filter((name) => cursor === null || name >= cursor.topicName);
    let left = Math.min(Math.max(request.responsePartitionLimit, 1), PARTITIONS_MAX);
    const topics: object[] = [];
    for (const name of wanted) {
      const topic = image.topic(name);
      if (topic === undefined) {
        topics.push(unknown(name));
        continue;
      }
      const from = cursor?.topicName === name ? Math.max(cursor.partitionIndex, 0) : 0;
      const shown = topic.partitions.slice(from, from + left);
      topics.push(describe(topic, shown, nodeId));
      left -= shown.length;
      if (from + shown.length < topic.partitions.length) {
        return { topics, nextCursor: { topicName: name, partitionIndex: from + shown.length } };
      }
      const next = wanted[wanted.indexOf(name) + 1];
      if (left === 0 && next !== undefined)
        return { topics, nextCursor: { topicName: next, partitionIndex: 0 } };
    }
    return { topics };
  },
  onError: (request, errorCode) => ({ topics: request.topics.map(({ name }) => ({ name, errorCode })) }),
});

function unknown(name: string): object {
  const isBad = topicNameProblem(name) !== null;
  return {
    name,
    errorCode: isBad ? ErrorCode.INVALID_TOPIC_EXCEPTION : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  };
}

function describe(topic: TopicImage, partitions: TopicImage['partitions'], nodeId: number): object {
  return {
    errorCode: ErrorCode.NONE,
    name: topic.name,
    topicId: topic.id,
    isInternal: isInternalTopic(topic.name),
    topicAuthorizedOperations: TOPIC_OPERATIONS,
    partitions: partitions.map(({ index, leaderEpoch }) => ({
      errorCode: ErrorCode.NONE,
      partitionIndex: index,
      leaderId: nodeId,
      leaderEpoch,
      replicaNodes: [nodeId],
      isrNodes: [nodeId],
      eligibleLeaderReplicas: [],
      lastKnownElr: [],
      offlineReplicas: [],
    })),
  };
}

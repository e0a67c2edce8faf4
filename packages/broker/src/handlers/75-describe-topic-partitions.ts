// DescribeTopicPartitions v0. Behavior: topics and their partitions in order of name, at most so many partitions at a
// time, with a cursor from which to go on (KIP-966).

import { DescribeTopicPartitions } from '@klamm/protocol/api/75-describe-topic-partitions';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { authorized, sees } from '../dispatch/authorized.ts';
import type { RequestContext } from '../dispatch/context.ts';
import { defineHandler } from '../dispatch/handler.ts';
import { AclResource, Operation } from '../metadata/acl.ts';
import type { TopicImage } from '../metadata/image.ts';
import { topicNameProblem } from '../metadata/topic-changes.ts';
import { isInternalTopic } from './03-metadata.ts';
import { topicOperations } from './authorized-operations.ts';

export const describeTopicPartitions = defineHandler(DescribeTopicPartitions, {
  handle(context, request) {
    const { settings, catalog } = context.broker;
    const { image } = catalog;
    const { cursor } = request;
    const isAll = request.topics.length === 0;
    const names = (isAll ? image.topics : request.topics).map(({ name }) => name);
    const asked = [...new Set(names)].sort().filter((name) => cursor === null || name >= cursor.topicName);
    const isVisible = isAll ? sees : authorized;
    const wanted = asked.filter((name) => isVisible(context, Operation.describe, AclResource.topic, name));
    // What may not be described is told all the same whether it is there or not.
    const seen = new Set(wanted);
    const hidden = isAll ? [] : asked.filter((name) => !seen.has(name));
    const most = settings.number('max.request.partition.size.limit');
    let left = Math.min(Math.max(request.responsePartitionLimit, 1), most);
    const topics: object[] = hidden.map((name) => ({
      name,
      errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED,
    }));
    for (const name of wanted) {
      const topic = image.topic(name);
      if (topic === undefined) {
        topics.push({ ...unknown(name), topicAuthorizedOperations: topicOperations(context, name) });
        continue;
      }
      const from = cursor?.topicName === name ? Math.max(cursor.partitionIndex, 0) : 0;
      const shown = topic.partitions.slice(from, from + left);
      topics.push(describe(context, topic, shown));
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

function describe(context: RequestContext, topic: TopicImage, partitions: TopicImage['partitions']): object {
  const { nodeId } = context.broker.catalog;
  return {
    errorCode: ErrorCode.NONE,
    name: topic.name,
    topicId: topic.id,
    isInternal: isInternalTopic(topic.name),
    topicAuthorizedOperations: topicOperations(context, topic.name),
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

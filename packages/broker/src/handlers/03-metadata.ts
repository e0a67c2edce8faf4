// Metadata v0 to v13. Behavior: names the one node, and the topics asked for; a topic that is missing is created
// where the client and auto.create.topics.enable allow it. Version notes: v0 takes an empty list for "all", later
// versions null; v10 asks by topic id, v12 may leave out the name (KIP-516).

import { ZERO_UUID } from '@klamm/base/random';
import { Metadata } from '@klamm/protocol/api/03-metadata';
import { ErrorCode } from '@klamm/protocol/error-codes';
import type { RequestContext } from '../dispatch/context.ts';
import { defineHandler } from '../dispatch/handler.ts';
import type { TopicImage } from '../metadata/image.ts';
import { topicNameProblem } from '../metadata/topic-changes.ts';
import { createTopic } from './19-create-topics.ts';
import { CLUSTER_OPERATIONS, TOPIC_OPERATIONS } from './authorized-operations.ts';

const INTERNAL_TOPICS: ReadonlySet<string> = new Set([
  '__consumer_offsets',
  '__transaction_state',
  '__share_group_state',
]);

export const isInternalTopic = (name: string): boolean => INTERNAL_TOPICS.has(name);

export const metadata = defineHandler(Metadata, {
  async handle(context, request) {
    const { broker, connection, apiVersion } = context;
    const { image, clusterId, nodeId } = broker.catalog;
    const { host, port } = broker.endpointFor(connection.listenerName);
    const wanted = request.topics;
    const wantsAll = wanted === null || (apiVersion === 0 && wanted.length === 0);
    const topics = wantsAll
      ? image.topics.map((topic) => describe(context, topic, request.includeTopicAuthorizedOperations))
      : await Promise.all(
          wanted.map(({ topicId, name }) =>
            name === null || (name === '' && topicId !== ZERO_UUID)
              ? byId(context, topicId, request.includeTopicAuthorizedOperations)
              : byName(
                  context,
                  name,
                  request.allowAutoTopicCreation,
                  request.includeTopicAuthorizedOperations,
                ),
          ),
        );
    return {
      brokers: [{ nodeId, host, port, rack: broker.settings.optional('broker.rack') ?? null }],
      clusterId,
      controllerId: nodeId,
      topics,
      ...(request.includeClusterAuthorizedOperations
        ? { clusterAuthorizedOperations: CLUSTER_OPERATIONS }
        : {}),
    };
  },
  onError: (request, errorCode) => ({
    errorCode,
    topics: (request.topics ?? []).map(({ name, topicId }) => ({ errorCode, name, topicId })),
  }),
});

function describe({ broker }: RequestContext, topic: TopicImage, withOperations: boolean): object {
  const { nodeId } = broker.catalog;
  const isOnline = broker.directory.isOnline;
  return {
    errorCode: ErrorCode.NONE,
    name: topic.name,
    topicId: topic.id,
    isInternal: isInternalTopic(topic.name),
    partitions: topic.partitions.map(({ index, leaderEpoch }) => ({
      errorCode: isOnline ? ErrorCode.NONE : ErrorCode.LEADER_NOT_AVAILABLE,
      partitionIndex: index,
      leaderId: isOnline ? nodeId : -1,
      leaderEpoch,
      replicaNodes: [nodeId],
      isrNodes: [nodeId],
      offlineReplicas: isOnline ? [] : [nodeId],
    })),
    ...(withOperations ? { topicAuthorizedOperations: TOPIC_OPERATIONS } : {}),
  };
}

function byId(context: RequestContext, topicId: string, withOperations: boolean): object {
  const topic = context.broker.catalog.image.topicById(topicId);
  if (topic !== undefined) return describe(context, topic, withOperations);
  return { errorCode: ErrorCode.UNKNOWN_TOPIC_ID, name: context.apiVersion >= 12 ? null : '', topicId };
}

async function byName(
  context: RequestContext,
  name: string,
  mayCreate: boolean,
  withOperations: boolean,
): Promise<object> {
  const { broker } = context;
  const found = broker.catalog.image.topic(name);
  if (found !== undefined) return describe(context, found, withOperations);
  if (topicNameProblem(name) !== null) return { errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION, name };
  if (!mayCreate || !broker.settings.boolean('auto.create.topics.enable')) {
    return { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, name };
  }
  const created = await createTopic(broker, {
    name,
    numPartitions: -1,
    replicationFactor: -1,
    assignments: [],
    configs: [],
  });
  const topic = broker.catalog.image.topic(name);
  return topic === undefined
    ? { errorCode: created.errorCode, name }
    : describe(context, topic, withOperations);
}

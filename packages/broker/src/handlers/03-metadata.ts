// Metadata v0 to v13. Behavior: names the one node, and the topics asked for; a topic that is missing is created
// where the client and auto.create.topics.enable allow it. Whoever may not describe a topic is not told whether it is
// there. Version notes: v0 takes an empty list for "all", later versions null; v10 asks by topic id, v12 may leave out
// the name (KIP-516).

import { ZERO_UUID } from '@klamm/base/random';
import { Metadata } from '@klamm/protocol/api/03-metadata';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { authorized, sees } from '../dispatch/authorized.ts';
import type { RequestContext } from '../dispatch/context.ts';
import { defineHandler } from '../dispatch/handler.ts';
import { AclResource, Operation } from '../metadata/acl.ts';
import type { TopicImage } from '../metadata/image.ts';
import { topicNameProblem } from '../metadata/topic-changes.ts';
import { createTopic, mayCreateTopic } from './19-create-topics.ts';
import { clusterOperations, topicOperations } from './authorized-operations.ts';

const INTERNAL_TOPICS: ReadonlySet<string> = new Set([
  '__consumer_offsets',
  '__transaction_state',
  '__share_group_state',
]);

export const isInternalTopic = (name: string): boolean => INTERNAL_TOPICS.has(name);

export const metadata = defineHandler(Metadata, {
  async handle(context, request) {
    const { broker, connection, apiVersion } = context;
    const { clusterId, nodeId } = broker.catalog;
    const { host, port } = broker.endpointFor(connection.listenerName);
    const wanted = request.topics;
    const { allowAutoTopicCreation, includeTopicAuthorizedOperations: withOperations } = request;
    const wantsAll = wanted === null || (apiVersion === 0 && wanted.length === 0);
    const topics = wantsAll
      ? all(context, withOperations)
      : await Promise.all(
          wanted.map(({ topicId, name }) =>
            name === null || (name === '' && topicId !== ZERO_UUID)
              ? byId(context, topicId, withOperations)
              : byName(context, name, allowAutoTopicCreation, withOperations),
          ),
        );
    return {
      brokers: [{ nodeId, host, port, rack: broker.settings.optional('broker.rack') ?? null }],
      clusterId,
      controllerId: nodeId,
      topics,
      ...(request.includeClusterAuthorizedOperations
        ? { clusterAuthorizedOperations: clusterOperations(context) }
        : {}),
    };
  },
  onError: (request, errorCode) => ({
    errorCode,
    topics: (request.topics ?? []).map(({ name, topicId }) => ({ errorCode, name, topicId })),
  }),
});

function describe(context: RequestContext, topic: TopicImage, withOperations: boolean): object {
  const { broker } = context;
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
    ...operationsOf(context, topic.name, withOperations),
  };
}

function operationsOf(context: RequestContext, topic: string, withOperations: boolean): object {
  return withOperations ? { topicAuthorizedOperations: topicOperations(context, topic) } : {};
}

function all(context: RequestContext, withOperations: boolean): object[] {
  return context.broker.catalog.image.topics
    .filter(({ name }) => sees(context, Operation.describe, AclResource.topic, name))
    .map((topic) => describe(context, topic, withOperations));
}

function byId(context: RequestContext, topicId: string, withOperations: boolean): object {
  const topic = context.broker.catalog.image.topicById(topicId);
  const name = context.apiVersion >= 12 ? null : '';
  if (topic === undefined) return { errorCode: ErrorCode.UNKNOWN_TOPIC_ID, name, topicId };
  // An id is no secret (KIP-516); the name that it stands for is.
  if (!authorized(context, Operation.describe, AclResource.topic, topic.name))
    return { errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED, name, topicId };
  return describe(context, topic, withOperations);
}

async function byName(
  context: RequestContext,
  name: string,
  mayCreate: boolean,
  withOperations: boolean,
): Promise<object> {
  const { broker } = context;
  if (!authorized(context, Operation.describe, AclResource.topic, name))
    return { errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED, name };
  const found = broker.catalog.image.topic(name);
  if (found !== undefined) return describe(context, found, withOperations);
  const isInternal = isInternalTopic(name);
  const operations = operationsOf(context, name, withOperations);
  const creates = mayCreate && broker.settings.boolean('auto.create.topics.enable');
  if (creates && !mayCreateTopic(context, name))
    return { errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED, name, isInternal };
  if (topicNameProblem(name) !== null)
    return { errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION, name, ...operations };
  if (!creates) return { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, name, isInternal, ...operations };
  const created = await createTopic(broker, {
    name,
    numPartitions: -1,
    replicationFactor: -1,
    assignments: [],
    configs: [],
  });
  const topic = broker.catalog.image.topic(name);
  return topic === undefined
    ? { errorCode: created.errorCode, name, isInternal, ...operations }
    : describe(context, topic, withOperations);
}

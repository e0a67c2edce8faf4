// CreateTopics v0 to v7 (v0 and v1 are answered, not advertised: KIP-896 removed them, and programs on Sarama that fill
// in the request by hand still send v0). Behavior: each topic is judged and created by itself; with validateOnly
// nothing is written. Version notes: v4 takes -1 for the default counts (KIP-464), v5 answers with the topic's settings
// (KIP-525), v7 with its id.

import { CreateTopics } from '@klamm/protocol/api/19-create-topics';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { type TopicConfigName, topicConfigs } from '../config/topic.ts';
import { authorized, sees } from '../dispatch/authorized.ts';
import type { BrokerRooms, RequestContext } from '../dispatch/context.ts';
import { defineHandler } from '../dispatch/handler.ts';
import { AclResource, CLUSTER_NAME, Operation } from '../metadata/acl.ts';
import { ResourceType } from '../metadata/image.ts';
import { checkNewTopic, createTopicRecords, type NewTopic, repeated } from '../metadata/topic-changes.ts';
import { Mutations, OVER_MUTATION_QUOTA } from '../quotas/mutations.ts';

/** KIP-599. */
const STRICT_SINCE = 6;

interface Created {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly topicId?: string;
  readonly numPartitions?: number;
  readonly replicationFactor?: number;
}

export const createTopics = defineHandler(CreateTopics, {
  advertised: [2, 7],

  async handle(context, request) {
    const { broker } = context;
    const twice = repeated(request.topics.map(({ name }) => name));
    const mutations = new Mutations(context, STRICT_SINCE);
    const topics = [];
    for (const topic of request.topics) {
      if (twice.has(topic.name)) {
        const errorMessage = `The request names topic '${topic.name}' more than once.`;
        topics.push({ name: topic.name, errorCode: ErrorCode.INVALID_REQUEST, errorMessage });
        continue;
      }
      if (!mayCreateTopic(context, topic.name)) {
        const errorMessage = 'You may not create this topic.';
        topics.push({ name: topic.name, errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED, errorMessage });
        continue;
      }
      if (!request.validateOnly && !mutations.allows(partitionsOf(broker, topic))) {
        topics.push({ name: topic.name, ...OVER_MUTATION_QUOTA });
        continue;
      }
      const created = await createTopic(broker, topic, request.validateOnly);
      topics.push({
        name: topic.name,
        ...(created.errorCode === ErrorCode.NONE ? shown(context, created, topic) : created),
      });
    }
    return { topics, throttleTimeMs: mutations.throttleTimeMs };
  },
  onError: (request, errorCode, errorMessage) => ({
    topics: request.topics.map(({ name }) => ({ name, errorCode, errorMessage })),
  }),
});

/** As many as are asked for, or as the broker's default is. */
function partitionsOf(
  { settings }: BrokerRooms,
  topic: Pick<NewTopic, 'numPartitions' | 'assignments'>,
): number {
  if (topic.assignments.length > 0) return topic.assignments.length;
  return topic.numPartitions > 0 ? topic.numPartitions : settings.number('num.partitions');
}

/** By a permission for the whole cluster, or for this one. */
export function mayCreateTopic(context: RequestContext, topic: string): boolean {
  return (
    sees(context, Operation.create, AclResource.cluster, CLUSTER_NAME) ||
    authorized(context, Operation.create, AclResource.topic, topic)
  );
}

/** With the topic's settings, where the client may know them. */
function shown(context: RequestContext, created: Created, topic: Pick<NewTopic, 'name' | 'configs'>): object {
  if (sees(context, Operation.describeConfigs, AclResource.topic, topic.name))
    return { ...created, configs: configsOf(context.broker, topic) };
  return {
    ...created,
    numPartitions: -1,
    replicationFactor: -1,
    topicConfigErrorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED,
  };
}

/** Creates one topic, or says why not. */
export function createTopic(
  broker: BrokerRooms,
  topic: Omit<NewTopic, 'id'>,
  validateOnly = false,
): Promise<Created> {
  const { catalog, settings } = broker;
  const wanted = { ...topic, id: catalog.newTopicId() };
  return catalog.change<Created>((image) => {
    const defaults = { nodeId: catalog.nodeId, partitions: settings.number('num.partitions') };
    const checked = checkNewTopic(image, wanted, defaults);
    if ('errorCode' in checked) return { records: [], result: checked };
    const { partitions } = checked;
    const result = {
      errorCode: ErrorCode.NONE,
      errorMessage: null,
      ...(validateOnly ? {} : { topicId: wanted.id }),
      numPartitions: partitions,
      replicationFactor: 1,
    };
    return { records: validateOnly ? [] : createTopicRecords(wanted, partitions, catalog), result };
  });
}

function configsOf({ catalog }: BrokerRooms, topic: Pick<NewTopic, 'name' | 'configs'>): object[] {
  const own = new Map(topic.configs.map(({ name, value }) => [name, value]));
  return (Object.keys(topicConfigs) as TopicConfigName[]).map((name) => {
    const inForce = catalog.configs.of(ResourceType.topic, topic.name, name);
    const given = own.get(name);
    return {
      name,
      value: given ?? inForce.value,
      readOnly: false,
      configSource: given === undefined ? inForce.source : 1,
      isSensitive: false,
    };
  });
}

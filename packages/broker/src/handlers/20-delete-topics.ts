// DeleteTopics v1 to v6. Behavior: names or ids; the topic is gone for clients once the removal is durable, and its
// files after file.delete.delay.ms. Version notes: v6 takes ids (KIP-516), v5 answers with a message.

import { ZERO_UUID } from '@klamm/base/random';
import { DeleteTopics } from '@klamm/protocol/api/20-delete-topics';
import { ErrorCode, errorMeaning } from '@klamm/protocol/error-codes';
import { authorized, sees } from '../dispatch/authorized.ts';
import type { RequestContext } from '../dispatch/context.ts';
import { defineHandler } from '../dispatch/handler.ts';
import { AclResource, CLUSTER_NAME, Operation } from '../metadata/acl.ts';
import { removeTopicRecords } from '../metadata/topic-changes.ts';
import { Mutations, OVER_MUTATION_QUOTA } from '../quotas/mutations.ts';

/** KIP-599. */
const STRICT_SINCE = 5;

interface Target {
  readonly name: string | null;
  readonly topicId: string;
}

export const deleteTopics = defineHandler(DeleteTopics, {
  async handle(context, request) {
    const targets: Target[] =
      context.apiVersion >= 6
        ? request.topics.map(({ name, topicId }) => ({ name, topicId }))
        : request.topicNames.map((name) => ({ name, topicId: '' }));
    const mutations = new Mutations(context, STRICT_SINCE);
    const responses = [];
    for (const target of targets) responses.push(await deleteTopic(context, target, mutations));
    return { responses, throttleTimeMs: mutations.throttleTimeMs };
  },
  onError: (request, errorCode, errorMessage) => ({
    responses: [...request.topics, ...request.topicNames.map((name) => ({ name }))].map((topic) => ({
      ...topic,
      errorCode,
      errorMessage,
    })),
  }),
});

async function deleteTopic(context: RequestContext, target: Target, mutations: Mutations): Promise<object> {
  const { catalog, settings } = context.broker;
  const refused = (errorCode: number, errorMessage = errorMeaning(errorCode)): object => ({
    name: target.name,
    ...(target.topicId === '' ? {} : { topicId: target.topicId }),
    errorCode,
    errorMessage,
  });
  if (!settings.boolean('delete.topic.enable')) {
    return refused(ErrorCode.TOPIC_DELETION_DISABLED, 'The broker runs with delete.topic.enable=false.');
  }
  if (target.name !== null && target.topicId !== '' && target.topicId !== ZERO_UUID) {
    return refused(ErrorCode.INVALID_REQUEST, 'Name a topic by its name or by its id; not by both.');
  }
  const known =
    target.name === null ? catalog.image.topicById(target.topicId) : catalog.image.topic(target.name);
  const name = target.name ?? known?.name;
  if (name !== undefined && !mayDelete(context, name, target.name !== null, known !== undefined)) {
    // Whoever asks by an id and may not describe the topic is not told what it is called.
    const isNamed = target.name !== null || sees(context, Operation.describe, AclResource.topic, name);
    return { ...refused(ErrorCode.TOPIC_AUTHORIZATION_FAILED), name: isNamed ? name : null };
  }
  if (known !== undefined && !mutations.allows(known.partitions.length)) {
    return refused(OVER_MUTATION_QUOTA.errorCode, OVER_MUTATION_QUOTA.errorMessage);
  }
  return catalog.change((image) => {
    const topic = target.name === null ? image.topicById(target.topicId) : image.topic(target.name);
    if (topic === undefined) {
      const errorCode =
        target.name === null ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
      return { records: [], result: refused(errorCode) };
    }
    const result = { name: topic.name, topicId: topic.id, errorCode: ErrorCode.NONE, errorMessage: null };
    return { records: removeTopicRecords(image, topic), result };
  });
}

/** By a permission for the whole cluster, or for this one; whoever names a topic must be allowed to know of it, too. */
function mayDelete(context: RequestContext, topic: string, isByName: boolean, isThere: boolean): boolean {
  if (sees(context, Operation.delete, AclResource.cluster, CLUSTER_NAME)) return true;
  if (isByName && !authorized(context, Operation.describe, AclResource.topic, topic)) return false;
  return !isThere || authorized(context, Operation.delete, AclResource.topic, topic);
}

// OffsetCommit v2 to v10. Behavior: each partition succeeds or fails by itself; the group refuses all of them at once.
// Topics that are not there are refused before the group is asked. Version notes: v9 serves the consumer protocol,
// v10 names topics by id (both KIP-848).

import { OffsetCommit } from '@klamm/protocol/api/08-offset-commit';
import { ErrorCode } from '@klamm/protocol/error-codes';
import type { TopicCommit, TopicOutcome } from '../coordinators/offsets/offset-commit.ts';
import { authorized } from '../dispatch/authorized.ts';
import { defineHandler } from '../dispatch/handler.ts';
import { AclResource, Operation } from '../metadata/acl.ts';
import { splitPartitions, withAbsent } from './offset-partitions.ts';

const TOPIC_IDS_SINCE = 10;

export const offsetCommit = defineHandler(OffsetCommit, {
  async handle(context, request) {
    const { broker, apiVersion } = context;
    if (!authorized(context, Operation.read, AclResource.group, request.groupId)) {
      const errorCode = ErrorCode.GROUP_AUTHORIZATION_FAILED;
      return { topics: request.topics.map((topic) => refusedTopic(topic, errorCode)) };
    }
    const { image } = broker.catalog;
    const byId = apiVersion >= TOPIC_IDS_SINCE;
    const known: TopicCommit[] = [];
    const unknown: TopicOutcome[] = [];
    const absent = new Map<string, TopicOutcome['partitions']>();
    for (const { name, topicId, partitions } of request.topics) {
      const topic = byId ? image.topicById(topicId) : image.topic(name);
      const authorizedName = byId ? topic?.name : name;
      if (
        authorizedName !== undefined &&
        !authorized(context, Operation.read, AclResource.topic, authorizedName)
      ) {
        unknown.push(refusedTopic({ name, topicId, partitions }, ErrorCode.TOPIC_AUTHORIZATION_FAILED));
      } else if (topic !== undefined) {
        const split = splitPartitions(topic, partitions);
        known.push({ name: topic.name, topicId: topic.id, partitions: split.present });
        absent.set(topic.name, split.absent);
      } else {
        const errorCode = byId ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
        unknown.push(refusedTopic({ name, topicId, partitions }, errorCode));
      }
    }
    if (known.length === 0 && unknown.length > 0) return { topics: unknown };
    const topics = await broker.groups.call<TopicOutcome[]>(
      request.groupId,
      (shard, respond, now) => shard.commit({ ...request, apiVersion, topics: known }, respond, now),
      (errorCode) => known.map((topic) => refusedTopic(topic, errorCode)),
    );
    return { topics: [...withAbsent(topics, absent), ...unknown] };
  },
  onError: ({ topics }, errorCode) => ({ topics: topics.map((topic) => refusedTopic(topic, errorCode)) }),
});

function refusedTopic({ name, topicId, partitions }: TopicCommit, errorCode: number): TopicOutcome {
  return {
    name,
    topicId,
    partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
  };
}

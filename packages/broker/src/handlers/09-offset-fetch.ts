// OffsetFetch v1 to v10. Behavior: no offset is -1, without an error. Version notes: v2 has an error for the group and
// null for all topics, v7 waits for transactions (KIP-447), v8 asks for many groups (KIP-709), v9 checks the member,
// v10 names topics by id (both KIP-848).

import { OffsetFetch } from '@klamm/protocol/api/09-offset-fetch';
import { ErrorCode } from '@klamm/protocol/error-codes';
import type { GroupOffsets } from '../coordinators/group-requests.ts';
import { NO_OFFSET, type TopicOffsets, type TopicQuery } from '../coordinators/offsets/offset-fetch.ts';
import { authorized } from '../dispatch/authorized.ts';
import type { RequestContext } from '../dispatch/context.ts';
import { defineHandler } from '../dispatch/handler.ts';
import { AclResource, Operation } from '../metadata/acl.ts';

const GROUP_ERROR_SINCE = 2;
const MANY_SINCE = 8;
const TOPIC_IDS_SINCE = 10;

interface GroupQuery {
  readonly groupId: string;
  readonly memberId: string | null;
  readonly memberEpoch: number;
  readonly topics: readonly TopicQuery[] | null;
}

export const offsetFetch = defineHandler(OffsetFetch, {
  async handle(context, request) {
    const { apiVersion } = context;
    if (apiVersion >= MANY_SINCE) {
      const fetched = request.groups.map((group) => fetchGroup(context, group, request.requireStable));
      return { groups: await Promise.all(fetched) };
    }
    const { groupId, requireStable } = request;
    const topics = request.topics?.map((topic) => ({ ...topic, topicId: '' })) ?? null;
    const query = { groupId, memberId: null, memberEpoch: -1, topics };
    const found = await fetchGroup(context, query, requireStable);
    // Before v2 there is no place for the group's error but in each partition.
    if (apiVersion < GROUP_ERROR_SINCE && found.errorCode !== ErrorCode.NONE) {
      return { topics: refusedTopics(topics ?? [], found.errorCode) };
    }
    return { topics: found.topics, errorCode: found.errorCode };
  },
  onError: ({ groups, topics }, errorCode) => ({
    errorCode,
    topics: refusedTopics(
      (topics ?? []).map((topic) => ({ ...topic, topicId: '' })),
      errorCode,
    ),
    groups: groups.map(({ groupId }) => ({ groupId, errorCode, topics: [] })),
  }),
});

async function fetchGroup(
  context: RequestContext,
  query: GroupQuery,
  requireStable: boolean,
): Promise<GroupOffsets> {
  const { broker, apiVersion } = context;
  const { groupId } = query;
  if (!authorized(context, Operation.describe, AclResource.group, groupId))
    return { groupId, errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED, topics: [] };
  const maySee = (topic: string): boolean =>
    authorized(context, Operation.describe, AclResource.topic, topic);
  const { image } = broker.catalog;
  const byId = apiVersion >= TOPIC_IDS_SINCE;
  const named = byId
    ? (query.topics?.map((topic) => ({ ...topic, name: image.topicById(topic.topicId)?.name ?? '' })) ?? null)
    : query.topics;
  const denied = named?.filter(({ name }) => name !== '' && !maySee(name)) ?? [];
  const known = named?.filter((topic) => (!byId || topic.name !== '') && !denied.includes(topic)) ?? null;
  const unknown = named?.filter(({ name }) => byId && name === '') ?? [];
  const found = await broker.groups.call<GroupOffsets>(
    groupId,
    (shard, respond) => shard.fetchOffsets({ ...query, topics: known, requireStable }, respond),
    (errorCode) => ({ groupId, errorCode, topics: [] }),
  );
  if (found.errorCode !== ErrorCode.NONE) return found;
  // Of all that there are, those are left out that may not be seen; of those asked for, they are refused.
  const seen = named === null ? found.topics.filter(({ name }) => maySee(name)) : found.topics;
  const refused = refusedTopics(denied, ErrorCode.TOPIC_AUTHORIZATION_FAILED);
  if (!byId) return { ...found, topics: [...seen, ...refused] };
  // An offset of a topic that is gone, or that came again under another id, has no id to be told by.
  const topics = seen.flatMap((topic) => {
    const topicId = image.topic(topic.name)?.id;
    return topicId === undefined ? [] : [{ ...topic, topicId }];
  });
  return { ...found, topics: [...topics, ...refused, ...refusedTopics(unknown, ErrorCode.UNKNOWN_TOPIC_ID)] };
}

function refusedTopics(topics: readonly TopicQuery[], errorCode: number): TopicOffsets[] {
  return topics.map(({ name, topicId, partitionIndexes }) => ({
    name,
    topicId,
    partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, ...NO_OFFSET, errorCode })),
  }));
}

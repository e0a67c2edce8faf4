// The one request of the consumer protocol: joins, stays, tells what changed, learns the assignment, leaves
// (KIP-848). What has not changed since the last heartbeat is null. Version notes: v1 has patterns, and member ids
// of the client's own (KIP-1082).

import { array, int16, int32, optional, since, string, struct, uuid } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

const topicPartitions = {
  /** Id of the topic, which outlives a deletion and a new topic of the same name (KIP-516). */
  topicId: uuid(),
  /** The partitions concerned, within their topic. */
  partitions: array(int32()),
};

export const ConsumerGroupHeartbeat = api({
  key: 68,
  name: 'ConsumerGroupHeartbeat',
  versions: [0, 1],
  flexibleFrom: 0,
  request: {
    /** Id of the group. */
    groupId: string(),
    /** Id of the member, which it makes itself from v1 on (KIP-1082); in v0 empty to be given one. */
    memberId: string(),
    /** Epoch of the member; 0 joins, -1 leaves, -2 leaves for a moment as a static member. */
    memberEpoch: int32(),
    /** The name a static member keeps over restarts; null for none, or unchanged. */
    instanceId: optional(string()),
    /** Rack the member runs in; null for none, or unchanged. */
    rackId: optional(string()),
    /** How long the member may take to give partitions back, ms; -1 for unchanged. */
    rebalanceTimeoutMs: int32(-1),
    /** Names of the topics the member wants; null for unchanged. */
    subscribedTopicNames: optional(array(string())),
    /** RE2 pattern of the topics the member wants; null for unchanged. */
    subscribedTopicRegex: since(1, optional(string())),
    /** The assignor the coordinator shall use; null for the default, or unchanged. */
    serverAssignor: optional(string()),
    /** What the member owns, topic by topic; null for unchanged. */
    topicPartitions: optional(
      array({
        /** Id of the topic, which outlives a deletion and a new topic of the same name (KIP-516). */
        topicId: uuid(),
        /** The partitions concerned, within their topic. */
        partitions: array(int32()),
      }),
    ),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** Kafka's error number (see error-codes.ts); 0 is success. */
    errorCode: int16(),
    /** What went wrong, for people; null where nothing did or no more can be said. */
    errorMessage: optional(string()),
    /** Id of the member; null where it is the one in the request. */
    memberId: optional(string()),
    /** Epoch of the member, which grows with each change of its assignment. */
    memberEpoch: int32(),
    /** How often the member is to send a heartbeat, ms. */
    heartbeatIntervalMs: int32(),
    /** What the member shall own; null for unchanged. */
    assignment: optional(
      struct({
        /** The partitions the member may use, topic by topic. */
        topicPartitions: array(topicPartitions),
      }),
    ),
  },
});

// Joins and leaves a share group, keeps the member alive, tells its assignment (KIP-932). Version notes: v1 is the
// first stable one; v0 was an early preview.

import { array, int16, int32, optional, string, struct, uuid } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

const topicPartitions = {
  /** Id of the topic, which outlives a deletion and a new topic of the same name (KIP-516). */
  topicId: uuid(),
  /** The partitions concerned, within their topic. */
  partitions: array(int32()),
};

export const ShareGroupHeartbeat = api({
  key: 76,
  name: 'ShareGroupHeartbeat',
  versions: [1, 1],
  flexibleFrom: 0,
  request: {
    /** Id of the group. */
    groupId: string(),
    /** Id of the group member. */
    memberId: string(),
    /** Epoch of the member; 0 joins, -1 leaves. */
    memberEpoch: int32(),
    /** Rack the member runs in; null for none, or unchanged. */
    rackId: optional(string()),
    /** Names of the topics the member wants; null for unchanged. */
    subscribedTopicNames: optional(array(string())),
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
    /** What the member shall read; null for unchanged. */
    assignment: optional(
      struct({
        /** The partitions the member may use, topic by topic. */
        topicPartitions: array(topicPartitions),
      }),
    ),
  },
});

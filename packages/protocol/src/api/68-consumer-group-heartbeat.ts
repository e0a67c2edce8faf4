// ConsumerGroupHeartbeat.

import { array, int16, int32, optional, since, string, struct, uuid } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

const topicPartitions = {
  topicId: uuid(),
  partitions: array(int32()),
};

export const ConsumerGroupHeartbeat = api({
  key: 68,
  name: 'ConsumerGroupHeartbeat',
  versions: [0, 1],
  flexibleFrom: 0,
  request: {
    groupId: string(),
    memberId: string(),
    memberEpoch: int32(),
    instanceId: optional(string()),
    rackId: optional(string()),
    rebalanceTimeoutMs: int32(-1),
    subscribedTopicNames: optional(array(string())),
    subscribedTopicRegex: since(1, optional(string())),
    serverAssignor: optional(string()),
    topicPartitions: optional(
      array({
        topicId: uuid(),
        partitions: array(int32()),
      }),
    ),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: optional(string()),
    memberId: optional(string()),
    memberEpoch: int32(),
    heartbeatIntervalMs: int32(),
    assignment: optional(
      struct({
        topicPartitions: array(topicPartitions),
      }),
    ),
  },
});

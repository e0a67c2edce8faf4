// ShareGroupHeartbeat.

import { array, int16, int32, optional, string, struct, uuid } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

const topicPartitions = {
  topicId: uuid(),
  partitions: array(int32()),
};

export const ShareGroupHeartbeat = api({
  key: 76,
  name: 'ShareGroupHeartbeat',
  versions: [1, 1],
  flexibleFrom: 0,
  request: {
    groupId: string(),
    memberId: string(),
    memberEpoch: int32(),
    rackId: optional(string()),
    subscribedTopicNames: optional(array(string())),
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

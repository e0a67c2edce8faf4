// DescribeTopicPartitions.

import { array, boolean, int16, int32, nullable, optional, string, struct, uuid } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const DescribeTopicPartitions = api({
  key: 75,
  name: 'DescribeTopicPartitions',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    topics: array({
      name: string(),
    }),
    responsePartitionLimit: int32(2000),
    cursor: optional(
      struct({
        topicName: string(),
        partitionIndex: int32(),
      }),
    ),
  },
  response: {
    throttleTimeMs: int32(),
    topics: array({
      errorCode: int16(),
      name: nullable(string()),
      topicId: uuid(),
      isInternal: boolean(),
      partitions: array({
        errorCode: int16(),
        partitionIndex: int32(),
        leaderId: int32(),
        leaderEpoch: int32(-1),
        replicaNodes: array(int32()),
        isrNodes: array(int32()),
        eligibleLeaderReplicas: optional(array(int32())),
        lastKnownElr: optional(array(int32())),
        offlineReplicas: array(int32()),
      }),
      topicAuthorizedOperations: int32(-2147483648),
    }),
    nextCursor: optional(
      struct({
        topicName: string(),
        partitionIndex: int32(),
      }),
    ),
  },
});

// ListPartitionReassignments.

import { array, int16, int32, nullable, optional, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const ListPartitionReassignments = api({
  key: 46,
  name: 'ListPartitionReassignments',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    timeoutMs: int32(60000),
    topics: optional(
      array({
        name: string(),
        partitionIndexes: array(int32()),
      }),
    ),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string()),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        replicas: array(int32()),
        addingReplicas: array(int32()),
        removingReplicas: array(int32()),
      }),
    }),
  },
});

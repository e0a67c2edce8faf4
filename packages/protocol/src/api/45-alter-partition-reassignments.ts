// AlterPartitionReassignments.

import { array, boolean, int16, int32, nullable, optional, since, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const AlterPartitionReassignments = api({
  key: 45,
  name: 'AlterPartitionReassignments',
  versions: [0, 1],
  flexibleFrom: 0,
  request: {
    timeoutMs: int32(60000),
    allowReplicationFactorChange: since(1, boolean(true)),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        replicas: optional(array(int32())),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    allowReplicationFactorChange: since(1, boolean(true)),
    errorCode: int16(),
    errorMessage: nullable(string()),
    responses: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: nullable(string()),
      }),
    }),
  },
});

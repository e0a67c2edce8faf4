// DescribeCluster.

import { array, boolean, int8, int16, int32, optional, since, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const DescribeCluster = api({
  key: 60,
  name: 'DescribeCluster',
  versions: [0, 2],
  flexibleFrom: 0,
  request: {
    includeClusterAuthorizedOperations: boolean(),
    endpointType: since(1, int8(1)),
    includeFencedBrokers: since(2, boolean()),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: optional(string()),
    endpointType: since(1, int8(1)),
    clusterId: string(),
    controllerId: int32(-1),
    brokers: array({
      brokerId: int32(),
      host: string(),
      port: int32(),
      rack: optional(string()),
      isFenced: since(2, boolean()),
    }),
    clusterAuthorizedOperations: int32(-2147483648),
  },
});

// Metadata.

import {
  array,
  boolean,
  int16,
  int32,
  nullable,
  optional,
  since,
  string,
  until,
  uuid,
} from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const Metadata = api({
  key: 3,
  name: 'Metadata',
  versions: [0, 13],
  flexibleFrom: 9,
  request: {
    topics: nullable(
      array({
        topicId: since(10, uuid()),
        name: nullable(string(), 10),
      }),
      1,
    ),
    allowAutoTopicCreation: since(4, boolean(true)),
    includeClusterAuthorizedOperations: until(10, since(8, boolean())),
    includeTopicAuthorizedOperations: since(8, boolean()),
  },
  response: {
    throttleTimeMs: since(3, int32()),
    brokers: array({
      nodeId: int32(),
      host: string(),
      port: int32(),
      rack: since(1, optional(string())),
    }),
    clusterId: since(2, optional(string())),
    controllerId: since(1, int32(-1)),
    topics: array({
      errorCode: int16(),
      name: nullable(string(), 12),
      topicId: since(10, uuid()),
      isInternal: since(1, boolean()),
      partitions: array({
        errorCode: int16(),
        partitionIndex: int32(),
        leaderId: int32(),
        leaderEpoch: since(7, int32(-1)),
        replicaNodes: array(int32()),
        isrNodes: array(int32()),
        offlineReplicas: since(5, array(int32())),
      }),
      topicAuthorizedOperations: since(8, int32(-2147483648)),
    }),
    clusterAuthorizedOperations: until(10, since(8, int32(-2147483648))),
    errorCode: since(13, int16()),
  },
});

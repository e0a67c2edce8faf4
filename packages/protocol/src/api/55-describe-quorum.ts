// DescribeQuorum.

import { array, int16, int32, int64, nullable, since, string, uint16, uuid } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

const replicaState = {
  replicaId: int32(),
  replicaDirectoryId: since(2, uuid()),
  logEndOffset: int64(),
  lastFetchTimestamp: since(1, int64(-1)),
  lastCaughtUpTimestamp: since(1, int64(-1)),
};

export const DescribeQuorum = api({
  key: 55,
  name: 'DescribeQuorum',
  versions: [0, 2],
  flexibleFrom: 0,
  request: {
    topics: array({
      topicName: string(),
      partitions: array({
        partitionIndex: int32(),
      }),
    }),
  },
  response: {
    errorCode: int16(),
    errorMessage: since(2, nullable(string())),
    topics: array({
      topicName: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: since(2, nullable(string())),
        leaderId: int32(),
        leaderEpoch: int32(),
        highWatermark: int64(),
        currentVoters: array(replicaState),
        observers: array(replicaState),
      }),
    }),
    nodes: since(
      2,
      array({
        nodeId: int32(),
        listeners: array({
          name: string(),
          host: string(),
          port: uint16(),
        }),
      }),
    ),
  },
});

// ElectLeaders.

import { array, int8, int16, int32, nullable, since, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const ElectLeaders = api({
  key: 43,
  name: 'ElectLeaders',
  versions: [0, 2],
  flexibleFrom: 2,
  request: {
    electionType: since(1, int8()),
    topicPartitions: nullable(
      array({
        topic: string(),
        partitions: array(int32()),
      }),
    ),
    timeoutMs: int32(60000),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: since(1, int16()),
    replicaElectionResults: array({
      topic: string(),
      partitionResult: array({
        partitionId: int32(),
        errorCode: int16(),
        errorMessage: nullable(string()),
      }),
    }),
  },
});

// DescribeProducers.

import { array, int16, int32, int64, optional, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const DescribeProducers = api({
  key: 61,
  name: 'DescribeProducers',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    topics: array({
      name: string(),
      partitionIndexes: array(int32()),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: optional(string()),
        activeProducers: array({
          producerId: int64(),
          producerEpoch: int32(),
          lastSequence: int32(-1),
          lastTimestamp: int64(-1),
          coordinatorEpoch: int32(),
          currentTxnStartOffset: int64(-1),
        }),
      }),
    }),
  },
});

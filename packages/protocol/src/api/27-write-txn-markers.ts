// WriteTxnMarkers.

import { array, boolean, int8, int16, int32, int64, since, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const WriteTxnMarkers = api({
  key: 27,
  name: 'WriteTxnMarkers',
  versions: [1, 2],
  flexibleFrom: 1,
  request: {
    markers: array({
      producerId: int64(),
      producerEpoch: int16(),
      transactionResult: boolean(),
      topics: array({
        name: string(),
        partitionIndexes: array(int32()),
      }),
      coordinatorEpoch: int32(),
      transactionVersion: since(2, int8()),
    }),
  },
  response: {
    markers: array({
      producerId: int64(),
      topics: array({
        name: string(),
        partitions: array({
          partitionIndex: int32(),
          errorCode: int16(),
        }),
      }),
    }),
  },
});

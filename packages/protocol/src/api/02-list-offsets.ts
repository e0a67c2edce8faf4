// ListOffsets.

import { array, int8, int16, int32, int64, since, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const ListOffsets = api({
  key: 2,
  name: 'ListOffsets',
  versions: [1, 11],
  flexibleFrom: 6,
  request: {
    replicaId: int32(),
    isolationLevel: since(2, int8()),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        currentLeaderEpoch: since(4, int32(-1)),
        timestamp: int64(),
      }),
    }),
    timeoutMs: since(10, int32()),
  },
  response: {
    throttleTimeMs: since(2, int32()),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        timestamp: int64(-1),
        offset: int64(-1),
        leaderEpoch: since(4, int32(-1)),
      }),
    }),
  },
});

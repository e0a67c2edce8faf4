// OffsetForLeaderEpoch.

import { array, int16, int32, int64, since, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const OffsetForLeaderEpoch = api({
  key: 23,
  name: 'OffsetForLeaderEpoch',
  versions: [2, 4],
  flexibleFrom: 4,
  request: {
    replicaId: since(3, int32(-2)),
    topics: array({
      topic: string(),
      partitions: array({
        partition: int32(),
        currentLeaderEpoch: int32(-1),
        leaderEpoch: int32(),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    topics: array({
      topic: string(),
      partitions: array({
        errorCode: int16(),
        partition: int32(),
        leaderEpoch: int32(-1),
        endOffset: int64(-1),
      }),
    }),
  },
});

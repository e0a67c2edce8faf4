// TxnOffsetCommit.

import { array, int16, int32, int64, nullable, optional, since, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const TxnOffsetCommit = api({
  key: 28,
  name: 'TxnOffsetCommit',
  versions: [0, 5],
  flexibleFrom: 3,
  request: {
    transactionalId: string(),
    groupId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    generationId: since(3, int32(-1)),
    memberId: since(3, string()),
    groupInstanceId: since(3, optional(string())),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        committedOffset: int64(),
        committedLeaderEpoch: since(2, int32(-1)),
        committedMetadata: nullable(string()),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
      }),
    }),
  },
});

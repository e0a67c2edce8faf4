// ReadShareGroupStateSummary.

import { array, int16, int32, int64, optional, since, string, uuid } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const ReadShareGroupStateSummary = api({
  key: 87,
  name: 'ReadShareGroupStateSummary',
  versions: [0, 1],
  flexibleFrom: 0,
  request: {
    groupId: string(),
    topics: array({
      topicId: uuid(),
      partitions: array({
        partition: int32(),
        leaderEpoch: int32(),
      }),
    }),
  },
  response: {
    results: array({
      topicId: uuid(),
      partitions: array({
        partition: int32(),
        errorCode: int16(),
        errorMessage: optional(string()),
        stateEpoch: int32(),
        leaderEpoch: int32(),
        startOffset: int64(),
        deliveryCompleteCount: since(1, int32(-1)),
      }),
    }),
  },
});

// InitializeShareGroupState.

import { array, int16, int32, int64, optional, string, uuid } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const InitializeShareGroupState = api({
  key: 83,
  name: 'InitializeShareGroupState',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    groupId: string(),
    topics: array({
      topicId: uuid(),
      partitions: array({
        partition: int32(),
        stateEpoch: int32(),
        startOffset: int64(),
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
      }),
    }),
  },
});

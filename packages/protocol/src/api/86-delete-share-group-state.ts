// DeleteShareGroupState.

import { array, int16, int32, optional, string, uuid } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const DeleteShareGroupState = api({
  key: 86,
  name: 'DeleteShareGroupState',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    groupId: string(),
    topics: array({
      topicId: uuid(),
      partitions: array({
        partition: int32(),
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

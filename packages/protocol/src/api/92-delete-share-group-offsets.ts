// DeleteShareGroupOffsets.

import { array, int16, int32, optional, string, uuid } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const DeleteShareGroupOffsets = api({
  key: 92,
  name: 'DeleteShareGroupOffsets',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    groupId: string(),
    topics: array({
      topicName: string(),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: optional(string()),
    responses: array({
      topicName: string(),
      topicId: uuid(),
      errorCode: int16(),
      errorMessage: optional(string()),
    }),
  },
});

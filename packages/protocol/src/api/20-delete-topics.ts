// DeleteTopics.

import { array, int16, int32, nullable, optional, since, string, until, uuid } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const DeleteTopics = api({
  key: 20,
  name: 'DeleteTopics',
  versions: [1, 6],
  flexibleFrom: 4,
  request: {
    topics: since(
      6,
      array({
        name: optional(string()),
        topicId: uuid(),
      }),
    ),
    topicNames: until(5, array(string())),
    timeoutMs: int32(),
  },
  response: {
    throttleTimeMs: int32(),
    responses: array({
      name: nullable(string(), 6),
      topicId: since(6, uuid()),
      errorCode: int16(),
      errorMessage: since(5, optional(string())),
    }),
  },
});

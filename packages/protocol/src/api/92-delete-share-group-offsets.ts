// Makes an empty share group forget topics (KIP-932). There is one version, v0.

import { array, int16, int32, optional, string, uuid } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const DeleteShareGroupOffsets = api({
  key: 92,
  name: 'DeleteShareGroupOffsets',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    /** Id of the group. */
    groupId: string(),
    /** The topics to forget. */
    topics: array({
      /** Name of the topic. */
      topicName: string(),
    }),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** Kafka's error number (see error-codes.ts); 0 is success. */
    errorCode: int16(),
    /** What went wrong, for people; null where nothing did or no more can be said. */
    errorMessage: optional(string()),
    /** The outcome, topic by topic. */
    responses: array({
      /** Name of the topic. */
      topicName: string(),
      /** Id of the topic, which outlives a deletion and a new topic of the same name (KIP-516). */
      topicId: uuid(),
      /** Kafka's error number (see error-codes.ts); 0 is success. */
      errorCode: int16(),
      /** What went wrong, for people; null where nothing did or no more can be said. */
      errorMessage: optional(string()),
    }),
  },
});

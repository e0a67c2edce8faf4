// Deletes topics with their records. Version notes: v5 explains errors and may be throttled (KIP-599), v6 takes
// topic ids (KIP-516).

import { array, int16, int32, nullable, optional, since, string, until, uuid } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const DeleteTopics = api({
  key: 20,
  name: 'DeleteTopics',
  versions: [1, 6],
  flexibleFrom: 4,
  request: {
    /** The topics to delete, each by name or id. */
    topics: since(
      6,
      array({
        /** Name of the topic; null where it is named by id. */
        name: optional(string()),
        /** Id of the topic, which outlives a deletion and a new topic of the same name (KIP-516). */
        topicId: uuid(),
      }),
    ),
    /** Names of the topics to delete. */
    topicNames: until(5, array(string())),
    /** How long the broker may take, ms. */
    timeoutMs: int32(),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** The outcome, topic by topic. */
    responses: array({
      /** Name of the topic; null where it was named by an id the caller may not see. */
      name: nullable(string(), 6),
      /** Id of the topic, which outlives a deletion and a new topic of the same name (KIP-516). */
      topicId: since(6, uuid()),
      /** Kafka's error number (see error-codes.ts); 0 is success. */
      errorCode: int16(),
      /** What went wrong, for people; null where nothing did or no more can be said. */
      errorMessage: since(5, optional(string())),
    }),
  },
});

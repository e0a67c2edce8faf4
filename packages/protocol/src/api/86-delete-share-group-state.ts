// Removes the stored state of share-partitions; sent by the group coordinator to the share coordinator (KIP-932).
// There is one version, v0.

import { array, int16, int32, optional, string, uuid } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const DeleteShareGroupState = api({
  key: 86,
  name: 'DeleteShareGroupState',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    /** Id of the group. */
    groupId: string(),
    /** What is asked for, topic by topic. */
    topics: array({
      /** Id of the topic, which outlives a deletion and a new topic of the same name (KIP-516). */
      topicId: uuid(),
      /** What is asked for, partition by partition. */
      partitions: array({
        /** Number of the partition, from 0. */
        partition: int32(),
      }),
    }),
  },
  response: {
    /** The outcome, topic by topic. */
    results: array({
      /** Id of the topic, which outlives a deletion and a new topic of the same name (KIP-516). */
      topicId: uuid(),
      /** The outcome, partition by partition. */
      partitions: array({
        /** Number of the partition, from 0. */
        partition: int32(),
        /** Kafka's error number (see error-codes.ts); 0 is success. */
        errorCode: int16(),
        /** What went wrong, for people; null where nothing did or no more can be said. */
        errorMessage: optional(string()),
      }),
    }),
  },
});

// Sets up the stored state of share-partitions; sent by the group coordinator to the share coordinator (KIP-932).
// There is one version, v0.

import { array, int16, int32, int64, optional, string, uuid } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const InitializeShareGroupState = api({
  key: 83,
  name: 'InitializeShareGroupState',
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
        /** Epoch of the share-partition's state; it grows when the group's offsets are set anew. */
        stateEpoch: int32(),
        /** First offset to deliver; -1 where it is decided later. */
        startOffset: int64(),
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

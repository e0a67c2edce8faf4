// Reads where share-partitions begin, without the state of each record (KIP-932). Version notes: v1 counts what is
// delivered (KIP-1226).

import { array, int16, int32, int64, optional, since, string, uuid } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const ReadShareGroupStateSummary = api({
  key: 87,
  name: 'ReadShareGroupStateSummary',
  versions: [0, 1],
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
        /** Epoch of the partition's leader; -1 where it is not known. */
        leaderEpoch: int32(),
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
        /** Epoch of the share-partition's state; it grows when the group's offsets are set anew. */
        stateEpoch: int32(),
        /** Epoch of the partition's leader; -1 where it is not known. */
        leaderEpoch: int32(),
        /** First offset the group still has to deliver. */
        startOffset: int64(),
        /** Records from the start offset on that need no more delivery; -1 where it is not known (KIP-1226). */
        deliveryCompleteCount: since(1, int32(-1)),
      }),
    }),
  },
});

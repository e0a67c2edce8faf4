// Stores the state of share-partitions; sent by a partition's leader to the share coordinator (KIP-932). Version
// notes: v1 counts what is delivered (KIP-1226).

import { array, int8, int16, int32, int64, optional, since, string, uuid } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const WriteShareGroupState = api({
  key: 85,
  name: 'WriteShareGroupState',
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
        /** Epoch of the share-partition's state; it grows when the group's offsets are set anew. */
        stateEpoch: int32(),
        /** Epoch of the partition's leader; -1 where it is not known. */
        leaderEpoch: int32(),
        /** First offset the group still has to deliver; -1 for unchanged. */
        startOffset: int64(),
        /** Records from the start offset on that need no more delivery; -1 where it is not known (KIP-1226). */
        deliveryCompleteCount: since(1, int32(-1)),
        /** States of the records from the start offset on, in ranges. */
        stateBatches: array({
          /** First offset of the range. */
          firstOffset: int64(),
          /** Last offset of the range, inclusive. */
          lastOffset: int64(),
          /** What became of these records: 0 available, 2 acknowledged, 4 archived. */
          deliveryState: int8(),
          /** How often these records have been delivered. */
          deliveryCount: int16(),
        }),
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

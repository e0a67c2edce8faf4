// Sets where an empty share group goes on in partitions (KIP-932). There is one version, v0.

import { array, int16, int32, int64, optional, string, uuid } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const AlterShareGroupOffsets = api({
  key: 91,
  name: 'AlterShareGroupOffsets',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    /** Id of the group. */
    groupId: string(),
    /** The offsets to set, topic by topic. */
    topics: array({
      /** Name of the topic. */
      topicName: string(),
      /** The offsets to set, partition by partition. */
      partitions: array({
        /** Number of the partition, from 0. */
        partitionIndex: int32(),
        /** The offset to deliver from. */
        startOffset: int64(),
      }),
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
      /** The outcome, partition by partition. */
      partitions: array({
        /** Number of the partition, from 0. */
        partitionIndex: int32(),
        /** Kafka's error number (see error-codes.ts); 0 is success. */
        errorCode: int16(),
        /** What went wrong, for people; null where nothing did or no more can be said. */
        errorMessage: optional(string()),
      }),
    }),
  },
});

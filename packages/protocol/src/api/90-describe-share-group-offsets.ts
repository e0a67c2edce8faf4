// Tells where share groups stand in partitions (KIP-932). Version notes: v1 tells how much is left (KIP-1226).

import { array, int16, int32, int64, nullable, optional, since, string, uuid } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const DescribeShareGroupOffsets = api({
  key: 90,
  name: 'DescribeShareGroupOffsets',
  versions: [0, 1],
  flexibleFrom: 0,
  request: {
    /** The groups concerned. */
    groups: array({
      /** Id of the group. */
      groupId: string(),
      /** The partitions to tell of; null for all the group knows. */
      topics: nullable(
        array({
          /** Name of the topic. */
          topicName: string(),
          /** The partitions concerned, within their topic. */
          partitions: array(int32()),
        }),
      ),
    }),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** The outcome, group by group. */
    groups: array({
      /** Id of the group. */
      groupId: string(),
      /** The outcome, topic by topic. */
      topics: array({
        /** Name of the topic. */
        topicName: string(),
        /** Id of the topic, which outlives a deletion and a new topic of the same name (KIP-516). */
        topicId: uuid(),
        /** The outcome, partition by partition. */
        partitions: array({
          /** Number of the partition, from 0. */
          partitionIndex: int32(),
          /** First offset the group still has to deliver. */
          startOffset: int64(),
          /** Epoch of the partition's leader; -1 where it is not known. */
          leaderEpoch: int32(),
          /** Records the group still has to deliver; -1 where it is not known (KIP-1226). */
          lag: since(1, int64(-1)),
          /** Kafka's error number (see error-codes.ts); 0 is success. */
          errorCode: int16(),
          /** What went wrong, for people; null where nothing did or no more can be said. */
          errorMessage: optional(string()),
        }),
      }),
      /** Kafka's error number (see error-codes.ts); 0 is success. */
      errorCode: int16(),
      /** What went wrong, for people; null where nothing did or no more can be said. */
      errorMessage: optional(string()),
    }),
  },
});

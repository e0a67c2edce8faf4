// Stores how far a group has read. Version notes: v5 drops the retention time (KIP-211), v6 has leader epochs
// (KIP-320), v7 static members (KIP-345), v9 serves the consumer protocol too, v10 names topics by id (both
// KIP-848).

import {
  array,
  int16,
  int32,
  int64,
  nullable,
  optional,
  since,
  string,
  until,
  uuid,
} from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const OffsetCommit = api({
  key: 8,
  name: 'OffsetCommit',
  versions: [2, 10],
  flexibleFrom: 8,
  request: {
    /** Id of the group. */
    groupId: string(),
    /** Generation of a classic group, or the member's epoch; -1 for a consumer without membership. */
    generationIdOrMemberEpoch: int32(-1),
    /** Id of the member; empty for a consumer without membership. */
    memberId: string(),
    /** The name a static member keeps over restarts (KIP-345); null for a dynamic one. */
    groupInstanceId: since(7, optional(string())),
    /** How long to keep the offset, ms; -1 for the broker's setting. Gone since v5. */
    retentionTimeMs: until(4, int64(-1)),
    /** The offsets to store, topic by topic. */
    topics: array({
      /** Name of the topic. */
      name: until(9, string()),
      /** Id of the topic, which outlives a deletion and a new topic of the same name (KIP-516). */
      topicId: since(10, uuid()),
      /** The offsets to store, partition by partition. */
      partitions: array({
        /** Number of the partition, from 0. */
        partitionIndex: int32(),
        /** The offset of the next record to read. */
        committedOffset: int64(),
        /** Leader epoch of the last record read; -1 where it is not known (KIP-320). */
        committedLeaderEpoch: since(6, int32(-1)),
        /** A note of the client's own, kept beside the offset; null for none. */
        committedMetadata: nullable(string()),
      }),
    }),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: since(3, int32()),
    /** The outcome, topic by topic. */
    topics: array({
      /** Name of the topic. */
      name: until(9, string()),
      /** Id of the topic, which outlives a deletion and a new topic of the same name (KIP-516). */
      topicId: since(10, uuid()),
      /** The outcome, partition by partition. */
      partitions: array({
        /** Number of the partition, from 0. */
        partitionIndex: int32(),
        /** Kafka's error number (see error-codes.ts); 0 is success. */
        errorCode: int16(),
      }),
    }),
  },
});

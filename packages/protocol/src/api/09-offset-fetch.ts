// Tells how far groups have read. Version notes: null for all topics from v2 on, v5 has leader epochs (KIP-320), v7
// waits for transactions (KIP-447), v8 asks for several groups at once (KIP-709), v9 checks the member, v10 names
// topics by id (both KIP-848).

import {
  array,
  boolean,
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

export const OffsetFetch = api({
  key: 9,
  name: 'OffsetFetch',
  versions: [1, 10],
  flexibleFrom: 6,
  request: {
    /** Id of the group. */
    groupId: until(7, string()),
    /** The partitions to look up; null for all the group has. */
    topics: until(
      7,
      nullable(
        array({
          /** Name of the topic. */
          name: string(),
          /** Numbers of the partitions. */
          partitionIndexes: array(int32()),
        }),
        2,
      ),
    ),
    /** The groups to look up. */
    groups: since(
      8,
      array({
        /** Id of the group. */
        groupId: string(),
        /** Id of the member that asks; null for anybody (KIP-848). */
        memberId: since(9, optional(string())),
        /** Epoch of the member that asks; -1 for anybody. */
        memberEpoch: since(9, int32(-1)),
        /** The partitions to look up; null for all the group has. */
        topics: nullable(
          array({
            /** Name of the topic. */
            name: until(9, string()),
            /** Id of the topic, which outlives a deletion and a new topic of the same name (KIP-516). */
            topicId: since(10, uuid()),
            /** Numbers of the partitions. */
            partitionIndexes: array(int32()),
          }),
        ),
      }),
    ),
    /** Whether to answer with an error while a transaction's offsets are undecided (KIP-447). */
    requireStable: since(7, boolean()),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: since(3, int32()),
    /** The outcome, topic by topic. */
    topics: until(
      7,
      array({
        /** Name of the topic. */
        name: string(),
        /** The outcome, partition by partition. */
        partitions: array({
          /** Number of the partition, from 0. */
          partitionIndex: int32(),
          /** The committed offset; -1 for none. */
          committedOffset: int64(),
          /** Leader epoch of the last record read; -1 where it is not known (KIP-320). */
          committedLeaderEpoch: since(5, int32(-1)),
          /** The client's own note beside the offset. */
          metadata: nullable(string()),
          /** Kafka's error number (see error-codes.ts); 0 is success. */
          errorCode: int16(),
        }),
      }),
    ),
    /** Kafka's error number (see error-codes.ts); 0 is success. */
    errorCode: until(7, since(2, int16())),
    /** The outcome, group by group. */
    groups: since(
      8,
      array({
        /** Id of the group. */
        groupId: string(),
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
            /** The committed offset; -1 for none. */
            committedOffset: int64(),
            /** Leader epoch of the last record read; -1 where it is not known (KIP-320). */
            committedLeaderEpoch: int32(-1),
            /** The client's own note beside the offset. */
            metadata: nullable(string()),
            /** Kafka's error number (see error-codes.ts); 0 is success. */
            errorCode: int16(),
          }),
        }),
        /** Kafka's error number (see error-codes.ts); 0 is success. */
        errorCode: int16(),
      }),
    ),
  },
});

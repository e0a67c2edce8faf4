// Stores a group's offsets as part of a transaction: they count once it commits (KIP-98). Version notes: v2 has
// leader epochs (KIP-320), v3 fences old members (KIP-447), v5 needs no AddOffsetsToTxn before (KIP-890).

import { array, int16, int32, int64, nullable, optional, since, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const TxnOffsetCommit = api({
  key: 28,
  name: 'TxnOffsetCommit',
  versions: [0, 5],
  flexibleFrom: 3,
  request: {
    /** The name under which a producer's transactions go on after a restart. */
    transactionalId: string(),
    /** Id of the group. */
    groupId: string(),
    /** Id of the producer, given by InitProducerId (KIP-98). */
    producerId: int64(),
    /** Epoch of the producer; an older one is fenced off. */
    producerEpoch: int16(),
    /** Generation of the group, to fence off old members (KIP-447); -1 for none. */
    generationId: since(3, int32(-1)),
    /** Id of the member; empty for none. */
    memberId: since(3, string()),
    /** The name a static member keeps over restarts (KIP-345); null for a dynamic one. */
    groupInstanceId: since(3, optional(string())),
    /** The offsets to store, topic by topic. */
    topics: array({
      /** Name of the topic. */
      name: string(),
      /** The offsets to store, partition by partition. */
      partitions: array({
        /** Number of the partition, from 0. */
        partitionIndex: int32(),
        /** The offset of the next record to read. */
        committedOffset: int64(),
        /** Leader epoch of the last record read; -1 where it is not known (KIP-320). */
        committedLeaderEpoch: since(2, int32(-1)),
        /** A note of the client's own, kept beside the offset; null for none. */
        committedMetadata: nullable(string()),
      }),
    }),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** The outcome, topic by topic. */
    topics: array({
      /** Name of the topic. */
      name: string(),
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

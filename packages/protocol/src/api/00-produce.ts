// Appends record batches to partitions. The records are one batch of magic 2 per partition. With acks=0 there is no
// answer. Version notes: v7 may carry zstd (KIP-110), v8 tells which records a batch was refused for (KIP-467), v10
// who leads instead (KIP-951), v12 adds a transaction's partitions by itself (KIP-890), v13 names topics by id
// (KIP-516). Kafka 4 removed v0 to v2, yet advertises them for the sake of librdkafka (KIP-896).

import {
  array,
  int16,
  int32,
  int64,
  optional,
  records,
  since,
  string,
  struct,
  tagged,
  until,
  uuid,
} from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const Produce = api({
  key: 0,
  name: 'Produce',
  versions: [3, 13],
  flexibleFrom: 9,
  request: {
    /** Id of the producer's transactions; null where it has none. */
    transactionalId: optional(string()),
    /** Who must have the records before the answer: 0 nobody and no answer, 1 the leader, -1 all in-sync replicas. */
    acks: int16(),
    /** How long the broker may take, ms. */
    timeoutMs: int32(),
    /** Records, topic by topic. */
    topicData: array({
      /** Name of the topic. */
      name: until(12, string()),
      /** Id of the topic, which outlives a deletion and a new topic of the same name (KIP-516). */
      topicId: since(13, uuid()),
      /** Records, partition by partition. */
      partitionData: array({
        /** Number of the partition, from 0. */
        index: int32(),
        /** One record batch of magic 2; v3 and later take no other. */
        records: records(),
      }),
    }),
  },
  response: {
    /** The outcome, topic by topic. */
    responses: array({
      /** Name of the topic. */
      name: until(12, string()),
      /** Id of the topic, which outlives a deletion and a new topic of the same name (KIP-516). */
      topicId: since(13, uuid()),
      /** The outcome, partition by partition. */
      partitionResponses: array({
        /** Number of the partition, from 0. */
        index: int32(),
        /** Kafka's error number (see error-codes.ts); 0 is success. */
        errorCode: int16(),
        /** Offset of the batch's first record; -1 where it was not appended. */
        baseOffset: int64(),
        /** The broker's time of the append, ms since 1970, where the topic keeps it; else -1. */
        logAppendTimeMs: int64(-1),
        /** First offset there is in the partition. */
        logStartOffset: since(5, int64(-1)),
        /** The records the batch was refused for (KIP-467). */
        recordErrors: since(
          8,
          array({
            /** Place of the record in its batch, from 0. */
            batchIndex: int32(),
            /** What is wrong with the record; null where no more can be said. */
            batchIndexErrorMessage: optional(string()),
          }),
        ),
        /** What went wrong, for people; null where nothing did or no more can be said. */
        errorMessage: since(8, optional(string())),
        /** Who leads the partition now, told with an error of the wrong leader (KIP-951). */
        currentLeader: tagged(
          0,
          10,
          struct({
            /** Id of the leader's broker; -1 while there is none. */
            leaderId: int32(-1),
            /** Epoch of the partition's leader; -1 where it is not known. */
            leaderEpoch: int32(-1),
          }),
        ),
      }),
    }),
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** Addresses of the leaders named above, so that no new metadata is needed (KIP-951). */
    nodeEndpoints: tagged(
      0,
      10,
      array({
        /** Id of the node. */
        nodeId: int32(),
        /** Name or address to connect to. */
        host: string(),
        /** TCP port to connect to. */
        port: int32(),
        /** Rack the node stands in; null where none is configured. */
        rack: optional(string()),
      }),
    ),
  },
});

// Tells which producers a partition knows, to find hanging transactions (KIP-664). There is one version, v0.

import { array, int16, int32, int64, optional, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const DescribeProducers = api({
  key: 61,
  name: 'DescribeProducers',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    /** The partitions to tell of, topic by topic. */
    topics: array({
      /** Name of the topic. */
      name: string(),
      /** Numbers of the partitions. */
      partitionIndexes: array(int32()),
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
        /** What went wrong, for people; null where nothing did or no more can be said. */
        errorMessage: optional(string()),
        /** The producers whose sequence the partition keeps. */
        activeProducers: array({
          /** Id of the producer, given by InitProducerId (KIP-98). */
          producerId: int64(),
          /** Epoch of the producer. */
          producerEpoch: int32(),
          /** Sequence number of its last record; -1 for none. */
          lastSequence: int32(-1),
          /** Timestamp of its last batch, ms since 1970; -1 for none. */
          lastTimestamp: int64(-1),
          /** Epoch of the coordinator that wrote its last marker; -1 for none. */
          coordinatorEpoch: int32(),
          /** First offset of its open transaction; -1 for none. */
          currentTxnStartOffset: int64(-1),
        }),
      }),
    }),
  },
});

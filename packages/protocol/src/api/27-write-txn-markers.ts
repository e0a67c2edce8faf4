// Makes a broker write commit or abort markers into partitions: sent by the transaction coordinator, and by admin
// tools against hanging transactions (KIP-98, KIP-664). Version notes: v2 tells the transaction's protocol version
// (KIP-1228).

import { array, boolean, int8, int16, int32, int64, since, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const WriteTxnMarkers = api({
  key: 27,
  name: 'WriteTxnMarkers',
  versions: [1, 2],
  flexibleFrom: 1,
  request: {
    /** The markers to write, transaction by transaction. */
    markers: array({
      /** Id of the producer, given by InitProducerId (KIP-98). */
      producerId: int64(),
      /** Epoch of the producer; an older one is fenced off. */
      producerEpoch: int16(),
      /** True for a commit, false for an abort. */
      transactionResult: boolean(),
      /** The partitions to write to, topic by topic. */
      topics: array({
        /** Name of the topic. */
        name: string(),
        /** Numbers of the partitions. */
        partitionIndexes: array(int32()),
      }),
      /** Epoch of the transaction coordinator; an older one is fenced off. */
      coordinatorEpoch: int32(),
      /** Version of the transaction protocol: below 2 the marker need not raise the epoch (KIP-1228). */
      transactionVersion: since(2, int8()),
    }),
  },
  response: {
    /** The outcome, transaction by transaction. */
    markers: array({
      /** Id of the producer, given by InitProducerId (KIP-98). */
      producerId: int64(),
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
    }),
  },
});

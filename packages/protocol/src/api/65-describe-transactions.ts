// Tells of transactions by their ids (KIP-664). There is one version, v0.

import { array, int16, int32, int64, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const DescribeTransactions = api({
  key: 65,
  name: 'DescribeTransactions',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    /** The transactions to tell of. */
    transactionalIds: array(string()),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** The transactions found. */
    transactionStates: array({
      /** Kafka's error number (see error-codes.ts); 0 is success. */
      errorCode: int16(),
      /** The name under which a producer's transactions go on after a restart. */
      transactionalId: string(),
      /** State of the transaction by name, such as "Ongoing". */
      transactionState: string(),
      /** How long a transaction may be open before the coordinator aborts it, ms. */
      transactionTimeoutMs: int32(),
      /** When the transaction began, ms since 1970; -1 where none is open. */
      transactionStartTimeMs: int64(),
      /** Id of the producer, given by InitProducerId (KIP-98). */
      producerId: int64(),
      /** Epoch of the producer; an older one is fenced off. */
      producerEpoch: int16(),
      /** The partitions in it; those whose marker is written are no longer among them. */
      topics: array({
        /** Name of the topic. */
        topic: string(),
        /** The partitions concerned, within their topic. */
        partitions: array(int32()),
      }),
    }),
  },
});

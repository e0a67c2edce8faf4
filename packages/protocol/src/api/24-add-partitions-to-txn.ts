// Adds partitions to a transaction before records are written to them (KIP-98). Version notes: clients send up to
// v3, with one transaction; from v4 on brokers ask each other, for several, to verify that a transaction is open
// (KIP-890).

import { array, boolean, int16, int32, int64, since, string, until } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

const addPartitionsToTxnTopic = {
  /** Name of the topic. */
  name: string(),
  /** The partitions concerned, within their topic. */
  partitions: array(int32()),
};

const addPartitionsToTxnPartitionResult = {
  /** Number of the partition, from 0. */
  partitionIndex: int32(),
  /** Kafka's error number for the partition; 0 is success. */
  partitionErrorCode: int16(),
};

const addPartitionsToTxnTopicResult = {
  /** Name of the topic. */
  name: string(),
  /** The outcome, partition by partition. */
  resultsByPartition: array(addPartitionsToTxnPartitionResult),
};

export const AddPartitionsToTxn = api({
  key: 24,
  name: 'AddPartitionsToTxn',
  versions: [0, 5],
  flexibleFrom: 3,
  request: {
    /** Transactions with the partitions to add; brokers send several at once. */
    transactions: since(
      4,
      array({
        /** The name under which a producer's transactions go on after a restart. */
        transactionalId: string(),
        /** Id of the producer, given by InitProducerId (KIP-98). */
        producerId: int64(),
        /** Epoch of the producer; an older one is fenced off. */
        producerEpoch: int16(),
        /** Whether to ask if the partitions are in the transaction, and add none (KIP-890). */
        verifyOnly: boolean(),
        /** The partitions to add, topic by topic. */
        topics: array(addPartitionsToTxnTopic),
      }),
    ),
    /** The transaction, in the versions that clients send. */
    v3AndBelowTransactionalId: until(3, string()),
    /** Id of its producer. */
    v3AndBelowProducerId: until(3, int64()),
    /** Epoch of its producer. */
    v3AndBelowProducerEpoch: until(3, int16()),
    /** The partitions to add, topic by topic. */
    v3AndBelowTopics: until(3, array(addPartitionsToTxnTopic)),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** Kafka's error number (see error-codes.ts); 0 is success. */
    errorCode: since(4, int16()),
    /** The outcome, transaction by transaction. */
    resultsByTransaction: since(
      4,
      array({
        /** The name under which a producer's transactions go on after a restart. */
        transactionalId: string(),
        /** The outcome, topic by topic. */
        topicResults: array(addPartitionsToTxnTopicResult),
      }),
    ),
    /** The outcome, topic by topic, in the versions that clients send. */
    resultsByTopicV3AndBelow: until(3, array(addPartitionsToTxnTopicResult)),
  },
});

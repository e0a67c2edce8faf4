// AddPartitionsToTxn.

import { array, boolean, int16, int32, int64, since, string, until } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

const addPartitionsToTxnTopic = {
  name: string(),
  partitions: array(int32()),
};

const addPartitionsToTxnPartitionResult = {
  partitionIndex: int32(),
  partitionErrorCode: int16(),
};

const addPartitionsToTxnTopicResult = {
  name: string(),
  resultsByPartition: array(addPartitionsToTxnPartitionResult),
};

export const AddPartitionsToTxn = api({
  key: 24,
  name: 'AddPartitionsToTxn',
  versions: [0, 5],
  flexibleFrom: 3,
  request: {
    transactions: since(
      4,
      array({
        transactionalId: string(),
        producerId: int64(),
        producerEpoch: int16(),
        verifyOnly: boolean(),
        topics: array(addPartitionsToTxnTopic),
      }),
    ),
    v3AndBelowTransactionalId: until(3, string()),
    v3AndBelowProducerId: until(3, int64()),
    v3AndBelowProducerEpoch: until(3, int16()),
    v3AndBelowTopics: until(3, array(addPartitionsToTxnTopic)),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: since(4, int16()),
    resultsByTransaction: since(
      4,
      array({
        transactionalId: string(),
        topicResults: array(addPartitionsToTxnTopicResult),
      }),
    ),
    resultsByTopicV3AndBelow: until(3, array(addPartitionsToTxnTopicResult)),
  },
});

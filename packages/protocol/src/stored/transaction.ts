// stored.transaction.

import { array, int8, int16, int32, int64, nullable, string, tagged } from '../schema/fields.ts';
import { message } from '../schema/message.ts';

export const TransactionLogKey = message({
  name: 'TransactionLogKey',
  versions: [0, 0],
  fields: {
    transactionalId: string(),
  },
});

export const TransactionLogValue = message({
  name: 'TransactionLogValue',
  versions: [0, 1],
  flexibleFrom: 1,
  fields: {
    producerId: int64(),
    previousProducerId: tagged(0, 1, int64(-1)),
    nextProducerId: tagged(1, 1, int64(-1)),
    producerEpoch: int16(),
    nextProducerEpoch: tagged(3, 1, int16(-1)),
    transactionTimeoutMs: int32(),
    transactionStatus: int8(),
    transactionPartitions: nullable(
      array({
        topic: string(),
        partitionIds: array(int32()),
      }),
    ),
    transactionLastUpdateTimestampMs: int64(),
    transactionStartTimestampMs: int64(),
    clientTransactionVersion: tagged(2, 1, int16()),
  },
});

/** Record types of `__transaction_state`, for the functions of keyed-record.ts. */
export const transactionRecords = {
  0: { key: TransactionLogKey, value: TransactionLogValue },
} as const;

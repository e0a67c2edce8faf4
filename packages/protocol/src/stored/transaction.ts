// The records of `__transaction_state`: one per transactional id, the last one counts (KIP-98). Behind the prefixes
// of keyed-record.ts. v1 of the value keeps what a transaction's next epoch needs (KIP-890).

import { array, int8, int16, int32, int64, nullable, string, tagged } from '../schema/fields.ts';
import { message } from '../schema/message.ts';

/** Whose transaction it is. */
export const TransactionLogKey = message({
  name: 'TransactionLogKey',
  versions: [0, 0],
  fields: {
    /** The name under which a producer's transactions go on after a restart. */
    transactionalId: string(),
  },
});

/** The state of a transactional id. */
export const TransactionLogValue = message({
  name: 'TransactionLogValue',
  versions: [0, 1],
  flexibleFrom: 1,
  fields: {
    /** Id of the producer, given by InitProducerId (KIP-98). */
    producerId: int64(),
    /** The producer id before, while answers to it may be under way; -1 for none. */
    previousProducerId: tagged(0, 1, int64(-1)),
    /** The producer id to go on with once this transaction is over; -1 for none. */
    nextProducerId: tagged(1, 1, int64(-1)),
    /** Epoch of the producer; an older one is fenced off. */
    producerEpoch: int16(),
    /** Epoch of `nextProducerId`; -1 for none. */
    nextProducerEpoch: tagged(3, 1, int16(-1)),
    /** How long a transaction may be open before the coordinator aborts it, ms. */
    transactionTimeoutMs: int32(),
    /** 0 empty, 1 ongoing, 2 or 3 prepare commit or abort, 4 or 5 complete, 6 dead, 7 prepare epoch fence. */
    transactionStatus: int8(),
    /** The partitions in it, topic by topic; null for none. */
    transactionPartitions: nullable(
      array({
        /** Name of the topic. */
        topic: string(),
        /** Numbers of the partitions. */
        partitionIds: array(int32()),
      }),
    ),
    /** When it last changed, ms since 1970. */
    transactionLastUpdateTimestampMs: int64(),
    /** When it began, ms since 1970; -1 for not yet. */
    transactionStartTimestampMs: int64(),
    /** Version of the transaction protocol the client uses (KIP-890). */
    clientTransactionVersion: tagged(2, 1, int16()),
  },
});

/** Record types of `__transaction_state`, for the functions of keyed-record.ts. */
export const transactionRecords = {
  0: { key: TransactionLogKey, value: TransactionLogValue },
} as const;

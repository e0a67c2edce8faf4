// A transactional id and where its transaction stands, as `__transaction_state` keeps it. Values never change: a step
// makes a new one, which is a record. org.apache.kafka.coordinator.transaction.TransactionMetadata and TransactionLog.

import {
  decodeRecord,
  encodeRecordKey,
  encodeRecordValue,
  type KeyedRecord,
} from '@klamm/protocol/stored/keyed-record';
import {
  TransactionLogKey,
  TransactionLogValue,
  transactionRecords,
} from '@klamm/protocol/stored/transaction';
import type { RecordBytes } from '../group-record.ts';

export type TransactionRecord = KeyedRecord<typeof transactionRecords>;

/** The states by the numbers they are stored as. */
export const TransactionState = {
  empty: 0,
  ongoing: 1,
  prepareCommit: 2,
  prepareAbort: 3,
  completeCommit: 4,
  completeAbort: 5,
  /** Never stored by Klamm, nor, beyond bugs, by Apache Kafka. */
  dead: 6,
  prepareEpochFence: 7,
} as const;
export type TransactionState = (typeof TransactionState)[keyof typeof TransactionState];

/** As DescribeTransactions and ListTransactions name the states, in the order of their numbers. */
export const STATE_NAMES: readonly string[] = [
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
  'Dead',
  'PrepareEpochFence',
];

/** `transaction.version` from which on each transaction has an epoch of its own (KIP-890). */
export const EPOCH_PER_TRANSACTION = 2;

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface Transaction {
  readonly transactionalId: string;
  readonly state: TransactionState;
  readonly producerId: number;
  readonly producerEpoch: number;
  /** The producer id before this one, while answers that named it may be under way; -1 for none. */
  readonly previousProducerId: number;
  /** The producer id to go on with once this transaction is over; -1 for none. */
  readonly nextProducerId: number;
  /** The epoch before this one, of the same producer; -1 where another took over, and after a restart. */
  readonly lastProducerEpoch: number;
  readonly timeoutMs: number;
  /** Numbers of partitions by topic. */
  readonly partitions: ReadonlyMap<string, ReadonlySet<number>>;
  /** ms since 1970; -1 where it has not begun. */
  readonly startTimestamp: number;
  readonly updateTimestamp: number;
  /** `transaction.version` that the transaction was ended with. */
  readonly clientVersion: number;
}

export const NO_PARTITIONS: Transaction['partitions'] = new Map();

export function isDecided({ state }: Transaction): boolean {
  return state === TransactionState.prepareCommit || state === TransactionState.prepareAbort;
}

export function hasPartition({ partitions }: Transaction, { topic, partition }: TopicPartition): boolean {
  return partitions.get(topic)?.has(partition) === true;
}

export function recordOf(transaction: Transaction): TransactionRecord {
  const { transactionalId, state, partitions } = transaction;
  return {
    type: 0,
    key: { transactionalId },
    value: {
      producerId: transaction.producerId,
      previousProducerId: transaction.previousProducerId,
      nextProducerId: transaction.nextProducerId,
      producerEpoch: transaction.producerEpoch,
      nextProducerEpoch: -1,
      transactionTimeoutMs: transaction.timeoutMs,
      transactionStatus: state,
      transactionPartitions:
        state === TransactionState.empty
          ? null
          : Array.from(partitions, ([topic, indexes]) => ({ topic, partitionIds: [...indexes] })),
      transactionLastUpdateTimestampMs: transaction.updateTimestamp,
      transactionStartTimestampMs: transaction.startTimestamp,
      clientTransactionVersion: transaction.clientVersion,
    },
  };
}

export function tombstoneOf(transactionalId: string): TransactionRecord {
  return { type: 0, key: { transactionalId }, value: null };
}

export function encodeTransactionRecord({ type, key, value }: TransactionRecord): RecordBytes {
  return {
    key: encodeRecordKey(type, TransactionLogKey, key),
    value: value === null ? null : encodeRecordValue(TransactionLogValue, value),
  };
}

/**
 * What a record says: the transactional id, and where it stands, null where it is gone. Undefined for a record that only
 * a newer Kafka knows. Throws ProtocolError where the bytes are damaged.
 */
export function decodeTransaction(
  key: Buffer,
  value: Buffer | null,
): { readonly transactionalId: string; readonly transaction: Transaction | null } | undefined {
  const record = decodeRecord(transactionRecords, key, value);
  if (record === undefined) return undefined;
  const { transactionalId } = record.key;
  const stored = record.value;
  if (stored === null) return { transactionalId, transaction: null };
  const transaction: Transaction = {
    transactionalId,
    state: stored.transactionStatus as TransactionState,
    producerId: stored.producerId,
    producerEpoch: stored.producerEpoch,
    previousProducerId: stored.previousProducerId,
    nextProducerId: stored.nextProducerId,
    lastProducerEpoch: -1,
    timeoutMs: stored.transactionTimeoutMs,
    partitions: new Map(
      stored.transactionPartitions?.map(({ topic, partitionIds }) => [topic, new Set(partitionIds)]),
    ),
    startTimestamp: stored.transactionStartTimestampMs,
    updateTimestamp: stored.transactionLastUpdateTimestampMs,
    clientVersion: stored.clientTransactionVersion,
  };
  return { transactionalId, transaction };
}

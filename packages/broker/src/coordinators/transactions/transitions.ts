// How a transaction gets from one state to the next: what each step writes. Whether it may be taken is judged elsewhere.
// org.apache.kafka.coordinator.transaction.TransactionMetadata (KIP-98, KIP-360, KIP-890).

import {
  EPOCH_PER_TRANSACTION,
  NO_PARTITIONS,
  type TopicPartition,
  type Transaction,
  TransactionState,
} from './transaction.ts';

/** The last epoch of a producer id, which no producer is given: it is there to fence the one before off. */
export const EPOCH_MAX = 0x7fff;
const NONE = -1;

/** Whether an id has no epochs left to give. */
export function isExhausted(producerEpoch: number): boolean {
  return producerEpoch >= EPOCH_MAX - 1;
}

/** A transactional id that is seen for the first time. */
export function created(
  transactionalId: string,
  producerId: number,
  timeoutMs: number,
  now: number,
): Transaction {
  return {
    transactionalId,
    state: TransactionState.empty,
    producerId,
    producerEpoch: 0,
    previousProducerId: NONE,
    nextProducerId: NONE,
    lastProducerEpoch: NONE,
    timeoutMs,
    partitions: NO_PARTITIONS,
    startTimestamp: NONE,
    updateTimestamp: now,
    clientVersion: 0,
  };
}

/** A producer begins, or begins anew, with an id and epoch. */
export function initialized(
  transaction: Transaction,
  producer: {
    readonly producerId: number;
    readonly producerEpoch: number;
    readonly lastProducerEpoch: number;
  },
  timeoutMs: number,
  now: number,
): Transaction {
  return {
    ...transaction,
    ...producer,
    state: TransactionState.empty,
    previousProducerId: transaction.producerId,
    nextProducerId: NONE,
    timeoutMs,
    partitions: NO_PARTITIONS,
    startTimestamp: NONE,
    updateTimestamp: now,
    clientVersion: 0,
  };
}

/** Partitions are added; with the first the transaction begins. */
export function withPartitions(
  transaction: Transaction,
  added: readonly TopicPartition[],
  now: number,
): Transaction {
  const isBegun = transaction.state === TransactionState.ongoing;
  const partitions = new Map(transaction.partitions);
  for (const { topic, partition } of added)
    partitions.set(topic, new Set([...(partitions.get(topic) ?? []), partition]));
  return {
    ...transaction,
    state: TransactionState.ongoing,
    partitions,
    startTimestamp: isBegun ? transaction.startTimestamp : now,
    updateTimestamp: now,
    clientVersion: 0,
  };
}

/**
 * It is decided how the transaction ends: once this is durable, markers say so in every partition.
 *
 * @param nextProducerId for where the epochs run out
 */
export function decided(
  transaction: Transaction,
  committed: boolean,
  clientVersion: number,
  nextProducerId: number,
  now: number,
): Transaction {
  const bumps = clientVersion >= EPOCH_PER_TRANSACTION && transaction.producerEpoch < EPOCH_MAX;
  const { producerEpoch, lastProducerEpoch, startTimestamp } = transaction;
  return {
    ...transaction,
    state: committed ? TransactionState.prepareCommit : TransactionState.prepareAbort,
    producerEpoch: bumps ? producerEpoch + 1 : producerEpoch,
    lastProducerEpoch: bumps ? producerEpoch : lastProducerEpoch,
    nextProducerId,
    // One without partitions has not begun, and can be aborted all the same.
    startTimestamp: transaction.state === TransactionState.ongoing ? startTimestamp : now,
    updateTimestamp: now,
    clientVersion,
  };
}

/** All markers are written. */
export function completed(transaction: Transaction, now: number): Transaction {
  const { state, producerId, nextProducerId } = transaction;
  const isCommitted = state === TransactionState.prepareCommit;
  const next = nextProducerId < 0 ? {} : { producerId: nextProducerId, producerEpoch: 0 };
  return {
    ...transaction,
    ...next,
    state: isCommitted ? TransactionState.completeCommit : TransactionState.completeAbort,
    previousProducerId: producerId,
    nextProducerId: NONE,
    partitions: NO_PARTITIONS,
    updateTimestamp: now,
  };
}

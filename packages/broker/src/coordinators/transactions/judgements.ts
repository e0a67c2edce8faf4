// What may be done with a transaction, by its state and by who asks. A fenced producer is told so whatever it asks.
//
// `wait` stands for a transaction that is decided and whose markers are being written: Apache Kafka answers
// CONCURRENT_TRANSACTIONS and has the client ask again, here the answer waits for the moment.
// org.apache.kafka.coordinator.transaction.TransactionCoordinator (KIP-98, KIP-360, KIP-447, KIP-890).

import { ErrorCode } from '@klamm/protocol/error-codes';
import {
  EPOCH_PER_TRANSACTION,
  hasPartition,
  isDecided,
  type TopicPartition,
  type Transaction,
  TransactionState,
} from './transaction.ts';
import { isExhausted } from './transitions.ts';

/** Who asks about a transaction. */
export interface TransactionOwner {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
}

export interface Refused {
  readonly errorCode: number;
}

const refused = (name: keyof typeof ErrorCode): Refused => ({ errorCode: ErrorCode[name] });

/** What becomes of an InitProducerId. */
export type InitJudgement =
  | 'wait'
  /** The open transaction is aborted first, and its producer fenced off. */
  | 'abortFirst'
  | 'rotate'
  | { readonly producerEpoch: number; readonly lastProducerEpoch: number }
  | Refused;

/** @param expected what the producer has, where it goes on after an error (KIP-360) */
export function judgeInit(
  transaction: Transaction,
  expected: Omit<TransactionOwner, 'transactionalId'> | undefined,
): InitJudgement {
  const { producerId, producerEpoch, lastProducerEpoch, previousProducerId, state } = transaction;
  if (expected !== undefined && expected.producerId !== producerId) {
    // It may have been given another id, and missed the answer.
    const isRetry = expected.producerId === previousProducerId && isExhausted(expected.producerEpoch);
    if (!isRetry) return refused('PRODUCER_FENCED');
  }
  if (isDecided(transaction)) return 'wait';
  const isCurrent = expected === undefined || expected.producerEpoch === producerEpoch;
  // Apache Kafka has whoever is fenced abort the transaction of whoever took over before it says so.
  if (state === TransactionState.ongoing) return isCurrent ? 'abortFirst' : refused('PRODUCER_FENCED');
  if (isExhausted(producerEpoch) && isCurrent) return 'rotate';
  if (expected === undefined) return { producerEpoch: producerEpoch + 1, lastProducerEpoch: -1 };
  if (isCurrent) return { producerEpoch: producerEpoch + 1, lastProducerEpoch: producerEpoch };
  if (expected.producerEpoch === lastProducerEpoch) return { producerEpoch, lastProducerEpoch };
  return refused('PRODUCER_FENCED');
}

/** What becomes of partitions that are to be added. */
export function judgeAdd(
  transaction: Transaction | undefined,
  owner: TransactionOwner,
  partitions: readonly TopicPartition[],
): 'add' | 'wait' | Refused {
  if (transaction === undefined || transaction.producerId !== owner.producerId)
    return refused('INVALID_PRODUCER_ID_MAPPING');
  if (transaction.producerEpoch !== owner.producerEpoch) return refused('PRODUCER_FENCED');
  if (isDecided(transaction)) return 'wait';
  const isIn = (partition: TopicPartition): boolean => hasPartition(transaction, partition);
  const isDone = transaction.state === TransactionState.ongoing && partitions.every(isIn);
  return isDone ? refused('NONE') : 'add';
}

/** Why a partition may not be written to in a transaction; NONE where it may (KIP-890). */
export function writeProblem(
  transaction: Transaction | undefined,
  owner: TransactionOwner,
  partition: TopicPartition,
): number {
  if (transaction === undefined || transaction.producerId !== owner.producerId)
    return ErrorCode.INVALID_PRODUCER_ID_MAPPING;
  if (transaction.producerEpoch !== owner.producerEpoch) return ErrorCode.PRODUCER_FENCED;
  if (isDecided(transaction)) return ErrorCode.CONCURRENT_TRANSACTIONS;
  const isIn = transaction.state === TransactionState.ongoing && hasPartition(transaction, partition);
  return isIn ? ErrorCode.NONE : ErrorCode.TRANSACTION_ABORTABLE;
}

/** What becomes of an EndTxn; NONE where it has been done before. */
export type EndJudgement = 'end' | 'wait' | Refused;

export function judgeEnd(
  transaction: Transaction | undefined,
  owner: TransactionOwner,
  committed: boolean,
  clientVersion: number,
): EndJudgement {
  if (transaction === undefined) return refused('INVALID_PRODUCER_ID_MAPPING');
  return clientVersion >= EPOCH_PER_TRANSACTION
    ? judgeEndWithEpochs(transaction, owner, committed)
    : judgeEndInEpoch(transaction, owner, committed);
}

/** An epoch is the producer's for all its transactions: asking for the same end twice is one and the same. */
function judgeEndInEpoch(
  transaction: Transaction,
  { producerId, producerEpoch }: TransactionOwner,
  committed: boolean,
): EndJudgement {
  if (transaction.producerId !== producerId) return refused('INVALID_PRODUCER_ID_MAPPING');
  if (transaction.producerEpoch !== producerEpoch) return refused('PRODUCER_FENCED');
  switch (transaction.state) {
    case TransactionState.ongoing:
      return 'end';
    case committed ? TransactionState.prepareCommit : TransactionState.prepareAbort:
      return 'wait';
    case committed ? TransactionState.completeCommit : TransactionState.completeAbort:
      return refused('NONE');
    default:
      return refused('INVALID_TXN_STATE');
  }
}

/** Every end bumps the epoch: one that is asked for with the epoch before is asked for again (KIP-890). */
function judgeEndWithEpochs(
  transaction: Transaction,
  { producerId, producerEpoch }: TransactionOwner,
  committed: boolean,
): EndJudgement {
  const { state, clientVersion, previousProducerId } = transaction;
  const hasEpochs = clientVersion >= EPOCH_PER_TRANSACTION;
  const isOverflow =
    hasEpochs &&
    previousProducerId === producerId &&
    isExhausted(producerEpoch) &&
    transaction.producerEpoch === 0;
  const isAgain = isOverflow || (hasEpochs && transaction.producerEpoch === producerEpoch + 1);
  if (transaction.producerId !== producerId && !isOverflow) return refused('INVALID_PRODUCER_ID_MAPPING');
  const isCurrent = transaction.producerEpoch === producerEpoch;
  switch (state) {
    case TransactionState.ongoing:
      return isCurrent ? 'end' : refused('PRODUCER_FENCED');
    case TransactionState.prepareCommit:
    case TransactionState.prepareAbort: {
      if (!isAgain) return refused('PRODUCER_FENCED');
      const isSame = committed === (state === TransactionState.prepareCommit);
      return isSame ? 'wait' : refused('INVALID_TXN_STATE');
    }
    case TransactionState.completeCommit:
    case TransactionState.completeAbort: {
      if (!isAgain && !isCurrent) return refused('PRODUCER_FENCED');
      const isSame = committed === (state === TransactionState.completeCommit);
      if (isAgain) return refused(isSame ? 'NONE' : 'INVALID_TXN_STATE');
      // One that wrote nothing can be aborted: its producer may not know whether it did.
      return committed ? refused('INVALID_TXN_STATE') : 'end';
    }
    default:
      if (!isCurrent) return refused('PRODUCER_FENCED');
      return committed ? refused('INVALID_TXN_STATE') : 'end';
  }
}

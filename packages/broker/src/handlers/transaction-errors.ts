// What the handlers of transactions have in common.

import { ErrorCode } from '@klamm/protocol/error-codes';

/** Version of AddPartitionsToTxn, AddOffsetsToTxn and EndTxn from which on a fenced producer is told so (KIP-588). */
const FENCED_SINCE = 2;

/** Older clients know only that their epoch is not valid. */
export function fencedBefore(apiVersion: number, errorCode: number): number {
  const isOld = errorCode === ErrorCode.PRODUCER_FENCED && apiVersion < FENCED_SINCE;
  return isOld ? ErrorCode.INVALID_PRODUCER_EPOCH : errorCode;
}

/**
 * A coordinator's error as those who write into partitions know it: a fenced producer has an invalid epoch there, and a
 * coordinator that is not ready is a reason to try again.
 *
 * @param knowsAbortable whether the client's version knows TRANSACTION_ABORTABLE (KIP-890)
 */
export function asWriteError(errorCode: number, knowsAbortable: boolean): number {
  switch (errorCode) {
    case ErrorCode.PRODUCER_FENCED:
      return ErrorCode.INVALID_PRODUCER_EPOCH;
    case ErrorCode.TRANSACTION_ABORTABLE:
      return knowsAbortable ? errorCode : ErrorCode.INVALID_TXN_STATE;
    default:
      return errorCode;
  }
}

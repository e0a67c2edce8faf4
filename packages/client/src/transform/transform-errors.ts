// Which failures of a transaction another attempt gets over.

import { KlammError } from '@klamm/base/errors';
import { ErrorCode } from '@klamm/protocol/error-codes';

/**
 * The group has moved on, or the coordinator has ended the transaction, or lost track of the producer. One that was fenced
 * off for good is told when it begins another transaction.
 */
const PASSING: ReadonlySet<number> = new Set([
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.ILLEGAL_GENERATION,
  ErrorCode.STALE_MEMBER_EPOCH,
  ErrorCode.FENCED_MEMBER_EPOCH,
  ErrorCode.REBALANCE_IN_PROGRESS,
  ErrorCode.INVALID_TXN_STATE,
  ErrorCode.PRODUCER_FENCED,
  ErrorCode.INVALID_PRODUCER_EPOCH,
  ErrorCode.INVALID_PRODUCER_ID_MAPPING,
  ErrorCode.UNKNOWN_PRODUCER_ID,
  ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
  ErrorCode.TRANSACTION_ABORTABLE,
]);

export function isWorthAnotherTry(cause: unknown): boolean {
  return cause instanceof KlammError && (cause.retriable || PASSING.has(cause.errorCode));
}

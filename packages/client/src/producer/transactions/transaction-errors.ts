// What goes wrong with transactions: what ends one of them, what ends the producer, and how each reads for people.
//
// After most errors the transaction can only be aborted, and the next one works. A producer that was fenced off, or may
// not use its transactional id, is finished for good. Kafka: TransactionManager.maybeTransitionToErrorState; KIP-588.

import { KlammError } from '@klamm/base/errors';
import { ErrorCode, errorMeaning, kafkaError } from '@klamm/protocol/error-codes';

const OUTCOME_UNKNOWN = 'TRANSACTION_OUTCOME_UNKNOWN';
/** After these the producer can do nothing more. */
const FATAL: ReadonlySet<number> = new Set([
  ErrorCode.PRODUCER_FENCED,
  ErrorCode.TRANSACTION_COORDINATOR_FENCED,
  ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
  ErrorCode.CLUSTER_AUTHORIZATION_FAILED,
  ErrorCode.INVALID_TRANSACTION_TIMEOUT,
  ErrorCode.UNSUPPORTED_VERSION,
  ErrorCode.UNSUPPORTED_FOR_MESSAGE_FORMAT,
]);

export function isFatal(error: unknown): error is KlammError {
  return error instanceof KlammError && (isOutcomeUnknown(error) || FATAL.has(error.errorCode));
}

export function isOutcomeUnknown(error: unknown): boolean {
  return error instanceof KlammError && error.code === OUTCOME_UNKNOWN;
}

export function isFenced(error: unknown): boolean {
  return error instanceof KlammError && error.errorCode === ErrorCode.PRODUCER_FENCED;
}

/** True where the coordinator has forgotten the producer: the transactional id was not used for too long. */
export function isForgotten(error: unknown): boolean {
  return (
    error instanceof KlammError &&
    (error.errorCode === ErrorCode.INVALID_PRODUCER_ID_MAPPING ||
      error.errorCode === ErrorCode.UNKNOWN_PRODUCER_ID)
  );
}

/** A coordinator's refusal. To it, an old epoch is that of a producer whose place another has taken. */
export function coordinatorError(transactionalId: string, code: number, said?: string | null): KlammError {
  const real = code === ErrorCode.INVALID_PRODUCER_EPOCH ? ErrorCode.PRODUCER_FENCED : code;
  const advice = ADVICE[real] ?? errorMeaning(real);
  const detail = said === undefined || said === null || said === '' ? '' : ` The broker says: ${said}`;
  return kafkaError(real, `The transactional id "${transactionalId}": ${advice}${detail}`);
}

/** What a transaction is aborted with that its program has given up. */
export function abortedError(transactionalId: string): KlammError {
  return new KlammError(`The transaction of "${transactionalId}" was aborted before the record was sent.`, {
    code: 'TRANSACTION_ABORTED',
    retriable: false,
  });
}

/** What the program calls at the wrong time. */
export function stateError(message: string): KlammError {
  return kafkaError(ErrorCode.INVALID_TXN_STATE, message);
}

/** Whether the end was decided cannot be found out by this producer. */
export function outcomeUnknown(transactionalId: string, committed: boolean, cause: unknown): KlammError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new KlammError(
    `It is not known whether the transaction of "${transactionalId}" was ${committed ? 'committed' : 'aborted'}: ${reason} Close this producer; a new one with the same transactional id finishes what was decided, and aborts what was not.`,
    { code: OUTCOME_UNKNOWN, retriable: false, cause },
  );
}

const ADVICE: Readonly<Record<number, string>> = {
  [ErrorCode.PRODUCER_FENCED]:
    'another producer has taken it over, or its coordinator has aborted a transaction that was open for longer than transactionTimeoutMs. Abort the transaction; where no other can be begun, this producer is finished: close it.',
  [ErrorCode.INVALID_TXN_STATE]:
    'its coordinator has ended the transaction already: most likely it was open for longer than transactionTimeoutMs, and was aborted. Abort it here too; the next one works.',
  [ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED]:
    'this client may not use it; it needs the WRITE operation on the transactional id.',
  [ErrorCode.INVALID_TRANSACTION_TIMEOUT]:
    'transactionTimeoutMs is longer than the transaction.max.timeout.ms of the broker.',
  [ErrorCode.INVALID_PRODUCER_ID_MAPPING]:
    'its coordinator has forgotten this producer, as after transactional.id.expiration.ms without use; the transaction has to be aborted, and the next one works.',
  [ErrorCode.UNKNOWN_MEMBER_ID]:
    'its offsets are of a consumer that is no longer a member of the group; its partitions went to another. Abort the transaction.',
  [ErrorCode.ILLEGAL_GENERATION]:
    'its offsets are of a generation of the group that is over; the partitions may have gone to another member. Abort the transaction.',
  [ErrorCode.STALE_MEMBER_EPOCH]:
    'its offsets were committed with a member epoch that is over; the partitions may have gone to another member. Abort the transaction.',
  [ErrorCode.FENCED_INSTANCE_ID]:
    'its offsets are of a static member whose instance id another consumer has taken over. Abort the transaction.',
};

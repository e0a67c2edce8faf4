// What a broker's refusal of a batch means for the producer, and how it reads for people.

import { KlammError } from '@klamm/base/errors';
import { ErrorCode, errorMeaning, kafkaError } from '@klamm/protocol/error-codes';

const LEADER: ReadonlySet<number> = new Set([
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.LEADER_NOT_AVAILABLE,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.UNKNOWN_TOPIC_ID,
  ErrorCode.INCONSISTENT_TOPIC_ID,
  ErrorCode.FENCED_LEADER_EPOCH,
  ErrorCode.UNKNOWN_LEADER_EPOCH,
  ErrorCode.NETWORK_EXCEPTION,
  ErrorCode.BROKER_NOT_AVAILABLE,
]);

const SEQUENCE: ReadonlySet<number> = new Set([
  ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
  ErrorCode.UNKNOWN_PRODUCER_ID,
  ErrorCode.INVALID_PRODUCER_EPOCH,
]);

/** True where the partition's leader, or a way to it, has to be looked for; such refusals say nothing of the batch. */
export function isAboutLeader(code: number): boolean {
  return LEADER.has(code);
}

/** True where the broker does not accept the batch's place in the producer's sequence. */
export function isAboutSequence(code: number): boolean {
  return SEQUENCE.has(code);
}

export function errorOfAnswer(
  of: { readonly topic: string; readonly index: number },
  code: number,
  answer:
    | {
        readonly errorMessage: string | null;
        readonly recordErrors: readonly { readonly batchIndexErrorMessage: string | null }[];
      }
    | undefined,
): KlammError {
  const place = `${of.topic}-${of.index}`;
  if (answer === undefined) return kafkaError(code, `The broker's answer leaves out ${place}.`);
  const said = answer.recordErrors[0]?.batchIndexErrorMessage ?? answer.errorMessage;
  const reason = said === null || said === undefined || said === '' ? errorMeaning(code) : said;
  return kafkaError(code, `The broker refused records for ${place}: ${reason}`);
}

export function notDelivered(
  topic: string,
  partition: number | undefined,
  timeoutMs: number,
  last: KlammError | undefined,
): KlammError {
  const place = partition === undefined ? topic : `${topic}-${partition}`;
  const reason = last === undefined ? 'no broker took it' : last.message;
  return new KlammError(`A record for ${place} was not delivered within ${timeoutMs} ms: ${reason}`, {
    code: 'REQUEST_TIMED_OUT',
    errorCode: ErrorCode.REQUEST_TIMED_OUT,
    retriable: true,
    cause: last,
  });
}

// Produce v3 to v13 (v0 to v2 are advertised, not answered: KIP-896). Behavior: each partition's batch is checked and
// appended before anything is awaited, so that the order of a connection's requests is the order in the log; the
// answer waits for the page cache (acks=1) or the disk (acks=all). Those of transactions keep that order, too, see
// transactional-produce.ts. Version notes: v12 adds partitions to transactions by itself (KIP-890), v13 names topics by
// id (KIP-516).

import { Produce } from '@klamm/protocol/api/00-produce';
import { ErrorCode, errorMeaning } from '@klamm/protocol/error-codes';
import type { RequestContext } from '../dispatch/context.ts';
import { defineHandler } from '../dispatch/handler.ts';
import type { Partition } from '../partitions/partition.ts';
import type { RecordError } from '../partitions/produce-check.ts';
import { mayWriteInTransaction, splitByPermission } from './produce-permissions.ts';
import {
  findPartition,
  inTransaction,
  isForbidden,
  isInTransaction,
  type ProduceRequest,
  TOPIC_IDS_SINCE,
  type WriteProblem,
} from './transactional-produce.ts';

interface PartitionAnswer {
  readonly index: number;
  errorCode: number;
  baseOffset: number;
  readonly logAppendTimeMs: number;
  readonly logStartOffset: number;
  readonly recordErrors: readonly RecordError[];
  errorMessage: string | null;
}

const NO_ERRORS: readonly RecordError[] = [];
/** From this version on the sequence of a producer starts anew with each transaction (KIP-890). */
const EPOCH_PER_TRANSACTION_SINCE = 12;

export const produce = defineHandler(Produce, {
  advertised: [0, 13],

  handle(context, request) {
    const { acks } = request;
    if (acks !== 0 && acks !== 1 && acks !== -1)
      return refuseAll(request, ErrorCode.INVALID_REQUIRED_ACKS, `acks is ${acks}; 0, 1 and -1 (all) exist.`);
    if (context.broker.authorizer !== undefined) return appendAllowed(context, request);
    return inTransaction(context, request, (problemOf) => append(context, request, problemOf));
  },

  onError: (request, errorCode, message) => refuseAll(request, errorCode, message),
});

/** As far as whoever asks may write. Where no answer is wanted, the connection's end says that something was refused. */
function appendAllowed(
  context: RequestContext,
  request: ProduceRequest,
): object | null | Promise<object | null> {
  const hasAnswer = request.acks !== 0;
  if (!mayWriteInTransaction(context, request)) {
    if (!hasAnswer) context.connection.close();
    return hasAnswer ? refuseAll(request, ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, null) : null;
  }
  const { allowed, denied } = splitByPermission(context, request);
  if (denied.length > 0 && !hasAnswer) context.connection.close();
  const part = { ...request, topicData: allowed };
  const refused = refuseAll({ topicData: denied }, ErrorCode.TOPIC_AUTHORIZATION_FAILED, null).responses;
  return inTransaction(context, part, (problemOf) => append(context, part, problemOf, refused));
}

/** Appends every batch that has no problem; synchronous up to the answer. */
function append(
  context: RequestContext,
  { acks, topicData }: ProduceRequest,
  problemOf: WriteProblem,
  refused: readonly object[] = [],
): object | null | Promise<object> {
  const epochPerTransaction = context.apiVersion >= EPOCH_PER_TRANSACTION_SINCE;
  const waits: Wait[] = [];
  const responses = topicData.map((topic) => ({
    name: topic.name,
    topicId: topic.topicId,
    partitionResponses: topic.partitionData.map(({ index, records }) => {
      const partition = findPartition(context, topic, index);
      if (partition === undefined) {
        const isById = context.apiVersion >= TOPIC_IDS_SINCE;
        return refusal(
          index,
          isById ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
          null,
        );
      }
      if (isForbidden(context, partition)) return refusal(index, ErrorCode.INVALID_TOPIC_EXCEPTION, null);
      const problem = problemOf(partition, records);
      if (problem !== ErrorCode.NONE) return refusal(index, problem, null);
      const startsAtZero = epochPerTransaction && records !== null && isInTransaction(records);
      const result = partition.append(records, startsAtZero);
      if (!('endOffset' in result))
        return refusal(index, result.errorCode, result.errorMessage, result.recordErrors);
      const answer: PartitionAnswer = {
        index,
        errorCode: ErrorCode.NONE,
        baseOffset: result.baseOffset,
        logAppendTimeMs: result.logAppendTimeMs,
        logStartOffset: partition.logStartOffset,
        recordErrors: NO_ERRORS,
        errorMessage: null,
      };
      waits.push({ partition, endOffset: result.endOffset, answer });
      return answer;
    }),
  }));
  if (acks === 0) return null;
  const answer = { responses: refused.length === 0 ? responses : [...responses, ...refused] };
  return waits.length === 0 ? answer : whenStored(waits, acks, answer);
}

/** Resolves with the answer when the batches are in the page cache (acks=1) or on the disk (acks=all). */
function whenStored(waits: readonly Wait[], acks: number, body: object): Promise<object> {
  return new Promise((resolve) => {
    let left = waits.length;
    for (const { partition, endOffset, answer } of waits) {
      const done = (error?: Error): void => {
        if (error !== undefined) {
          answer.errorCode = ErrorCode.KAFKA_STORAGE_ERROR;
          answer.errorMessage = error.message;
          answer.baseOffset = -1;
        }
        if (--left === 0) resolve(body);
      };
      if (acks === 1) partition.whenWritten(endOffset, done);
      else partition.whenDurable(endOffset, done);
    }
  });
}

interface Wait {
  readonly partition: Partition;
  readonly endOffset: number;
  readonly answer: PartitionAnswer;
}

function refusal(
  index: number,
  errorCode: number,
  message: string | null,
  recordErrors = NO_ERRORS,
): PartitionAnswer {
  return {
    index,
    errorCode,
    baseOffset: -1,
    logAppendTimeMs: -1,
    logStartOffset: -1,
    recordErrors,
    errorMessage: message ?? errorMeaning(errorCode),
  };
}

interface ProduceTopics {
  readonly topicData: readonly {
    readonly name: string;
    readonly topicId: string;
    readonly partitionData: readonly { readonly index: number }[];
  }[];
}

function refuseAll(
  request: ProduceTopics,
  errorCode: number,
  message: string | null,
): { responses: object[] } {
  return {
    responses: request.topicData.map(({ name, topicId, partitionData }) => ({
      name,
      topicId,
      partitionResponses: partitionData.map(({ index }) => refusal(index, errorCode, message)),
    })),
  };
}

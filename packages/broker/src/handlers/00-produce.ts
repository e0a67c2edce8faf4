// Produce v3 to v13 (v0 to v2 are advertised, not answered: KIP-896). Behavior: each partition's batch is checked and
// appended before anything is awaited, so that the order of a connection's requests is the order in the log; the
// answer waits for the page cache (acks=1) or the disk (acks=all). Version notes: v13 names topics by id (KIP-516).

import { Produce } from '@klamm/protocol/api/00-produce';
import { ErrorCode, errorMeaning } from '@klamm/protocol/error-codes';
import type { RequestContext } from '../dispatch/context.ts';
import { defineHandler } from '../dispatch/handler.ts';
import type { Partition } from '../partitions/partition.ts';
import type { RecordError } from '../partitions/produce-check.ts';

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

export const produce = defineHandler(Produce, {
  advertised: [0, 13],

  handle(context, request) {
    const { acks } = request;
    if (acks !== 0 && acks !== 1 && acks !== -1)
      return refuseAll(request, ErrorCode.INVALID_REQUIRED_ACKS, `acks is ${acks}; 0, 1 and -1 (all) exist.`);
    const waits: Wait[] = [];
    const responses = request.topicData.map((topic) => ({
      name: topic.name,
      topicId: topic.topicId,
      partitionResponses: topic.partitionData.map(({ index, records }) => {
        const partition = find(context, topic.name, topic.topicId, index);
        if (partition === undefined) {
          return refusal(
            index,
            context.apiVersion >= 13 ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
            null,
          );
        }
        const result = partition.append(records);
        if (result.errorCode !== 0 || !('baseOffset' in result)) {
          return refusal(
            index,
            result.errorCode,
            'errorMessage' in result ? result.errorMessage : null,
            'recordErrors' in result ? result.recordErrors : undefined,
          );
        }
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
    if (waits.length === 0) return { responses };
    return new Promise((resolve) => {
      let left = waits.length;
      for (const { partition, endOffset, answer } of waits) {
        const done = (error?: Error): void => {
          if (error !== undefined) {
            answer.errorCode = ErrorCode.KAFKA_STORAGE_ERROR;
            answer.errorMessage = error.message;
            answer.baseOffset = -1;
          }
          if (--left === 0) resolve({ responses });
        };
        if (acks === 1) partition.whenWritten(endOffset, done);
        else partition.whenDurable(endOffset, done);
      }
    });
  },

  onError: (request, errorCode, message) => refuseAll(request, errorCode, message),
});

interface Wait {
  readonly partition: Partition;
  readonly endOffset: number;
  readonly answer: PartitionAnswer;
}

function find(context: RequestContext, name: string, topicId: string, index: number): Partition | undefined {
  const { partitions } = context.broker;
  return context.apiVersion >= 13 ? partitions.getById(topicId, index) : partitions.get(name, index);
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

function refuseAll(request: ProduceTopics, errorCode: number, message: string): { responses: object[] } {
  return {
    responses: request.topicData.map(({ name, topicId, partitionData }) => ({
      name,
      topicId,
      partitionResponses: partitionData.map(({ index }) => refusal(index, errorCode, message)),
    })),
  };
}

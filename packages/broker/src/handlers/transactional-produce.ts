// What Produce does for transactions: no batch is stored that the coordinator does not know the transaction of, or
// it would never be decided, and readers would wait for ever (KIP-890).
//
// A partition that the producer's transaction has written to needs no asking. Otherwise the partition must be in the
// transaction, where v12 and later adds it. While the coordinator makes that durable, what the producer sends next
// waits in its turn.

import type { Produce } from '@klamm/protocol/api/00-produce';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { isTransactional, producerEpochOf, producerIdOf } from '@klamm/protocol/records/batch';
import type { Decoded } from '@klamm/protocol/schema/fields';
import type { TransactionOwner } from '../coordinators/transactions/judgements.ts';
import type { TopicPartition } from '../coordinators/transactions/transaction.ts';
import type { RequestContext } from '../dispatch/context.ts';
import type { Partition } from '../partitions/partition.ts';
import { isInternalTopic } from './03-metadata.ts';
import { asWriteError } from './transaction-errors.ts';

export type ProduceRequest = Decoded<(typeof Produce)['request']['fields']>;

/** Why a batch may not be appended, as of now; NONE where nothing speaks against it. */
export type WriteProblem = (partition: Partition, records: Buffer | null) => number;

export const TOPIC_IDS_SINCE = 13;
const ADDS_SINCE = 12;
const ABORTABLE_SINCE = 11;
/** What Apache Kafka's tools that write to coordinators' topics call themselves (AdminUtils). */
const ADMIN_CLIENT_ID = '__admin_client';
/** Fewer bytes hold no batch header; what is wrong with them is told later. */
const HEADER_BYTES = 61;

export function isInTransaction(records: Buffer): boolean {
  return records.length >= HEADER_BYTES && isTransactional(records, 0);
}

export function findPartition(
  { broker, apiVersion }: RequestContext,
  topic: { readonly name: string; readonly topicId: string },
  index: number,
): Partition | undefined {
  const { partitions } = broker;
  return apiVersion >= TOPIC_IDS_SINCE
    ? partitions.getById(topic.topicId, index)
    : partitions.get(topic.name, index);
}

/** Coordinators keep their state in topics that only administrators' tools may write to, as in Apache Kafka. */
export function isForbidden({ clientId }: RequestContext, { topic }: Partition): boolean {
  return isInternalTopic(topic) && clientId !== ADMIN_CLIENT_ID;
}

/** Calls `append` as soon as every transaction that the request writes to is prepared: at once where it can be. */
export function inTransaction<T>(
  context: RequestContext,
  request: ProduceRequest,
  append: (problemOf: WriteProblem) => T | Promise<T>,
): T | Promise<T> {
  const { transactionalId } = request;
  const { transactions } = context.broker;
  if (transactionalId === null) return append(withoutId);
  const knowsAbortable = context.apiVersion >= ABORTABLE_SINCE;
  const adds = context.apiVersion >= ADDS_SINCE;
  const problemOf: WriteProblem = (partition, records) => {
    const owner = records === null ? undefined : ownerOf(transactionalId, records);
    if (owner === undefined || isOpen(partition, owner)) return ErrorCode.NONE;
    const problem = transactions.writeProblem(owner, placeOf(partition), adds);
    return asProduceError(asWriteError(problem, knowsAbortable), context.apiVersion);
  };
  return transactions.inTurn(
    transactionalId,
    () => prepare(context, request, transactionalId),
    () => append(problemOf),
  );
}

const withoutId: WriteProblem = (_partition, records) =>
  records !== null && isInTransaction(records)
    ? ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED
    : ErrorCode.NONE;

/** Has partitions that the transaction has not written to yet made part of it; undefined where there is nothing to do. */
function prepare(
  context: RequestContext,
  { topicData }: ProduceRequest,
  transactionalId: string,
): Promise<void> | undefined {
  const { transactions } = context.broker;
  const adds = context.apiVersion >= ADDS_SINCE;
  const missing: TopicPartition[] = [];
  let owner: TransactionOwner | undefined;
  for (const topic of topicData) {
    for (const { index, records } of topic.partitionData) {
      const partition = findPartition(context, topic, index);
      const ofBatch = records === null ? undefined : ownerOf(transactionalId, records);
      if (partition === undefined || isForbidden(context, partition)) continue;
      if (ofBatch === undefined || isOpen(partition, ofBatch)) continue;
      if (transactions.writeProblem(ofBatch, placeOf(partition), adds) === ErrorCode.NONE) continue;
      owner = ofBatch;
      missing.push(placeOf(partition));
    }
  }
  if (owner === undefined) return undefined;
  // Where it fails, `append` finds out: partition by partition.
  const adding = adds ? transactions.addPartitions(owner, missing) : transactions.shardOf(transactionalId);
  return adding.then(() => {});
}

function ownerOf(transactionalId: string, records: Buffer): TransactionOwner | undefined {
  if (!isInTransaction(records)) return undefined;
  return {
    transactionalId,
    producerId: producerIdOf(records, 0),
    producerEpoch: producerEpochOf(records, 0),
  };
}

function isOpen({ producers }: Partition, { producerId, producerEpoch }: TransactionOwner): boolean {
  return producers.hasOpen(producerId, producerEpoch);
}

function placeOf({ topic, index }: Partition): TopicPartition {
  return { topic, partition: index };
}

/** Of a coordinator that is not ready older clients do not know what to make; this has them send again. */
function asProduceError(errorCode: number, apiVersion: number): number {
  switch (errorCode) {
    case ErrorCode.COORDINATOR_LOAD_IN_PROGRESS:
    case ErrorCode.COORDINATOR_NOT_AVAILABLE:
    case ErrorCode.NOT_COORDINATOR:
      return ErrorCode.NOT_ENOUGH_REPLICAS;
    case ErrorCode.CONCURRENT_TRANSACTIONS:
      return apiVersion >= ADDS_SINCE ? errorCode : ErrorCode.NOT_ENOUGH_REPLICAS;
    default:
      return errorCode;
  }
}

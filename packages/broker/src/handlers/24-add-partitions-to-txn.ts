// AddPartitionsToTxn v0 to v5. Behavior: all partitions of a transaction are added, or none: one that is not there
// keeps out the others. Version notes: v0 to v3 are clients', v4 and v5 brokers', with many transactions, which may
// only be verified (KIP-890).

import { AddPartitionsToTxn } from '@klamm/protocol/api/24-add-partitions-to-txn';
import { ErrorCode } from '@klamm/protocol/error-codes';
import type { TransactionOwner } from '../coordinators/transactions/judgements.ts';
import type { TopicPartition } from '../coordinators/transactions/transaction.ts';
import { authorized, authorizedOnCluster } from '../dispatch/authorized.ts';
import type { BrokerRooms, RequestContext } from '../dispatch/context.ts';
import { defineHandler } from '../dispatch/handler.ts';
import { AclResource, Operation } from '../metadata/acl.ts';
import type { Catalog } from '../metadata/catalog.ts';
import { isInternalTopic } from './03-metadata.ts';
import { fencedBefore } from './transaction-errors.ts';

const BATCHED_SINCE = 4;

interface Topic {
  readonly name: string;
  readonly partitions: readonly number[];
}

type CodeOf = (place: TopicPartition) => number;

export const addPartitionsToTxn = defineHandler(AddPartitionsToTxn, {
  async handle(context, request) {
    const { broker, apiVersion } = context;
    if (apiVersion >= BATCHED_SINCE) {
      if (!authorizedOnCluster(context, Operation.clusterAction))
        return { errorCode: ErrorCode.CLUSTER_AUTHORIZATION_FAILED, resultsByTransaction: [] };
      const resultsByTransaction = await Promise.all(
        request.transactions.map(async ({ topics, verifyOnly, ...owner }) => {
          const codeOf = verifyOnly ? verify(broker, owner) : await add(broker, owner, topics);
          return { transactionalId: owner.transactionalId, topicResults: resultsOf(topics, codeOf) };
        }),
      );
      return { resultsByTransaction };
    }
    const owner = {
      transactionalId: request.v3AndBelowTransactionalId,
      producerId: request.v3AndBelowProducerId,
      producerEpoch: request.v3AndBelowProducerEpoch,
    };
    const topics = request.v3AndBelowTopics;
    const codeOf = refusalOf(context, owner, topics) ?? (await add(broker, owner, topics));
    const results = resultsOf(topics, (place) => fencedBefore(apiVersion, codeOf(place)));
    return { resultsByTopicV3AndBelow: results };
  },
  onError: (request, errorCode) => ({
    errorCode,
    resultsByTransaction: [],
    resultsByTopicV3AndBelow: resultsOf(request.v3AndBelowTopics, () => errorCode),
  }),
});

async function add(
  { catalog, transactions }: BrokerRooms,
  owner: TransactionOwner,
  topics: readonly Topic[],
): Promise<CodeOf> {
  if (owner.transactionalId === '') return () => ErrorCode.INVALID_REQUEST;
  const places = placesOf(topics);
  if (places.some((place) => !isThere(catalog, place))) return refuseAbsent(catalog);
  const errorCode = await transactions.addPartitions(owner, places);
  return () => errorCode;
}

function isThere({ image }: Catalog, { topic, partition }: TopicPartition): boolean {
  return image.topic(topic)?.partitions[partition] !== undefined;
}

function refuseAbsent(catalog: Catalog): CodeOf {
  return (place) =>
    isThere(catalog, place) ? ErrorCode.OPERATION_NOT_ATTEMPTED : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
}

/** Where the client may not use the transactional id, or a topic; coordinators' own topics are for no client. */
function refusalOf(
  context: RequestContext,
  { transactionalId }: TransactionOwner,
  topics: readonly Topic[],
): CodeOf | undefined {
  if (!authorized(context, Operation.write, AclResource.transactionalId, transactionalId))
    return () => ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
  const isDenied = ({ name }: Topic): boolean =>
    isInternalTopic(name) || !authorized(context, Operation.write, AclResource.topic, name);
  const denied = new Set(topics.filter(isDenied).map(({ name }) => name));
  if (denied.size === 0) return undefined;
  const absent = refuseAbsent(context.broker.catalog);
  return (place) => (denied.has(place.topic) ? ErrorCode.TOPIC_AUTHORIZATION_FAILED : absent(place));
}

function verify({ transactions }: BrokerRooms, owner: TransactionOwner): CodeOf {
  return (place) => transactions.writeProblem(owner, place, true);
}

function placesOf(topics: readonly Topic[]): TopicPartition[] {
  return topics.flatMap(({ name, partitions }) =>
    partitions.map((partition) => ({ topic: name, partition })),
  );
}

function resultsOf(topics: readonly Topic[], codeOf: CodeOf) {
  return topics.map(({ name, partitions }) => ({
    name,
    resultsByPartition: partitions.map((partitionIndex) => ({
      partitionIndex,
      partitionErrorCode: codeOf({ topic: name, partition: partitionIndex }),
    })),
  }));
}

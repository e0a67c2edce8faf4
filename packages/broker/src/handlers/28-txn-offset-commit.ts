// TxnOffsetCommit v0 to v5. Behavior: offsets are kept beside the committed ones until the transaction ends. Whoever
// left the group, or is of an older generation, is refused (KIP-447). Version notes: from v5 on the group's partition
// becomes part of the transaction by it (KIP-890).

import { TxnOffsetCommit } from '@klamm/protocol/api/28-txn-offset-commit';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { OFFSETS_TOPIC } from '../coordinators/group-coordinator.ts';
import type { TopicCommit, TopicOutcome } from '../coordinators/offsets/offset-commit.ts';
import { authorized } from '../dispatch/authorized.ts';
import { defineHandler } from '../dispatch/handler.ts';
import { AclResource, Operation } from '../metadata/acl.ts';
import { splitPartitions, withAbsent } from './offset-partitions.ts';
import { asWriteError } from './transaction-errors.ts';

const ADDS_SINCE = 5;
const ABORTABLE_SINCE = 4;

export const txnOffsetCommit = defineHandler(TxnOffsetCommit, {
  async handle(context, request) {
    const { broker, apiVersion } = context;
    const { groups, transactions, catalog } = broker;
    const { transactionalId, producerId, producerEpoch, groupId, topics } = request;
    const owner = { transactionalId, producerId, producerEpoch };
    const refuse = (errorCode: number) => ({ topics: topics.map((topic) => refusedTopic(topic, errorCode)) });
    if (!authorized(context, Operation.write, AclResource.transactionalId, transactionalId))
      return refuse(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
    if (!authorized(context, Operation.read, AclResource.group, groupId))
      return refuse(ErrorCode.GROUP_AUTHORIZATION_FAILED);
    const isDenied = ({ name }: { readonly name: string }): boolean =>
      !authorized(context, Operation.read, AclResource.topic, name);
    const denied = topics.filter(isDenied);
    if (denied.length > 0 && denied.length === topics.length)
      return refuse(ErrorCode.TOPIC_AUTHORIZATION_FAILED);
    if (groupId === '') return refuse(ErrorCode.INVALID_GROUP_ID);
    if (transactionalId === '') return refuse(ErrorCode.INVALID_REQUEST);
    if ((await groups.prepare()) !== ErrorCode.NONE) return refuse(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    const place = { topic: OFFSETS_TOPIC, partition: groups.partitionFor(groupId) };
    const adds = apiVersion >= ADDS_SINCE;
    if (adds && transactions.writeProblem(owner, place, adds) !== ErrorCode.NONE) {
      const errorCode = await transactions.addPartitions(owner, [place]);
      if (errorCode !== ErrorCode.NONE) return refuse(asWriteError(errorCode, true));
    }
    const known: TopicCommit[] = [];
    const unknown: TopicOutcome[] = [];
    const absent = new Map<string, TopicOutcome['partitions']>();
    for (const topic of topics) {
      if (denied.includes(topic)) {
        unknown.push(refusedTopic(topic, ErrorCode.TOPIC_AUTHORIZATION_FAILED));
        continue;
      }
      const image = catalog.image.topic(topic.name);
      if (image === undefined) {
        unknown.push(refusedTopic(topic, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION));
        continue;
      }
      const split = splitPartitions(image, topic.partitions);
      known.push({ name: topic.name, topicId: image.id, partitions: split.present });
      absent.set(topic.name, split.absent);
    }
    const commit = {
      ...request,
      generationIdOrMemberEpoch: request.generationId,
      retentionTimeMs: -1,
      apiVersion,
      topics: known,
      producer: { producerId, producerEpoch },
      problem: () =>
        asWriteError(transactions.writeProblem(owner, place, adds), apiVersion >= ABORTABLE_SINCE) ||
        groups.epochProblem(groupId, producerId, producerEpoch),
    };
    const outcomes = await groups.call<TopicOutcome[]>(
      groupId,
      (shard, respond, now) => shard.commitInTransaction(commit, respond, now),
      (errorCode) => known.map((topic) => refusedTopic(topic, errorCode)),
    );
    return { topics: [...withAbsent(outcomes, absent), ...unknown] };
  },
  onError: ({ topics }, errorCode) => ({ topics: topics.map((topic) => refusedTopic(topic, errorCode)) }),
});

function refusedTopic(
  { name, partitions }: Pick<TopicCommit, 'name' | 'partitions'>,
  errorCode: number,
): TopicOutcome {
  return {
    name,
    topicId: '',
    partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
  };
}

// TxnOffsetCommit v0 to v5. Behavior: offsets are kept beside the committed ones until the transaction ends. Whoever
// left the group, or is of an older generation, is refused (KIP-447). Version notes: from v5 on the group's partition
// becomes part of the transaction by it (KIP-890).

import { TxnOffsetCommit } from '@klamm/protocol/api/28-txn-offset-commit';
import { ErrorCode } from '@klamm/protocol/error-codes';
import type { Decoded } from '@klamm/protocol/schema/fields';
import { OFFSETS_TOPIC } from '../coordinators/group-coordinator.ts';
import type { TopicCommit, TopicOutcome } from '../coordinators/offsets/offset-commit.ts';
import { authorized } from '../dispatch/authorized.ts';
import type { RequestContext } from '../dispatch/context.ts';
import { defineHandler } from '../dispatch/handler.ts';
import { AclResource, Operation } from '../metadata/acl.ts';
import { splitPartitions, withAbsent } from './offset-partitions.ts';
import { asWriteError } from './transaction-errors.ts';

type TxnTopic = Decoded<(typeof TxnOffsetCommit)['request']['fields']>['topics'][number];

const ADDS_SINCE = 5;
const ABORTABLE_SINCE = 4;

export const txnOffsetCommit = defineHandler(TxnOffsetCommit, {
  async handle(context, request) {
    const { broker, apiVersion } = context;
    const { groups, transactions } = broker;
    const { transactionalId, producerId, producerEpoch, groupId, topics } = request;
    const owner = { transactionalId, producerId, producerEpoch };
    if (!authorized(context, Operation.write, AclResource.transactionalId, transactionalId))
      return refuseAll(topics, ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
    if (!authorized(context, Operation.read, AclResource.group, groupId))
      return refuseAll(topics, ErrorCode.GROUP_AUTHORIZATION_FAILED);
    const { known, absent, refused } = splitTopics(context, topics);
    if (known.length === 0) return { topics: refused };
    const answer = (outcomes: readonly TopicOutcome[]) => ({
      topics: [...withAbsent(outcomes, absent), ...refused],
    });
    const refuse = (errorCode: number) => answer(known.map((topic) => refusedTopic(topic, errorCode)));
    if (groupId === '') return refuse(ErrorCode.INVALID_GROUP_ID);
    if (transactionalId === '') return refuse(ErrorCode.INVALID_REQUEST);
    if ((await groups.prepare()) !== ErrorCode.NONE) return refuse(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    const place = { topic: OFFSETS_TOPIC, partition: groups.partitionFor(groupId) };
    const adds = apiVersion >= ADDS_SINCE;
    if (adds && transactions.writeProblem(owner, place, adds) !== ErrorCode.NONE) {
      const errorCode = await transactions.addPartitions(owner, [place]);
      if (errorCode !== ErrorCode.NONE) return refuse(asWriteError(errorCode, true));
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
    return answer(outcomes);
  },
  onError: ({ topics }, errorCode) => refuseAll(topics, errorCode),
});

/** Topics to commit offsets of, those of their partitions that are not there, and topics that are refused. */
function splitTopics(context: RequestContext, topics: readonly TxnTopic[]) {
  const known: TopicCommit[] = [];
  const absent = new Map<string, TopicOutcome['partitions']>();
  const refused: TopicOutcome[] = [];
  for (const topic of topics) {
    const image = context.broker.catalog.image.topic(topic.name);
    if (!authorized(context, Operation.read, AclResource.topic, topic.name))
      refused.push(refusedTopic(topic, ErrorCode.TOPIC_AUTHORIZATION_FAILED));
    else if (image === undefined) refused.push(refusedTopic(topic, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION));
    else {
      const split = splitPartitions(image, topic.partitions);
      known.push({ name: topic.name, topicId: image.id, partitions: split.present });
      absent.set(topic.name, split.absent);
    }
  }
  return { known, absent, refused };
}

function refuseAll(topics: readonly TxnTopic[], errorCode: number): { topics: TopicOutcome[] } {
  return { topics: topics.map((topic) => refusedTopic(topic, errorCode)) };
}

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

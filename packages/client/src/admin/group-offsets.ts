// A group's committed offsets, read and changed from outside. The broker lets them be changed only while nobody reads
// the partitions; who does is said in the error.

import { OffsetCommit } from '@klamm/protocol/api/08-offset-commit';
import { OffsetFetch } from '@klamm/protocol/api/09-offset-fetch';
import { OffsetDelete } from '@klamm/protocol/api/47-offset-delete';
import { ErrorCode, errorMeaning, kafkaError } from '@klamm/protocol/error-codes';
import { groupByTopic, partitionText, type TopicPartition } from '@klamm/protocol/groups/topic-partition';
import type { Cluster } from '../cluster.ts';
import type { CommittedOffset, OffsetToCommit } from '../group/offset-requests.ts';
import { withCoordinator } from './coordinator-requests.ts';
import { usersOf } from './groups.ts';

/** The last version of both requests that names topics: what is committed outlives a topic, and its id. */
const LAST_NAMED_VERSION = 9;

/** Every offset that the group has committed, by topic and partition. */
export async function groupOffsets(cluster: Cluster, groupId: string): Promise<CommittedOffset[]> {
  const body = {
    groupId,
    topics: null,
    groups: [{ groupId, memberId: null, memberEpoch: -1, topics: null }],
    requireStable: false,
  };
  const answer = await withCoordinator(cluster, groupId, (ask) =>
    ask(OffsetFetch, body, { versionMax: LAST_NAMED_VERSION }),
  );
  const [group] = answer.groups;
  const errorCode = group?.errorCode ?? answer.errorCode;
  if (errorCode !== 0) {
    throw kafkaError(errorCode, `The offsets of "${groupId}" cannot be had: ${errorMeaning(errorCode)}`);
  }
  const offsets = (group?.topics ?? answer.topics).flatMap(({ name: topic, partitions }) =>
    partitions
      .filter(({ committedOffset }) => committedOffset >= 0)
      .map(({ partitionIndex, committedOffset, metadata }) => ({
        topic,
        partition: partitionIndex,
        offset: committedOffset,
        metadata: metadata ?? '',
      })),
  );
  return offsets.sort((a, b) =>
    a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1,
  );
}

/** Commits offsets for a group without members. */
export async function setGroupOffsets(
  cluster: Cluster,
  groupId: string,
  offsets: readonly OffsetToCommit[],
): Promise<void> {
  if (offsets.length === 0) return;
  const answer = await withCoordinator(cluster, groupId, (ask) =>
    ask(
      OffsetCommit,
      {
        groupId,
        topics: groupByTopic(offsets).map(({ topic }) => ({
          name: topic,
          partitions: offsets
            .filter((each) => each.topic === topic)
            .map(({ partition, offset, metadata = '' }) => ({
              partitionIndex: partition,
              committedOffset: offset,
              committedMetadata: metadata,
            })),
        })),
      },
      { versionMax: LAST_NAMED_VERSION },
    ),
  );
  const outcomes = answer.topics.flatMap(({ name: topic, partitions }) =>
    partitions.map(({ partitionIndex: partition, errorCode }) => ({ topic, partition, errorCode })),
  );
  await throwRefused(cluster, groupId, 'was not set', outcomes);
}

/** Removes offsets of partitions that no member of the group reads. */
export async function deleteGroupOffsets(
  cluster: Cluster,
  groupId: string,
  partitions: readonly TopicPartition[],
): Promise<void> {
  if (partitions.length === 0) return;
  const answer = await withCoordinator(cluster, groupId, (ask) =>
    ask(OffsetDelete, {
      groupId,
      topics: groupByTopic(partitions).map(({ topic, partitions: indexes }) => ({
        name: topic,
        partitions: indexes.map((partitionIndex) => ({ partitionIndex })),
      })),
    }),
  );
  // A group is refused as a whole, or each of its partitions by itself.
  const outcomes =
    answer.errorCode !== 0
      ? partitions.map((partition) => ({ ...partition, errorCode: answer.errorCode }))
      : answer.topics.flatMap(({ name: topic, partitions: answers }) =>
          answers.map(({ partitionIndex: partition, errorCode }) => ({ topic, partition, errorCode })),
        );
  await throwRefused(cluster, groupId, 'was not removed', outcomes);
}

/** Refusals that mean that the group is in use. */
const IN_USE: ReadonlySet<number> = new Set([
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.NON_EMPTY_GROUP,
  ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC,
  ErrorCode.REBALANCE_IN_PROGRESS,
]);

async function throwRefused(
  cluster: Cluster,
  groupId: string,
  what: string,
  outcomes: readonly (TopicPartition & { readonly errorCode: number })[],
): Promise<void> {
  const refused = outcomes.find(({ errorCode }) => errorCode !== 0);
  if (refused === undefined) return;
  const { errorCode } = refused;
  const refusal = `The offset of ${partitionText(refused)} in "${groupId}" ${what}`;
  if (!IN_USE.has(errorCode)) throw kafkaError(errorCode, `${refusal}: ${errorMeaning(errorCode)}`);
  // Only who reads the topic stands in the way of removing an offset.
  const topic = errorCode === ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC ? refused.topic : undefined;
  const users = await usersOf(cluster, groupId, topic);
  throw kafkaError(ErrorCode.NON_EMPTY_GROUP, `${refusal}: ${users}`);
}

// What a classic group becomes when a first member of the consumer protocol joins it: a consumer group, in which the
// members it had go on as members of the classic protocol (KIP-848). ConsumerGroup.fromClassicGroup of Apache Kafka.
//
// What each member had is its target and what it has; the newcomer's join then moves partitions one by one.

import { metadataFor } from '../classic/classic-member.ts';
import type { ClassicStanding } from '../classic/classic-standing.ts';
import type { GroupRecord } from '../group-record.ts';
import { assignmentRecord, type ConsumerMember, metadataRecord, newMember } from './consumer-member.ts';
import type { ConsumerGroupSettings } from './consumer-options.ts';
import { readAssignment, readSubscription } from './embedded-protocol.ts';
import type { TopicPartitions } from './partition-sets.ts';
import type { Topics } from './subscriptions.ts';

/** The records of the consumer group; or why the classic group cannot become one, for people. */
export function upgradeRecords(
  classic: ClassicStanding,
  { migrationPolicy, maxSize }: ConsumerGroupSettings,
  topics: Topics,
  now: number,
): GroupRecord[] | { readonly problem: string } {
  const { groupId, generation } = classic;
  const refused = (why: string) => ({
    problem: `The group "${groupId}" is in use by members of the classic protocol, and ${why}.`,
  });
  if (migrationPolicy !== 'upgrade' && migrationPolicy !== 'bidirectional') {
    return refused('group.consumer.migration.policy does not let it change');
  }
  if (!classic.isOfConsumers) return refused('they are no consumers');
  if (classic.members.size > maxSize) return refused(`they are more than ${maxSize}`);
  const members: ConsumerMember[] = [];
  for (const each of classic.members) {
    const metadata = metadataFor(each, classic.protocol ?? each.protocols[0]?.name ?? '');
    const subscription = readSubscription(metadata);
    const assignment = readAssignment(each.assignment, topics);
    if (subscription === undefined || assignment === undefined) {
      return refused(`what member ${each.memberId} says, or was given, cannot be read`);
    }
    if (assignment.hasUserData) return refused('their assignor adds bytes of its own, which would be lost');
    members.push({
      ...newMember(each.memberId),
      instanceId: each.groupInstanceId,
      rackId: subscription.rackId,
      clientId: each.clientId,
      clientHost: each.clientHost,
      subscribedTopicNames: [...new Set(subscription.topics)].sort(),
      rebalanceTimeoutMs: each.rebalanceTimeoutMs,
      classicMemberMetadata: {
        sessionTimeoutMs: each.sessionTimeoutMs,
        supportedProtocols: each.protocols,
      },
      memberEpoch: generation,
      previousMemberEpoch: generation,
      assigned: sinceEpoch(assignment.partitions, generation),
    });
  }
  return [
    ...members.map((member) => metadataRecord(groupId, member)),
    { type: 3, key: { groupId }, value: { epoch: generation, metadataHash: 0n } },
    ...members.map(
      ({ memberId, assigned }): GroupRecord => ({
        type: 7,
        key: { groupId, memberId },
        value: {
          topicPartitions: Array.from(assigned, ([topicId, partitions]) => ({
            topicId,
            partitions: [...partitions.keys()],
          })),
        },
      }),
    ),
    { type: 6, key: { groupId }, value: { assignmentEpoch: generation, assignmentTimestamp: now } },
    ...members.map((member) => assignmentRecord(groupId, member)),
  ];
}

function sinceEpoch(topics: readonly TopicPartitions[], epoch: number): ConsumerMember['assigned'] {
  return new Map(
    topics.map(({ topicId, partitions }) => [
      topicId,
      new Map(partitions.map((partition) => [partition, epoch])),
    ]),
  );
}

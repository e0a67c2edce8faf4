// What a classic group becomes when a first member of the consumer protocol joins it: a consumer group, in which the
// members it had go on as members of the classic protocol (KIP-848). ConsumerGroup.fromClassicGroup of Apache Kafka.
//
// What each member had is its target and what it has; the newcomer's join then moves partitions one by one.

import { type ClassicMember, metadataFor } from '../classic/classic-member.ts';
import type { ClassicStanding } from '../classic/classic-standing.ts';
import type { GroupRecord } from '../group-record.ts';
import { assignmentRecord, type ConsumerMember, metadataRecord, newMember } from './consumer-member.ts';
import type { ConsumerGroupSettings } from './consumer-options.ts';
import { byTopicId, readAssignment, readSubscription, type Subscription } from './embedded-protocol.ts';
import { listOf, type PartitionEpochs, type PartitionSets, type TopicPartitions } from './partition-sets.ts';
import type { Topics } from './subscriptions.ts';

interface ReadMember {
  readonly member: ClassicMember;
  readonly subscription: Subscription;
  readonly assigned: readonly TopicPartitions[];
}

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
  const read: ReadMember[] = [];
  for (const member of classic.members) {
    const metadata = metadataFor(member, classic.protocol ?? member.protocols[0]?.name ?? '');
    const subscription = readSubscription(metadata);
    const assignment = readAssignment(member.assignment, topics);
    if (subscription === undefined || assignment === undefined) {
      return refused(`what member ${member.memberId} says, or was given, cannot be read`);
    }
    if (assignment.hasUserData) return refused('their assignor adds bytes of its own, which would be lost');
    read.push({ member, subscription, assigned: assignment.partitions });
  }
  const held = whoHolds(read, topics);
  const members = read.map(
    ({ member, subscription }): ConsumerMember => ({
      ...newMember(member.memberId),
      instanceId: member.groupInstanceId,
      rackId: subscription.rackId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      subscribedTopicNames: [...new Set(subscription.topics)].sort(),
      rebalanceTimeoutMs: member.rebalanceTimeoutMs,
      classicMemberMetadata: {
        sessionTimeoutMs: member.sessionTimeoutMs,
        supportedProtocols: member.protocols,
      },
      memberEpoch: generation,
      previousMemberEpoch: generation,
      assigned: sinceEpoch(held.get(member.memberId) ?? new Map(), generation),
    }),
  );
  return [
    ...members.map((member) => metadataRecord(groupId, member)),
    { type: 3, key: { groupId }, value: { epoch: generation, metadataHash: 0n } },
    ...members.map(
      ({ memberId, assigned }): GroupRecord => ({
        type: 7,
        key: { groupId, memberId },
        value: { topicPartitions: listOf(assigned) },
      }),
    ),
    { type: 6, key: { groupId }, value: { assignmentEpoch: generation, assignmentTimestamp: now } },
    ...members.map((member) => assignmentRecord(groupId, member)),
  ];
}

/**
 * What each member has been given; and what it says that it has and nobody was given, which a cooperative member keeps
 * while a rebalance has taken the assignments back. (Apache Kafka looks at what was given only.)
 */
function whoHolds(read: readonly ReadMember[], topics: Topics): Map<string, Map<string, Set<number>>> {
  const held = new Map(read.map(({ member }) => [member.memberId, new Map<string, Set<number>>()]));
  const taken = new Set<string>();
  const take = (memberId: string, claimed: readonly TopicPartitions[]): void => {
    for (const { topicId, partitions } of claimed) {
      for (const partition of partitions) {
        if (taken.has(`${topicId}-${partition}`)) continue;
        taken.add(`${topicId}-${partition}`);
        const sets = held.get(memberId);
        const known = sets?.get(topicId);
        if (known === undefined) sets?.set(topicId, new Set([partition]));
        else known.add(partition);
      }
    }
  };
  for (const { member, assigned } of read) take(member.memberId, assigned);
  for (const { member, subscription } of read) {
    take(member.memberId, byTopicId(subscription.ownedPartitions, topics));
  }
  return held;
}

function sinceEpoch(held: PartitionSets, epoch: number): PartitionEpochs {
  return new Map(
    Array.from(held, ([topicId, partitions]) => [
      topicId,
      new Map(Array.from(partitions, (partition) => [partition, epoch])),
    ]),
  );
}

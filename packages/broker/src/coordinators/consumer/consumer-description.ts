// A consumer group as ConsumerGroupDescribe tells of it.

import type { ConsumerGroupDescribe } from '@klamm/protocol/api/69-consumer-group-describe';
import type { Encodable } from '@klamm/protocol/schema/fields';
import { heldBy } from './consumer-member.ts';
import type { ConsumerStanding } from './consumer-standing.ts';
import { listOf } from './partition-sets.ts';
import type { Topics } from './subscriptions.ts';

export type DescribedGroup = NonNullable<
  Encodable<(typeof ConsumerGroupDescribe)['response']['fields']>['groups']
>[number];

/** How a member takes part: 0 by the classic protocol, 1 by the consumer protocol (KIP-1099). */
const MemberType = { classic: 0, consumer: 1 } as const;

export function describeConsumerGroup(
  standing: ConsumerStanding,
  assignorName: string,
  topics: Topics,
): DescribedGroup {
  // A topic that is gone has no name to be told by.
  const named = (sets: Parameters<typeof listOf>[0]) => ({
    topicPartitions: listOf(sets).flatMap((entry) => {
      const topicName = topics.topicById(entry.topicId)?.name;
      return topicName === undefined ? [] : [{ ...entry, topicName }];
    }),
  });
  return {
    groupId: standing.groupId,
    groupState: standing.state,
    groupEpoch: standing.groupEpoch,
    assignmentEpoch: standing.assignmentEpoch,
    assignorName,
    members: Array.from(standing.members.values(), (member) => ({
      memberId: member.memberId,
      instanceId: member.instanceId,
      rackId: member.rackId,
      memberEpoch: member.memberEpoch,
      clientId: member.clientId,
      clientHost: member.clientHost,
      subscribedTopicNames: member.subscribedTopicNames,
      subscribedTopicRegex: member.subscribedTopicRegex ?? '',
      assignment: named(heldBy(member)),
      targetAssignment: named(standing.targetOf(member.memberId)),
      memberType: member.classicMemberMetadata === null ? MemberType.consumer : MemberType.classic,
    })),
  };
}

// The next step of a member from what it has towards what it shall have (KIP-848).
//
// A member first gives back what it shall not have any more, and keeps its epoch until it says that it has; then it
// gets what nobody else holds, and waits for the rest. So no partition ever has two owners. A pure function of the
// member, its target and who holds what. org.apache.kafka.coordinator.group.modern.consumer.CurrentAssignmentBuilder.

import { type ConsumerMember, MemberState } from './consumer-member.ts';
import type { PartitionEpochs, PartitionSets, TopicPartitions } from './partition-sets.ts';

export interface Target {
  readonly epoch: number;
  readonly partitions: PartitionSets;
}

/**
 * @param isFree whether nobody but the member itself holds the partition
 * @param owned what the member says it has; null where it does not say
 * @param wants ids of the topics that the member subscribes to
 */
export function reconcile(
  member: ConsumerMember,
  target: Target,
  isFree: (topicId: string, partition: number) => boolean,
  owned: readonly TopicPartitions[] | null,
  wants: ReadonlySet<string>,
): ConsumerMember {
  switch (member.state) {
    case MemberState.stable:
      return member.memberEpoch === target.epoch ? member : next(member, target, isFree, owned);
    case MemberState.unrevoked:
      return holdsAny(owned, member.pendingRevocation)
        ? withoutUnwanted(member, wants)
        : next(member, target, isFree, owned);
    default:
      return next(member, target, isFree, owned);
  }
}

function next(
  member: ConsumerMember,
  target: Target,
  isFree: (topicId: string, partition: number) => boolean,
  owned: readonly TopicPartitions[] | null,
): ConsumerMember {
  const kept = new Map<string, Map<number, number>>();
  const pendingRevocation = new Map<string, Map<number, number>>();
  for (const [topicId, partitions] of member.assigned) {
    const wanted = target.partitions.get(topicId);
    for (const [partition, epoch] of partitions) {
      put(wanted?.has(partition) === true ? kept : pendingRevocation, topicId, partition, epoch);
    }
  }
  if (pendingRevocation.size > 0 && holdsAny(owned, pendingRevocation)) {
    // It keeps its epoch until it has given them back, and may commit with it.
    return { ...member, state: MemberState.unrevoked, assigned: kept, pendingRevocation };
  }
  let isWaiting = false;
  for (const [topicId, partitions] of target.partitions) {
    for (const partition of partitions) {
      if (kept.get(topicId)?.has(partition) === true) continue;
      if (isFree(topicId, partition)) put(kept, topicId, partition, target.epoch);
      else isWaiting = true;
    }
  }
  const state = isWaiting ? MemberState.unreleased : MemberState.stable;
  return withEpoch({ ...member, state, assigned: kept, pendingRevocation: new Map() }, target.epoch);
}

/** Has the member give back at once what it does not subscribe to any more, though it has not given back the rest. */
function withoutUnwanted(member: ConsumerMember, wants: ReadonlySet<string>): ConsumerMember {
  const unwanted = [...member.assigned].filter(([topicId]) => !wants.has(topicId));
  if (unwanted.length === 0) return member;
  const assigned = new Map([...member.assigned].filter(([topicId]) => wants.has(topicId)));
  const pendingRevocation = new Map(member.pendingRevocation);
  for (const [topicId, partitions] of unwanted) {
    pendingRevocation.set(topicId, new Map([...(pendingRevocation.get(topicId) ?? []), ...partitions]));
  }
  return { ...member, assigned, pendingRevocation };
}

/** Whether the member still says that it has one of these; where it says nothing, it may. */
function holdsAny(owned: readonly TopicPartitions[] | null, partitions: PartitionEpochs): boolean {
  if (owned === null) return true;
  return owned.some(({ topicId, partitions: held }) => {
    const pending = partitions.get(topicId);
    return pending !== undefined && held.some((partition) => pending.has(partition));
  });
}

function withEpoch(member: ConsumerMember, memberEpoch: number): ConsumerMember {
  if (member.memberEpoch === memberEpoch) return member;
  return { ...member, memberEpoch, previousMemberEpoch: member.memberEpoch };
}

function put(map: Map<string, Map<number, number>>, topicId: string, partition: number, epoch: number): void {
  const partitions = map.get(topicId);
  if (partitions === undefined) map.set(topicId, new Map([[partition, epoch]]));
  else partitions.set(partition, epoch);
}

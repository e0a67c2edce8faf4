// The server-side assignor "range": each topic's partitions in ranges, one after the other, over the members that
// subscribe to it, so that the same partition numbers of two topics meet in one member where their counts and
// subscribers are equal. org.apache.kafka.coordinator.group.assignor.RangeAssignor.

import type { PartitionSets } from '../partition-sets.ts';
import type { AssignmentInput } from './assignor.ts';

export function assignByRange({ members, partitionCounts }: AssignmentInput): Map<string, PartitionSets> {
  const targets = new Map(members.map(({ memberId }) => [memberId, new Map<string, Set<number>>()]));
  // By instance id first: a static member that comes back under another member id keeps its place.
  const inOrder = [...members].sort((a, b) =>
    compare(a.instanceId ?? a.memberId, b.instanceId ?? b.memberId),
  );
  for (const [topicId, count] of partitionCounts) {
    const subscribers = inOrder.filter(({ topicIds }) => topicIds.has(topicId));
    let first = 0;
    for (const [i, { memberId }] of subscribers.entries()) {
      const share = Math.floor(count / subscribers.length) + (i < count % subscribers.length ? 1 : 0);
      const partitions = new Set(Array.from({ length: share }, (_, offset) => first + offset));
      if (share > 0) targets.get(memberId)?.set(topicId, partitions);
      first += share;
    }
  }
  return targets;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

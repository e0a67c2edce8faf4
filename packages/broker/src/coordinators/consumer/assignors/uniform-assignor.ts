// The server-side assignor "uniform": as many partitions for each member as for every other, as far as subscriptions
// allow, and as few moves as possible. org.apache.kafka.coordinator.group.assignor.UniformAssignor.
//
// Members keep what they have up to their share, the free partitions go to whoever has least, and where subscriptions
// differ, partitions then move from those who have more to those who may have them and have at least two fewer.

import type { PartitionSets } from '../partition-sets.ts';
import type { AssignedMember, AssignmentInput } from './assignor.ts';

interface Load {
  readonly member: AssignedMember;
  readonly partitions: Map<string, Set<number>>;
  count: number;
}

export function assignUniformly({ members, partitionCounts }: AssignmentInput): Map<string, PartitionSets> {
  const loads: Load[] = members.map((member) => ({ member, partitions: new Map(), count: 0 }));
  const isHomogeneous = loads.every(({ member }) => member.topicIds.size === partitionCounts.size);
  const total = [...partitionCounts.values()].reduce((sum, count) => sum + count, 0);
  const free = keepWhatFits(loads, partitionCounts, isHomogeneous ? total : Number.POSITIVE_INFINITY);
  handOut(free, loads);
  if (!isHomogeneous) balance(loads);
  return new Map(loads.map(({ member, partitions }) => [member.memberId, partitions]));
}

/** Gives members what they have already, up to an even share of `total`; returns what is left, by topic. */
function keepWhatFits(
  loads: readonly Load[],
  partitionCounts: ReadonlyMap<string, number>,
  total: number,
): Map<string, Set<number>> {
  const free = new Map<string, Set<number>>();
  for (const [topicId, count] of partitionCounts) {
    free.set(topicId, new Set(Array.from({ length: count }, (_, partition) => partition)));
  }
  const share = Math.floor(total / loads.length);
  let withOneMore = Number.isFinite(total) ? total % loads.length : 0;
  // Those who have most keep most: the larger shares go where they move least.
  const byHeld = [...loads].sort((a, b) => heldBy(b, free) - heldBy(a, free));
  for (const load of byHeld) {
    const quota = withOneMore > 0 ? share + 1 : share;
    withOneMore--;
    for (const [topicId, partitions] of load.member.target) {
      const stillFree = free.get(topicId);
      if (stillFree === undefined || !load.member.topicIds.has(topicId)) continue;
      for (const partition of partitions) {
        if (load.count < quota && stillFree.delete(partition)) give(load, topicId, partition);
      }
    }
  }
  return free;
}

function heldBy({ member }: Load, there: ReadonlyMap<string, unknown>): number {
  let held = 0;
  for (const [topicId, partitions] of member.target) {
    if (there.has(topicId) && member.topicIds.has(topicId)) held += partitions.size;
  }
  return held;
}

/** Each free partition goes to the subscriber that has least; topics with few subscribers first, they have less choice. */
function handOut(free: ReadonlyMap<string, Set<number>>, loads: readonly Load[]): void {
  const topics = Array.from(free, ([topicId, partitions]) => ({
    topicId,
    partitions,
    subscribers: loads.filter(({ member }) => member.topicIds.has(topicId)),
  })).sort((a, b) => a.subscribers.length - b.subscribers.length);
  for (const { topicId, partitions, subscribers } of topics) {
    if (subscribers.length === 0) continue;
    for (const partition of partitions) give(leastOf(subscribers), topicId, partition);
  }
}

/** Each move makes the sum of squared loads smaller, so this comes to an end. */
function balance(loads: readonly Load[]): void {
  const inOrder = [...loads];
  for (let hasMoved = true; hasMoved; ) {
    hasMoved = false;
    inOrder.sort((a, b) => b.count - a.count);
    for (const from of inOrder) {
      for (const [topicId, partitions] of from.partitions) {
        const others = loads.filter(({ member }) => member.topicIds.has(topicId));
        const to = leastOf(others);
        for (const partition of partitions) {
          if (to.count >= from.count - 1) break;
          take(from, topicId, partition);
          give(to, topicId, partition);
          hasMoved = true;
        }
      }
    }
  }
}

function leastOf(loads: readonly Load[]): Load {
  return loads.reduce((least, load) => (load.count < least.count ? load : least));
}

function give(load: Load, topicId: string, partition: number): void {
  const partitions = load.partitions.get(topicId);
  if (partitions === undefined) load.partitions.set(topicId, new Set([partition]));
  else partitions.add(partition);
  load.count++;
}

function take(load: Load, topicId: string, partition: number): void {
  const partitions = load.partitions.get(topicId);
  partitions?.delete(partition);
  if (partitions?.size === 0) load.partitions.delete(topicId);
  load.count--;
}

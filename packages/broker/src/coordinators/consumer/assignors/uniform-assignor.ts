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
  const subscribers = new Map(
    Array.from(partitionCounts.keys(), (topicId) => [
      topicId,
      isHomogeneous ? loads : loads.filter(({ member }) => member.topicIds.has(topicId)),
    ]),
  );
  handOut(free, subscribers);
  if (!isHomogeneous) balance(subscribers);
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
function handOut(
  free: ReadonlyMap<string, Set<number>>,
  subscribers: ReadonlyMap<string, readonly Load[]>,
): void {
  const topics = Array.from(free, ([topicId, partitions]) => ({
    topicId,
    partitions,
    loads: subscribers.get(topicId) ?? [],
  })).sort((a, b) => a.loads.length - b.loads.length);
  for (const { topicId, partitions, loads } of topics) {
    if (partitions.size === 0) continue;
    const byCount = new LeastFirst(loads);
    for (const partition of partitions) byCount.giveLeast(topicId, partition);
  }
}

/** Each move makes the sum of squared loads smaller, so this comes to an end. */
function balance(subscribers: ReadonlyMap<string, readonly Load[]>): void {
  for (let hasMoved = true; hasMoved; ) {
    hasMoved = false;
    for (const [topicId, loads] of subscribers) {
      const byCount = new LeastFirst(loads);
      for (const from of [...loads].sort((a, b) => b.count - a.count)) {
        for (const partition of from.partitions.get(topicId) ?? []) {
          if (byCount.least >= from.count - 1) break;
          take(from, topicId, partition);
          byCount.giveLeast(topicId, partition);
          hasMoved = true;
        }
      }
    }
  }
}

/** Members of which the one with the least partitions is at hand: a heap. */
class LeastFirst {
  readonly #heap: Load[];

  constructor(loads: readonly Load[]) {
    // In order is a heap too, and equals stay in the order of their ids.
    this.#heap = [...loads].sort((a, b) => a.count - b.count);
  }

  get least(): number {
    return this.#heap[0]?.count ?? Number.POSITIVE_INFINITY;
  }

  giveLeast(topicId: string, partition: number): void {
    const heap = this.#heap;
    const [load] = heap;
    if (load === undefined) return;
    give(load, topicId, partition);
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      const right = heap[below + 1];
      if (right !== undefined && right.count < (heap[below]?.count ?? 0)) below++;
      const child = heap[below];
      if (child === undefined || child.count >= load.count) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = load;
  }
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

// Sets of partitions by topic id, as targets and assignments are. A topic without partitions is left out.

/** Partitions of a target: which. */
export type PartitionSets = ReadonlyMap<string, ReadonlySet<number>>;

/** Partitions that a member has: which, and since which member epoch (KIP-1251). */
export type PartitionEpochs = ReadonlyMap<string, ReadonlyMap<number, number>>;

/** Partitions as messages list them. */
export interface TopicPartitions {
  readonly topicId: string;
  readonly partitions: readonly number[];
}

export const NO_PARTITIONS = new Map<string, never>();

export function setsOf(topics: readonly TopicPartitions[]): PartitionSets {
  return new Map(topics.map(({ topicId, partitions }) => [topicId, new Set(partitions)]));
}

/** As messages list them, each topic's partitions in order. */
export function listOf(
  sets: ReadonlyMap<string, { keys(): Iterable<number> }>,
): { topicId: string; partitions: number[] }[] {
  return Array.from(sets, ([topicId, partitions]) => ({
    topicId,
    partitions: [...partitions.keys()].sort((a, b) => a - b),
  }));
}

/** The partitions, as if they had been there from the beginning. */
export function resetEpochs(epochs: PartitionEpochs): PartitionEpochs {
  return new Map(
    Array.from(epochs, ([topicId, partitions]) => [
      topicId,
      new Map(Array.from(partitions.keys(), (partition) => [partition, 0])),
    ]),
  );
}

export function isSameSets(a: PartitionSets, b: PartitionSets): boolean {
  if (a.size !== b.size) return false;
  for (const [topicId, partitions] of a) {
    const others = b.get(topicId);
    if (others?.size !== partitions.size) return false;
    for (const partition of partitions) if (!others.has(partition)) return false;
  }
  return true;
}

export function isSameEpochs(a: PartitionEpochs, b: PartitionEpochs): boolean {
  if (a.size !== b.size) return false;
  for (const [topicId, partitions] of a) {
    const others = b.get(topicId);
    if (others?.size !== partitions.size) return false;
    for (const [partition, epoch] of partitions) if (others.get(partition) !== epoch) return false;
  }
  return true;
}

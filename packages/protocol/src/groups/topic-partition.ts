// A partition by its topic's name, and the forms that Kafka's messages list partitions in.

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

interface TopicPartitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

/** Kafka's own text form, which no two partitions share. */
export function partitionText({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}

export function groupByTopic(partitions: readonly TopicPartition[]): TopicPartitions[] {
  const byTopic = new Map<string, number[]>();
  for (const { topic, partition } of partitions) {
    const others = byTopic.get(topic);
    if (others === undefined) byTopic.set(topic, [partition]);
    else others.push(partition);
  }
  return [...byTopic].map(([topic, partitions]) => ({ topic, partitions }));
}

export function listPartitions(topics: readonly TopicPartitions[]): TopicPartition[] {
  return topics.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })));
}

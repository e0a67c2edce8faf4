// Partitions as they are typed: `orders` for all of a topic's, `orders:0,1` for some.

import type { Admin } from '@klamm/client/admin/admin';
import { partitionText, type TopicPartition } from '@klamm/protocol/groups/topic-partition';
import { topicNames, unknownTopic } from './topics.ts';
import { usageError } from './usage-error.ts';

/** The parts of `orders:0,1`; no partitions where none are named. */
export function splitPlace(text: string): { topic: string; partitions: readonly number[] | undefined } {
  const [, topic = text, list] = /^(.+):([\d,]+)$/.exec(text) ?? [];
  return { topic, partitions: list?.split(',').filter(Boolean).map(Number) };
}

/** The partitions that are meant, each once. Throws where a topic or a partition is not there. */
export async function partitionsOf(admin: Admin, texts: readonly string[]): Promise<TopicPartition[]> {
  const known = await topicNames(admin);
  const places = new Map<string, TopicPartition>();
  for (const text of texts) {
    const { topic, partitions } = splitPlace(text);
    if (!known.includes(topic)) throw unknownTopic(topic, known);
    const indexes = (await admin.describeTopic(topic)).partitions.map(({ index }) => index);
    for (const partition of partitions ?? indexes) {
      if (!indexes.includes(partition)) {
        throw usageError(`${text}: ${topic} has no partition ${partition}; it has ${indexes.length}.`);
      }
      const place = { topic, partition };
      places.set(partitionText(place), place);
    }
  }
  return [...places.values()];
}

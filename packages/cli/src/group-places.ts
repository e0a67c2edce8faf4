// Which partitions a command about a group's offsets is about: those it has committed, or those of --topic.

import type { Admin } from '@klamm/client/admin/admin';
import { partitionText, type TopicPartition } from '@klamm/protocol/groups/topic-partition';
import { splitPlace } from './topic-partitions.ts';
import { topicNames, unknownTopic } from './topics.ts';
import { usageError } from './usage-error.ts';

/** A partition with the group's committed offset; null where it has none. */
export interface GroupPlace extends TopicPartition {
  readonly offset: number | null;
}

/** Partitions of `topics` (each as `name` or `name:0,1`), or all that the group has committed where it is empty. */
export async function placesOf(
  admin: Admin,
  groupId: string,
  topics: readonly string[],
): Promise<GroupPlace[]> {
  const committed = await admin.groupOffsets(groupId);
  if (topics.length === 0) return committed;
  const offsets = new Map(committed.map((place) => [partitionText(place), place.offset]));
  const places = await Promise.all(topics.map((text) => partitionsOf(admin, text, committed)));
  // A partition may be named twice, as by `-t orders -t orders:0`.
  const once = new Map(places.flat().map((place) => [partitionText(place), place]));
  return [...once].map(([name, place]) => ({ ...place, offset: offsets.get(name) ?? null }));
}

async function partitionsOf(
  admin: Admin,
  text: string,
  committed: readonly TopicPartition[],
): Promise<TopicPartition[]> {
  const { topic, partitions } = splitPlace(text);
  const known = await topicNames(admin);
  // A group's offsets may outlive their topic.
  const kept = committed.filter((place) => place.topic === topic).map(({ partition }) => partition);
  if (!known.includes(topic) && kept.length === 0) throw unknownTopic(topic, known);
  const indexes = known.includes(topic)
    ? (await admin.describeTopic(topic)).partitions.map(({ index }) => index)
    : kept;
  const wanted = partitions ?? indexes;
  const missing = wanted.find((index) => !indexes.includes(index));
  if (missing !== undefined) {
    throw usageError(`--topic ${text}: ${topic} has no partition ${missing}; it has ${indexes.length}.`);
  }
  return wanted.map((partition) => ({ topic, partition }));
}

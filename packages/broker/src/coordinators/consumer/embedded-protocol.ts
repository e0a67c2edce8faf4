// What consumers of the classic protocol say and are told, inside of JoinGroup and SyncGroup, in terms of a consumer
// group: topics by id. The one place where the broker reads what members of a classic group mean for each other.

import { ConsumerProtocolAssignment } from '@klamm/protocol/groups/assignment';
import { ConsumerProtocolSubscription } from '@klamm/protocol/groups/subscription';
import { decodeVersioned, encodeVersioned } from '@klamm/protocol/groups/versioned';
import type { Decoded } from '@klamm/protocol/schema/fields';
import { ProtocolError } from '@klamm/protocol/wire/protocol-error';
import type { TopicPartitions } from './partition-sets.ts';
import type { Topics } from './subscriptions.ts';

/** Protocol type of classic groups whose members are consumers, and so of every consumer group. */
export const CONSUMER_PROTOCOL_TYPE = 'consumer';

export type Subscription = Decoded<(typeof ConsumerProtocolSubscription)['fields']>;

/** undefined where the bytes are no subscription. */
export function readSubscription(metadata: Buffer): Subscription | undefined {
  return orUndefined(() => decodeVersioned(ConsumerProtocolSubscription, metadata));
}

/** What a leader gave a member, with bytes of its assignor's own; undefined where it cannot be read. */
export function readAssignment(
  assignment: Buffer,
  topics: Topics,
): { readonly partitions: TopicPartitions[]; readonly hasUserData: boolean } | undefined {
  // The member has not been given anything yet.
  if (assignment.length === 0) return { partitions: [], hasUserData: false };
  const read = orUndefined(() => decodeVersioned(ConsumerProtocolAssignment, assignment));
  if (read === undefined) return undefined;
  const hasUserData = read.userData !== null && read.userData.length > 0;
  return { partitions: byTopicId(read.assignedPartitions, topics), hasUserData };
}

/** @param metadata what the member said for the protocol: it reads the version it speaks itself */
export function assignmentBytes(
  sets: ReadonlyMap<string, { keys(): Iterable<number> }>,
  metadata: Buffer,
  topics: Topics,
): Buffer {
  const assignedPartitions = Array.from(sets).flatMap(([topicId, partitions]) => {
    const topic = topics.topicById(topicId)?.name;
    return topic === undefined ? [] : [{ topic, partitions: [...partitions.keys()].sort((a, b) => a - b) }];
  });
  const [first, last] = ConsumerProtocolAssignment.versions;
  const spoken = metadata.length >= 2 ? metadata.readInt16BE(0) : first;
  const version = Math.min(last, Math.max(first, spoken));
  return encodeVersioned(ConsumerProtocolAssignment, { assignedPartitions, userData: null }, version);
}

/** Partitions by topic id, of topics that there are. */
export function byTopicId(
  named: readonly { readonly topic: string; readonly partitions: readonly number[] }[],
  topics: Topics,
): TopicPartitions[] {
  return named.flatMap(({ topic, partitions }) => {
    const topicId = topics.topic(topic)?.id;
    return topicId === undefined ? [] : [{ topicId, partitions }];
  });
}

function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

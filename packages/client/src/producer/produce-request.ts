// Produce requests made of batches, and their answers taken apart again.
//
// From version 13 on a request names topics by id only (KIP-516); the ids are looked up where they are needed, since a
// topic that was deleted and made again has another one.

import { ZERO_UUID } from '@klamm/base/random';
import type { Produce } from '@klamm/protocol/api/00-produce';
import type { Decoded } from '@klamm/protocol/schema/fields';
import type { LeaderHint } from '../metadata-cache.ts';
import type { ProducerBatch } from './batch.ts';
import type { PartitionQueue } from './partition-queue.ts';

type ProduceAnswer = Decoded<(typeof Produce)['response']['fields']>;
export type PartitionAnswer = ProduceAnswer['responses'][number]['partitionResponses'][number];
type TopicIdOf = (name: string) => string;

/** A batch in a request. */
export interface Shipment {
  readonly queue: PartitionQueue;
  readonly batch: ProducerBatch;
}

/** The last version that names topics by name. */
export const LAST_NAMED_VERSION = 12;

/** True where every topic has an id, so that a version with ids may be used. */
export function hasTopicIds(shipments: readonly Shipment[], topicIdOf: TopicIdOf): boolean {
  return shipments.every(({ queue }) => topicIdOf(queue.topic) !== ZERO_UUID);
}

export function produceBody(
  shipments: readonly Shipment[],
  topicIdOf: TopicIdOf,
  options: { readonly transactionalId: string | null; readonly acks: number; readonly timeoutMs: number },
) {
  const topics = new Map<string, { index: number; records: Buffer | null }[]>();
  for (const { queue, batch } of shipments) {
    const row = { index: queue.index, records: batch.bytes ?? null };
    const rows = topics.get(queue.topic);
    if (rows === undefined) topics.set(queue.topic, [row]);
    else rows.push(row);
  }
  const topicData = Array.from(topics, ([name, partitionData]) => ({
    name,
    topicId: topicIdOf(name),
    partitionData,
  }));
  return { ...options, topicData };
}

/** Who leads the partition instead of the node `from`, where its refusal says so (KIP-951). */
export function leaderHint(
  answer: ProduceAnswer,
  { topic, index }: PartitionQueue,
  { currentLeader }: PartitionAnswer,
  from: number,
): LeaderHint {
  return { topic, partition: index, from, leader: currentLeader, endpoints: answer.nodeEndpoints };
}

/** Finds the answer for a partition; undefined where the broker left it out. */
export function answersOf(
  answer: ProduceAnswer,
  topicIdOf: TopicIdOf,
): (queue: PartitionQueue) => PartitionAnswer | undefined {
  return ({ topic, index }) => {
    const id = topicIdOf(topic);
    for (const { name, topicId, partitionResponses } of answer.responses) {
      // Either is the default where the version has the other.
      if (name !== topic && (name !== '' || topicId !== id)) continue;
      const found = partitionResponses.find((partition) => partition.index === index);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

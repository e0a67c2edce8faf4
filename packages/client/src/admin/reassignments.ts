// Moves partitions to other brokers while they are in use (KIP-455): asks for it, cancels it, and tells what is under way.
//
// A call that names several partitions does what it can for each, and throws the first refusal when all are decided.

import { AlterPartitionReassignments } from '@klamm/protocol/api/45-alter-partition-reassignments';
import { ListPartitionReassignments } from '@klamm/protocol/api/46-list-partition-reassignments';
import { groupByTopic, partitionText, type TopicPartition } from '@klamm/protocol/groups/topic-partition';
import type { Cluster } from '../cluster.ts';
import { askController, CONTROLLER_TIMEOUT_MS } from './controller-requests.ts';
import { throwFirst } from './topics.ts';

export interface PartitionReplicas extends TopicPartition {
  /** Node ids of the brokers that are to keep it, the preferred leader first. */
  readonly replicas: readonly number[];
}

export interface PartitionReassignment extends PartitionReplicas {
  /** Brokers that are becoming replicas. */
  readonly adding: readonly number[];
  /** Brokers that cease to be replicas when the others have caught up. */
  readonly removing: readonly number[];
}

export interface ReassignOptions {
  /** How long the broker may take, in ms. Default 30,000. */
  readonly timeoutMs?: number;
}

export function reassignPartitions(
  cluster: Cluster,
  partitions: readonly PartitionReplicas[],
  options: ReassignOptions,
): Promise<void> {
  return alter(cluster, partitions, 'was not reassigned', options);
}

export function cancelReassignments(
  cluster: Cluster,
  partitions: readonly TopicPartition[],
  options: ReassignOptions,
): Promise<void> {
  const none = partitions.map(({ topic, partition }) => ({ topic, partition, replicas: null }));
  return alter(cluster, none, 'stays as it is', options);
}

async function alter(
  cluster: Cluster,
  partitions: readonly (TopicPartition & { readonly replicas: readonly number[] | null })[],
  what: string,
  { timeoutMs = CONTROLLER_TIMEOUT_MS }: ReassignOptions,
): Promise<void> {
  const topics = new Map<string, { partitionIndex: number; replicas: readonly number[] | null }[]>();
  for (const { topic, partition: partitionIndex, replicas } of partitions) {
    const rows = topics.get(topic) ?? [];
    rows.push({ partitionIndex, replicas });
    topics.set(topic, rows);
  }
  const { responses } = await askController(
    cluster,
    AlterPartitionReassignments,
    { timeoutMs, topics: Array.from(topics, ([name, rows]) => ({ name, partitions: rows })) },
    'No partition was reassigned',
    { timeoutMs: timeoutMs + cluster.settings.requestTimeoutMs },
  );
  for (const name of topics.keys()) cluster.invalidate(name);
  throwFirst(
    responses.flatMap(({ name: topic, partitions: outcomes }) =>
      outcomes.map(({ partitionIndex: partition, errorCode, errorMessage }) => ({
        what: `${partitionText({ topic, partition })} ${what}`,
        errorCode,
        errorMessage,
      })),
    ),
  );
}

/** @param partitions only these; undefined for all that are moving */
export async function listReassignments(
  cluster: Cluster,
  partitions: readonly TopicPartition[] | undefined,
): Promise<PartitionReassignment[]> {
  const topics =
    partitions === undefined
      ? null
      : groupByTopic(partitions).map(({ topic: name, partitions: partitionIndexes }) => ({
          name,
          partitionIndexes,
        }));
  const answer = await askController(
    cluster,
    ListPartitionReassignments,
    { timeoutMs: CONTROLLER_TIMEOUT_MS, topics },
    'Reassignments were not told',
  );
  return answer.topics.flatMap(({ name: topic, partitions: moving }) =>
    moving.map(({ partitionIndex: partition, replicas, addingReplicas, removingReplicas }) => ({
      topic,
      partition,
      replicas,
      adding: addingReplicas,
      removing: removingReplicas,
    })),
  );
}

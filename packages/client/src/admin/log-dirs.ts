// Log directories of brokers: what lies in each, and moving replicas between those of one broker (KIP-113). Each broker is
// asked for itself; one that cannot answer does not keep the others from it.

import { KlammError } from '@klamm/base/errors';
import { AlterReplicaLogDirs } from '@klamm/protocol/api/34-alter-replica-log-dirs';
import { DescribeLogDirs } from '@klamm/protocol/api/35-describe-log-dirs';
import { errorMeaning, kafkaError } from '@klamm/protocol/error-codes';
import { groupByTopic, partitionText, type TopicPartition } from '@klamm/protocol/groups/topic-partition';
import type { Cluster } from '../cluster.ts';
import { throwFirst } from './topics.ts';

export interface LogDirReplica extends TopicPartition {
  readonly sizeBytes: number;
  /** How many records it is behind its leader, or, one that is moving here, behind what it shall replace. */
  readonly offsetLag: number;
  /** Whether it is moving here, and another directory has the one in use. */
  readonly isFuture: boolean;
}

export interface LogDir {
  readonly path: string;
  /** Why the directory is not in use; undefined where it is. */
  readonly error: KlammError | undefined;
  /** Of its volume; -1 where it is not told. */
  readonly totalBytes: number;
  /** Of its volume; -1 where it is not told. */
  readonly usableBytes: number;
  readonly replicas: readonly LogDirReplica[];
}

export interface ReplicaPlace extends TopicPartition {
  readonly nodeId: number;
  /** Absolute, as the broker's log.dirs has it. */
  readonly path: string;
}

/** By broker; where one could not be asked, why. */
export async function describeLogDirs(
  cluster: Cluster,
  nodeIds: readonly number[] | undefined,
): Promise<Map<number, LogDir[] | KlammError>> {
  const { cluster: described } = await cluster.listTopics([]);
  const wanted = nodeIds ?? described.brokers.map(({ nodeId }) => nodeId);
  const answers = await Promise.all(
    wanted.map(async (nodeId) => [nodeId, await dirsOf(cluster, nodeId).catch(asKlammError)] as const),
  );
  return new Map(answers);
}

async function dirsOf(cluster: Cluster, nodeId: number): Promise<LogDir[]> {
  const { errorCode, results } = await cluster.request(DescribeLogDirs, { topics: null }, { nodeId });
  if (errorCode !== 0)
    throw kafkaError(
      errorCode,
      `Broker ${nodeId} did not tell its log directories: ${errorMeaning(errorCode)}`,
    );
  return results.map(({ errorCode: fault, logDir: path, totalBytes, usableBytes, topics }) => ({
    path,
    error: fault === 0 ? undefined : kafkaError(fault, `${path} of broker ${nodeId}: ${errorMeaning(fault)}`),
    totalBytes,
    usableBytes,
    replicas: topics.flatMap(({ name: topic, partitions }) =>
      partitions.map(({ partitionIndex: partition, partitionSize: sizeBytes, offsetLag, isFutureKey }) => ({
        topic,
        partition,
        sizeBytes,
        offsetLag,
        isFuture: isFutureKey,
      })),
    ),
  }));
}

function asKlammError(cause: unknown): KlammError {
  if (cause instanceof KlammError) return cause;
  throw cause;
}

/** Does what it can for each replica, and throws the first refusal when all are decided. */
export async function alterReplicaLogDirs(cluster: Cluster, places: readonly ReplicaPlace[]): Promise<void> {
  await cluster.listTopics([]);
  const nodeIds = [...new Set(places.map(({ nodeId }) => nodeId))];
  const outcomes = await Promise.all(
    nodeIds.map(async (nodeId) => {
      const own = places.filter((place) => place.nodeId === nodeId);
      const dirs = [...new Set(own.map(({ path }) => path))].map((path) => ({
        path,
        topics: groupByTopic(own.filter((place) => place.path === path)).map(({ topic, partitions }) => ({
          name: topic,
          partitions,
        })),
      }));
      const { results } = await cluster.request(AlterReplicaLogDirs, { dirs }, { nodeId });
      return results.flatMap(({ topicName: topic, partitions }) =>
        partitions.map(({ partitionIndex: partition, errorCode }) => ({
          what: `The replica of ${partitionText({ topic, partition })} on broker ${nodeId} was not moved`,
          errorCode,
          errorMessage: null,
        })),
      );
    }),
  );
  throwFirst(outcomes.flat());
}

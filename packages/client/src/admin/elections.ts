// Has the controller elect leaders of partitions (KIP-183, KIP-460): the preferred one, which is the first of the replicas,
// or any that is up, at the price of what only those in sync have.

import type { KlammError } from '@klamm/base/errors';
import { ElectLeaders } from '@klamm/protocol/api/43-elect-leaders';
import { ErrorCode, errorMeaning, kafkaError } from '@klamm/protocol/error-codes';
import { groupByTopic, partitionText, type TopicPartition } from '@klamm/protocol/groups/topic-partition';
import type { Cluster } from '../cluster.ts';
import { askController, CONTROLLER_TIMEOUT_MS } from './controller-requests.ts';

export interface ElectLeadersOptions {
  /** `unclean` may lose acknowledged records. Default `preferred`. */
  readonly type?: 'preferred' | 'unclean';
  /** Default: all partitions of the cluster. */
  readonly partitions?: readonly TopicPartition[];
  /** How long the broker may take, in ms. Default 30,000. */
  readonly timeoutMs?: number;
}

export interface Election extends TopicPartition {
  /** False where the partition has that leader already, or none could be elected. */
  readonly isElected: boolean;
  /** Why none was elected; undefined where one was, or none was needed. */
  readonly error: KlammError | undefined;
}

export async function electLeaders(
  cluster: Cluster,
  { type = 'preferred', partitions, timeoutMs = CONTROLLER_TIMEOUT_MS }: ElectLeadersOptions,
): Promise<Election[]> {
  const answer = await askController(
    cluster,
    ElectLeaders,
    {
      electionType: type === 'preferred' ? 0 : 1,
      topicPartitions: partitions === undefined ? null : groupByTopic(partitions),
      timeoutMs,
    },
    'No leader was elected',
    { timeoutMs: timeoutMs + cluster.settings.requestTimeoutMs },
  );
  return answer.replicaElectionResults.flatMap(({ topic, partitionResult }) => {
    cluster.invalidate(topic);
    return partitionResult.map(({ partitionId: partition, errorCode, errorMessage }) => {
      const isDone = errorCode === 0 || errorCode === ErrorCode.ELECTION_NOT_NEEDED;
      const why = errorMessage || errorMeaning(errorCode);
      return {
        topic,
        partition,
        isElected: errorCode === 0,
        error: isDone
          ? undefined
          : kafkaError(errorCode, `No leader of ${partitionText({ topic, partition })} was elected: ${why}`),
      };
    });
  });
}

// The quorum of controllers: who leads, who votes, and how far each is (KIP-595, KIP-853).

import { ZERO_UUID } from '@klamm/base/random';
import { DescribeQuorum } from '@klamm/protocol/api/55-describe-quorum';
import { errorMeaning, kafkaError } from '@klamm/protocol/error-codes';
import type { Cluster } from '../cluster.ts';

export interface QuorumReplica {
  readonly nodeId: number;
  /** Of its log directory; undefined where the quorum's voters are fixed, or the broker is older than Kafka 3.9. */
  readonly directoryId: string | undefined;
  /** How far its metadata log goes; -1 where the leader does not know. */
  readonly logEndOffset: number;
  /** When it last had all that the leader had, in ms since 1970; -1 for never, or where it is not told. */
  readonly caughtUpAt: number;
  /** When it last asked for more, in ms since 1970; -1 for the leader, or never. */
  readonly fetchedAt: number;
}

export interface QuorumDescription {
  /** -1 while there is none. */
  readonly leaderId: number;
  readonly leaderEpoch: number;
  /** Up to where a majority has the metadata log. */
  readonly highWatermark: number;
  readonly voters: readonly QuorumReplica[];
  /** Who follows and does not vote: brokers, and controllers that were not added. */
  readonly observers: readonly QuorumReplica[];
}

const METADATA_TOPIC = '__cluster_metadata';

export async function describeQuorum(cluster: Cluster): Promise<QuorumDescription> {
  const body = { topics: [{ topicName: METADATA_TOPIC, partitions: [{ partitionIndex: 0 }] }] };
  const answer = await cluster.request(DescribeQuorum, body);
  const partition = answer.topics[0]?.partitions[0];
  const errorCode = answer.errorCode || (partition?.errorCode ?? 0);
  if (errorCode !== 0 || partition === undefined) {
    const why = answer.errorMessage ?? partition?.errorMessage ?? errorMeaning(errorCode);
    throw kafkaError(errorCode, `The quorum cannot be described: ${why}`);
  }
  const { leaderId, leaderEpoch, highWatermark } = partition;
  return {
    leaderId,
    leaderEpoch,
    highWatermark,
    voters: partition.currentVoters.map(replicaOf),
    observers: partition.observers.map(replicaOf),
  };
}

function replicaOf(state: {
  readonly replicaId: number;
  readonly replicaDirectoryId: string;
  readonly logEndOffset: number;
  readonly lastFetchTimestamp: number;
  readonly lastCaughtUpTimestamp: number;
}): QuorumReplica {
  const { replicaId, replicaDirectoryId, logEndOffset, lastFetchTimestamp, lastCaughtUpTimestamp } = state;
  return {
    nodeId: replicaId,
    directoryId: replicaDirectoryId === ZERO_UUID ? undefined : replicaDirectoryId,
    logEndOffset,
    caughtUpAt: lastCaughtUpTimestamp,
    fetchedAt: lastFetchTimestamp,
  };
}

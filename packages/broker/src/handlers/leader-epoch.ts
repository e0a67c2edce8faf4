// What a client's idea of the leader epoch means (KIP-320): older than ours, it must refresh its metadata; newer,
// it knows of an election that we have not heard of.

import { ErrorCode } from '@klamm/protocol/error-codes';
import type { Partition } from '../partitions/partition.ts';

export function epochError(partition: Partition, currentLeaderEpoch: number): number {
  if (currentLeaderEpoch === -1 || currentLeaderEpoch === partition.leaderEpoch) return ErrorCode.NONE;
  return currentLeaderEpoch < partition.leaderEpoch
    ? ErrorCode.FENCED_LEADER_EPOCH
    : ErrorCode.UNKNOWN_LEADER_EPOCH;
}

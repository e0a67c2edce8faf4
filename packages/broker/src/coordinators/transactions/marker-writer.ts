// Writes a transaction's marker into a partition. In `__consumer_offsets` the group coordinator does, as offsets that
// were committed in the transaction count from then on.

import { ErrorCode } from '@klamm/protocol/error-codes';
import type { Partition } from '../../partitions/partition.ts';
import type { TransactionMarker } from '../../partitions/producers.ts';
import { type GroupCoordinator, OFFSETS_TOPIC } from '../group-coordinator.ts';
import type { TopicPartition } from './transaction.ts';

/** Resolves with an error code when the marker is durable. */
export type MarkerWriter = (place: TopicPartition, marker: TransactionMarker) => Promise<number>;

export function markerWriter(
  partitionOf: (topic: string, index: number) => Partition | undefined,
  groups: GroupCoordinator,
): MarkerWriter {
  return async ({ topic, partition: index }, marker) => {
    if (topic === OFFSETS_TOPIC) return groups.endTransaction(index, marker);
    const partition = partitionOf(topic, index);
    if (partition === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    const appended = partition.appendMarker(marker);
    if (!('endOffset' in appended)) return appended.errorCode;
    return new Promise((resolve) => {
      partition.whenDurable(appended.endOffset, (error) =>
        resolve(error === undefined ? ErrorCode.NONE : ErrorCode.KAFKA_STORAGE_ERROR),
      );
    });
  };
}

// AlterReplicaLogDirs v1 and v2. Behavior: there is one log directory, so that a replica is to lie where it lies already,
// or somewhere that is not a log directory (KIP-113). A path counts as it is written, as in Apache Kafka.

import { AlterReplicaLogDirs } from '@klamm/protocol/api/34-alter-replica-log-dirs';
import { ErrorCode } from '@klamm/protocol/error-codes';
import type { BrokerRooms } from '../dispatch/context.ts';
import { defineHandler } from '../dispatch/handler.ts';
import { Operation } from '../metadata/acl.ts';

type Dirs = readonly {
  readonly path: string;
  readonly topics: readonly { readonly name: string; readonly partitions: readonly number[] }[];
}[];

export const alterReplicaLogDirs = defineHandler(AlterReplicaLogDirs, {
  clusterOperation: Operation.alter,
  handle: ({ broker }, { dirs }) => ({
    results: results(dirs, (path, topic, partition) => outcome(broker, path, topic, partition)),
  }),
  onError: ({ dirs }, errorCode) => ({ results: results(dirs, () => errorCode) }),
});

function outcome({ directory, partitions }: BrokerRooms, path: string, topic: string, partition: number) {
  if (path !== directory.path) return ErrorCode.LOG_DIR_NOT_FOUND;
  if (!directory.isOnline) return ErrorCode.KAFKA_STORAGE_ERROR;
  return partitions.get(topic, partition) === undefined
    ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    : ErrorCode.NONE;
}

/** Of a partition that is named more than once the last counts. */
function results(dirs: Dirs, errorOf: (path: string, topic: string, partition: number) => number) {
  const topics = new Map<string, Map<number, number>>();
  for (const { path, topics: wanted } of dirs) {
    for (const { name, partitions } of wanted) {
      const codes = topics.get(name) ?? new Map<number, number>();
      topics.set(name, codes);
      for (const partition of partitions) codes.set(partition, errorOf(path, name, partition));
    }
  }
  return Array.from(topics, ([topicName, codes]) => ({
    topicName,
    partitions: Array.from(codes, ([partitionIndex, errorCode]) => ({ partitionIndex, errorCode })),
  }));
}

// DescribeLogDirs v1 to v5. Behavior: what lies in the one log directory, and how large it is (KIP-113). Version notes:
// v4 tells the size of its volume (KIP-827), v5 whether it takes new partitions (KIP-1066): Klamm's always does.

import { DescribeLogDirs } from '@klamm/protocol/api/35-describe-log-dirs';
import { ErrorCode } from '@klamm/protocol/error-codes';
import type { BrokerRooms } from '../dispatch/context.ts';
import { defineHandler } from '../dispatch/handler.ts';
import { Operation } from '../metadata/acl.ts';
import type { Partition } from '../partitions/partition.ts';

interface WantedTopic {
  readonly topic: string;
  readonly partitions: readonly number[];
}

export const describeLogDirs = defineHandler(DescribeLogDirs, {
  clusterOperation: Operation.describe,

  handle({ broker }, request) {
    const { path, disk, isOnline } = broker.directory;
    if (!isOnline) {
      return { results: [{ errorCode: ErrorCode.KAFKA_STORAGE_ERROR, logDir: path, topics: [] }] };
    }
    const topics = new Map<string, object[]>();
    for (const partition of wantedPartitions(broker, request.topics)) {
      const { topic, index: partitionIndex, sizeInBytes: partitionSize } = partition;
      const rows = topics.get(topic) ?? [];
      // The lag is that of a copy behind its leader: one node has no copies.
      rows.push({ partitionIndex, partitionSize, offsetLag: 0, isFutureKey: false });
      topics.set(topic, rows);
    }
    return {
      results: [
        {
          errorCode: ErrorCode.NONE,
          logDir: path,
          topics: Array.from(topics, ([name, partitions]) => ({ name, partitions })),
          ...disk.space(path),
        },
      ],
    };
  },
  onError: (_request, errorCode) => ({ errorCode, results: [] }),
});

function* wantedPartitions(
  { partitions }: BrokerRooms,
  wanted: readonly WantedTopic[] | null,
): Generator<Partition> {
  if (wanted === null) {
    yield* partitions.all();
    return;
  }
  for (const { topic, partitions: indexes } of wanted) {
    for (const index of new Set(indexes)) {
      const partition = partitions.get(topic, index);
      if (partition !== undefined) yield partition;
    }
  }
}

// OffsetForLeaderEpoch v2 to v4. Behavior: says where an epoch ended, so that a consumer can tell whether what it
// read before a change of leader is still there (KIP-320).

import { OffsetForLeaderEpoch } from '@klamm/protocol/api/23-offset-for-leader-epoch';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { defineHandler } from '../dispatch/handler.ts';
import { epochError } from './leader-epoch.ts';

export const offsetForLeaderEpoch = defineHandler(OffsetForLeaderEpoch, {
  handle: ({ broker }, request) => ({
    topics: request.topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition: index, currentLeaderEpoch, leaderEpoch }) => {
        const partition = broker.partitions.get(topic, index);
        const errorCode =
          partition === undefined
            ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
            : epochError(partition, currentLeaderEpoch);
        if (partition === undefined || errorCode !== ErrorCode.NONE) return { partition: index, errorCode };
        const { epoch, endOffset } = partition.endOffsetForEpoch(leaderEpoch);
        return { partition: index, errorCode, leaderEpoch: epoch, endOffset };
      }),
    })),
  }),
  onError: (request, errorCode) => ({
    topics: request.topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition }) => ({ partition, errorCode })),
    })),
  }),
});

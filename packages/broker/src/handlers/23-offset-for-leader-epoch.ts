// OffsetForLeaderEpoch v2 to v4. Behavior: says where an epoch ended, so that a consumer can tell whether what it
// read before a change of leader is still there (KIP-320).

import { OffsetForLeaderEpoch } from '@klamm/protocol/api/23-offset-for-leader-epoch';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { authorized, sees } from '../dispatch/authorized.ts';
import { defineHandler } from '../dispatch/handler.ts';
import { AclResource, CLUSTER_NAME, Operation } from '../metadata/acl.ts';
import { epochError } from './leader-epoch.ts';

export const offsetForLeaderEpoch = defineHandler(OffsetForLeaderEpoch, {
  handle(context, request) {
    const isBroker = sees(context, Operation.clusterAction, AclResource.cluster, CLUSTER_NAME);
    const topics = request.topics.map(({ topic, partitions }) => {
      if (!isBroker && !authorized(context, Operation.describe, AclResource.topic, topic))
        return refused(topic, partitions, ErrorCode.TOPIC_AUTHORIZATION_FAILED);
      const ends = partitions.map(({ partition: index, currentLeaderEpoch, leaderEpoch }) => {
        const partition = context.broker.partitions.get(topic, index);
        const errorCode =
          partition === undefined
            ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
            : epochError(partition, currentLeaderEpoch);
        if (partition === undefined || errorCode !== ErrorCode.NONE) return { partition: index, errorCode };
        const { epoch, endOffset } = partition.endOffsetForEpoch(leaderEpoch);
        return { partition: index, errorCode, leaderEpoch: epoch, endOffset };
      });
      return { topic, partitions: ends };
    });
    return { topics };
  },
  onError: (request, errorCode) => ({
    topics: request.topics.map(({ topic, partitions }) => refused(topic, partitions, errorCode)),
  }),
});

function refused(topic: string, partitions: readonly { partition: number }[], errorCode: number) {
  return { topic, partitions: partitions.map(({ partition }) => ({ partition, errorCode })) };
}

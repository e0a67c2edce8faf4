// Tells of topics and their partitions page by page, with the replicas that may lead (KIP-966). There is one
// version, v0.

import { array, boolean, int16, int32, nullable, optional, string, struct, uuid } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const DescribeTopicPartitions = api({
  key: 75,
  name: 'DescribeTopicPartitions',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    /** The topics to tell of; none for all. */
    topics: array({
      /** Name of the topic. */
      name: string(),
    }),
    /** How many partitions to answer with at most; the rest follows from the cursor. */
    responsePartitionLimit: int32(2000),
    /** Where to go on; null to begin. */
    cursor: optional(
      struct({
        /** Topic to begin with. */
        topicName: string(),
        /** Partition of it to begin with. */
        partitionIndex: int32(),
      }),
    ),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** The topics, one by one; the last may lack partitions. */
    topics: array({
      /** Kafka's error number (see error-codes.ts); 0 is success. */
      errorCode: int16(),
      /** Name of the topic; null where it is not known. */
      name: nullable(string()),
      /** Id of the topic, which outlives a deletion and a new topic of the same name (KIP-516). */
      topicId: uuid(),
      /** Whether the topic is Kafka's own, such as `__consumer_offsets`. */
      isInternal: boolean(),
      /** The topic's partitions, as far as they fit into the answer. */
      partitions: array({
        /** Kafka's error number (see error-codes.ts); 0 is success. */
        errorCode: int16(),
        /** Number of the partition, from 0. */
        partitionIndex: int32(),
        /** Id of the leader's broker; -1 while there is none. */
        leaderId: int32(),
        /** Epoch of the partition's leader; -1 where it is not known. */
        leaderEpoch: int32(-1),
        /** Broker ids of the replicas, the preferred leader first. */
        replicaNodes: array(int32()),
        /** Broker ids of the replicas that are in sync. */
        isrNodes: array(int32()),
        /** Brokers that may lead although they are not in sync (KIP-966). */
        eligibleLeaderReplicas: optional(array(int32())),
        /** The last brokers that could have led, before none could (KIP-966). */
        lastKnownElr: optional(array(int32())),
        /** Broker ids of the replicas that are not up. */
        offlineReplicas: array(int32()),
      }),
      /** What the caller may do with the topic, a bit per operation; -2147483648 where it was not asked for. */
      topicAuthorizedOperations: int32(-2147483648),
    }),
    /** Where to go on; null where this was all. */
    nextCursor: optional(
      struct({
        /** Topic to go on with. */
        topicName: string(),
        /** Partition of it to go on with. */
        partitionIndex: int32(),
      }),
    ),
  },
});

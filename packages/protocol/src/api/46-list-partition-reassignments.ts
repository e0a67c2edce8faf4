// Lists the partitions that are moving to other brokers (KIP-455). There is one version, v0.

import { array, int16, int32, nullable, optional, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const ListPartitionReassignments = api({
  key: 46,
  name: 'ListPartitionReassignments',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    /** How long the broker may take, ms. */
    timeoutMs: int32(60000),
    /** The partitions to list; null for all that are moving. */
    topics: optional(
      array({
        /** Name of the topic. */
        name: string(),
        /** Numbers of the partitions. */
        partitionIndexes: array(int32()),
      }),
    ),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** Kafka's error number (see error-codes.ts); 0 is success. */
    errorCode: int16(),
    /** What went wrong, for people; null where nothing did or no more can be said. */
    errorMessage: nullable(string()),
    /** The partitions that are moving, topic by topic. */
    topics: array({
      /** Name of the topic. */
      name: string(),
      /** What is moving, partition by partition. */
      partitions: array({
        /** Number of the partition, from 0. */
        partitionIndex: int32(),
        /** Broker ids of the replicas, the preferred leader first. */
        replicas: array(int32()),
        /** Brokers that are becoming replicas. */
        addingReplicas: array(int32()),
        /** Brokers that are to cease being replicas. */
        removingReplicas: array(int32()),
      }),
    }),
  },
});

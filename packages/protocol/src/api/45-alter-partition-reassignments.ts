// Moves partitions to other brokers, or cancels that (KIP-455). Version notes: v1 can insist on the number of
// replicas (KIP-860).

import { array, boolean, int16, int32, nullable, optional, since, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const AlterPartitionReassignments = api({
  key: 45,
  name: 'AlterPartitionReassignments',
  versions: [0, 1],
  flexibleFrom: 0,
  request: {
    /** How long the broker may take, ms. */
    timeoutMs: int32(60000),
    /** Whether the number of replicas may change (KIP-860). */
    allowReplicationFactorChange: since(1, boolean(true)),
    /** The partitions to move, topic by topic. */
    topics: array({
      /** Name of the topic. */
      name: string(),
      /** The partitions to move, and where to. */
      partitions: array({
        /** Number of the partition, from 0. */
        partitionIndex: int32(),
        /** Broker ids of the replicas to have; null cancels what is under way. */
        replicas: optional(array(int32())),
      }),
    }),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** Whether the number of replicas may change (KIP-860). */
    allowReplicationFactorChange: since(1, boolean(true)),
    /** Kafka's error number (see error-codes.ts); 0 is success. */
    errorCode: int16(),
    /** What went wrong, for people; null where nothing did or no more can be said. */
    errorMessage: nullable(string()),
    /** The outcome, topic by topic. */
    responses: array({
      /** Name of the topic. */
      name: string(),
      /** The outcome, partition by partition. */
      partitions: array({
        /** Number of the partition, from 0. */
        partitionIndex: int32(),
        /** Kafka's error number (see error-codes.ts); 0 is success. */
        errorCode: int16(),
        /** What went wrong, for people; null where nothing did or no more can be said. */
        errorMessage: nullable(string()),
      }),
    }),
  },
});

// Makes the controller elect leaders (KIP-183). Version notes: v1 has unclean elections (KIP-460).

import { array, int8, int16, int32, nullable, since, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const ElectLeaders = api({
  key: 43,
  name: 'ElectLeaders',
  versions: [0, 2],
  flexibleFrom: 2,
  request: {
    /** 0 for the preferred leader, 1 for any live replica, in sync or not (KIP-460). */
    electionType: since(1, int8()),
    /** The partitions to elect for; null for all. */
    topicPartitions: nullable(
      array({
        /** Name of the topic. */
        topic: string(),
        /** The partitions concerned, within their topic. */
        partitions: array(int32()),
      }),
    ),
    /** How long the broker may take, ms. */
    timeoutMs: int32(60000),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** Kafka's error number (see error-codes.ts); 0 is success. */
    errorCode: since(1, int16()),
    /** The outcome, topic by topic. */
    replicaElectionResults: array({
      /** Name of the topic. */
      topic: string(),
      /** The outcome, partition by partition. */
      partitionResult: array({
        /** Number of the partition, from 0. */
        partitionId: int32(),
        /** Kafka's error number (see error-codes.ts); 0 is success. */
        errorCode: int16(),
        /** What went wrong, for people; null where nothing did or no more can be said. */
        errorMessage: nullable(string()),
      }),
    }),
  },
});

// Moves replicas between the log directories of a broker (KIP-113). Version notes: v2 is flexible; nothing else
// changed.

import { array, int16, int32, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const AlterReplicaLogDirs = api({
  key: 34,
  name: 'AlterReplicaLogDirs',
  versions: [1, 2],
  flexibleFrom: 2,
  request: {
    /** The directories, with the partitions that shall lie in them. */
    dirs: array({
      /** Absolute path of the log directory to move to. */
      path: string(),
      /** The partitions to move there, topic by topic. */
      topics: array({
        /** Name of the topic. */
        name: string(),
        /** The partitions concerned, within their topic. */
        partitions: array(int32()),
      }),
    }),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** The outcome, topic by topic. */
    results: array({
      /** Name of the topic. */
      topicName: string(),
      /** The outcome, partition by partition. */
      partitions: array({
        /** Number of the partition, from 0. */
        partitionIndex: int32(),
        /** Kafka's error number (see error-codes.ts); 0 is success. */
        errorCode: int16(),
      }),
    }),
  },
});

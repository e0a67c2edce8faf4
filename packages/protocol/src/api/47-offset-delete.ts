// Removes a group's offsets in partitions that it no longer reads (KIP-496). There is one version, v0, which is not
// flexible.

import { array, int16, int32, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const OffsetDelete = api({
  key: 47,
  name: 'OffsetDelete',
  versions: [0, 0],
  request: {
    /** Id of the group. */
    groupId: string(),
    /** The partitions to forget, topic by topic. */
    topics: array({
      /** Name of the topic. */
      name: string(),
      /** The partitions to forget. */
      partitions: array({
        /** Number of the partition, from 0. */
        partitionIndex: int32(),
      }),
    }),
  },
  response: {
    /** Kafka's error number (see error-codes.ts); 0 is success. */
    errorCode: int16(),
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** The outcome, topic by topic. */
    topics: array({
      /** Name of the topic. */
      name: string(),
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

// Moves the first offset of partitions up, so that what lies before it can be deleted (KIP-107). Version notes: v2
// is flexible; nothing else changed.

import { array, int16, int32, int64, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const DeleteRecords = api({
  key: 21,
  name: 'DeleteRecords',
  versions: [0, 2],
  flexibleFrom: 2,
  request: {
    /** Where to delete, topic by topic. */
    topics: array({
      /** Name of the topic. */
      name: string(),
      /** Where to delete, partition by partition. */
      partitions: array({
        /** Number of the partition, from 0. */
        partitionIndex: int32(),
        /** Delete what lies before it; -1 for all up to the high watermark. */
        offset: int64(),
      }),
    }),
    /** How long the broker may take, ms. */
    timeoutMs: int32(),
  },
  response: {
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
        /** First offset there is now. */
        lowWatermark: int64(),
        /** Kafka's error number (see error-codes.ts); 0 is success. */
        errorCode: int16(),
      }),
    }),
  },
});

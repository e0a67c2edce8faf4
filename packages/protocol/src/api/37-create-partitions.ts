// Adds partitions to topics (KIP-195). Version notes: v3 may be throttled (KIP-599).

import { array, boolean, int16, int32, nullable, optional, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const CreatePartitions = api({
  key: 37,
  name: 'CreatePartitions',
  versions: [0, 3],
  flexibleFrom: 2,
  request: {
    /** The topics to grow. */
    topics: array({
      /** Name of the topic. */
      name: string(),
      /** Number of partitions the topic shall have in all. */
      count: int32(),
      /** Where the new partitions shall lie, one by one; null to let the broker choose. */
      assignments: nullable(
        array({
          /** Broker ids of the replicas, the preferred leader first. */
          brokerIds: array(int32()),
        }),
      ),
    }),
    /** How long the broker may take, ms. */
    timeoutMs: int32(),
    /** Whether to check only, and change nothing. */
    validateOnly: boolean(),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** The outcome, topic by topic. */
    results: array({
      /** Name of the topic. */
      name: string(),
      /** Kafka's error number (see error-codes.ts); 0 is success. */
      errorCode: int16(),
      /** What went wrong, for people; null where nothing did or no more can be said. */
      errorMessage: optional(string()),
    }),
  },
});

// Tells where a leader epoch ends, so that followers and consumers find out what was truncated (KIP-101, KIP-279).
// Version notes: v2 fences old metadata (KIP-320), v3 says who asks (KIP-392).

import { array, int16, int32, int64, since, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const OffsetForLeaderEpoch = api({
  key: 23,
  name: 'OffsetForLeaderEpoch',
  versions: [2, 4],
  flexibleFrom: 4,
  request: {
    /** Broker id of the follower that asks; -1 for a consumer. */
    replicaId: since(3, int32(-2)),
    /** The epochs to look up, topic by topic. */
    topics: array({
      /** Name of the topic. */
      topic: string(),
      /** The epochs to look up, partition by partition. */
      partitions: array({
        /** Number of the partition, from 0. */
        partition: int32(),
        /** The leader epoch the client knows, to find out that its metadata is old; -1 for any (KIP-320). */
        currentLeaderEpoch: int32(-1),
        /** The epoch whose end is asked for. */
        leaderEpoch: int32(),
      }),
    }),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** The outcome, topic by topic. */
    topics: array({
      /** Name of the topic. */
      topic: string(),
      /** The outcome, partition by partition. */
      partitions: array({
        /** Kafka's error number (see error-codes.ts); 0 is success. */
        errorCode: int16(),
        /** Number of the partition, from 0. */
        partition: int32(),
        /** The epoch found: that one, or the last before it; -1 for none. */
        leaderEpoch: int32(-1),
        /** Offset behind the last record of that epoch; -1 for none. */
        endOffset: int64(-1),
      }),
    }),
  },
});

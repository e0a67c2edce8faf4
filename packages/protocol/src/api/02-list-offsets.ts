// Looks up offsets by time: of the first record at or behind a timestamp, or one of the ends of the log. Version
// notes: v2 has the isolation level (KIP-98), v4 leader epochs (KIP-320), v7 the largest timestamp (KIP-734), v8
// the first local offset (KIP-405), v9 the last tiered one (KIP-1005), v10 a timeout (KIP-1075), v11 the first not
// yet tiered (KIP-1023).

import { array, int8, int16, int32, int64, since, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const ListOffsets = api({
  key: 2,
  name: 'ListOffsets',
  versions: [1, 11],
  flexibleFrom: 6,
  request: {
    /** Broker id of the follower that asks; -1 for a consumer. */
    replicaId: int32(),
    /** 0 for all records, 1 for those of committed transactions only (KIP-98). */
    isolationLevel: since(2, int8()),
    /** The partitions to look up in, topic by topic. */
    topics: array({
      /** Name of the topic. */
      name: string(),
      /** The partitions to look up in, with a time each. */
      partitions: array({
        /** Number of the partition, from 0. */
        partitionIndex: int32(),
        /** The leader epoch the client knows, to find out that its metadata is old; -1 for any (KIP-320). */
        currentLeaderEpoch: since(4, int32(-1)),
        /** Time, ms since 1970; -1 latest, -2 earliest, -3 largest, -4 first local, -5 last tiered, -6 first untiered. */
        timestamp: int64(),
      }),
    }),
    /** How long a look-up in tiered storage may take, ms (KIP-1075). */
    timeoutMs: since(10, int32()),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: since(2, int32()),
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
        /** Timestamp of the record found, ms since 1970; -1 for none. */
        timestamp: int64(-1),
        /** The offset found; -1 for none. */
        offset: int64(-1),
        /** Leader epoch of the record found; -1 for none. */
        leaderEpoch: since(4, int32(-1)),
      }),
    }),
  },
});

// Tells what lies in a broker's log directories, and how large it is (KIP-113). Version notes: v3 has one error for
// all, v4 the size of the volumes (KIP-827), v5 cordoned directories (KIP-1066).

import { array, boolean, int16, int32, int64, nullable, since, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const DescribeLogDirs = api({
  key: 35,
  name: 'DescribeLogDirs',
  versions: [1, 5],
  flexibleFrom: 2,
  request: {
    /** The partitions to tell of; null for all. */
    topics: nullable(
      array({
        /** Name of the topic. */
        topic: string(),
        /** Numbers of the partitions. */
        partitions: array(int32()),
      }),
    ),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** Kafka's error number (see error-codes.ts); 0 is success. */
    errorCode: since(3, int16()),
    /** The outcome, log directory by log directory. */
    results: array({
      /** Kafka's error number (see error-codes.ts); 0 is success. */
      errorCode: int16(),
      /** Absolute path of the log directory. */
      logDir: string(),
      /** What lies in it, topic by topic. */
      topics: array({
        /** Name of the topic. */
        name: string(),
        /** What lies in it, partition by partition. */
        partitions: array({
          /** Number of the partition, from 0. */
          partitionIndex: int32(),
          /** Bytes of the partition's segments. */
          partitionSize: int64(),
          /** Records it is behind: the log's end behind the high watermark, or a moving copy's behind the log's. */
          offsetLag: int64(),
          /** Whether it is the copy that a move between directories is making. */
          isFutureKey: boolean(),
        }),
      }),
      /** Size of the volume, bytes; -1 where it is not known (KIP-827). */
      totalBytes: since(4, int64(-1)),
      /** Free space of the volume, bytes; -1 where it is not known (KIP-827). */
      usableBytes: since(4, int64(-1)),
      /** Whether the directory takes no new partitions (KIP-1066). */
      isCordoned: since(5, boolean()),
    }),
  },
});

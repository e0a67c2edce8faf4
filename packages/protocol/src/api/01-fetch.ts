// Reads record batches from partitions, at once or when there are enough; within a session only changes are sent
// (KIP-227). The same request serves followers and the metadata log, whose fields a consumer leaves at their
// defaults. Version notes: v7 has sessions, v9 fences old metadata (KIP-320), v11 names a nearer replica (KIP-392),
// v12 finds diverging logs (KIP-595), v13 names topics by id (KIP-516), v16 tells who leads instead (KIP-951), v17
// and v18 are for followers (KIP-853, KIP-1166).

import {
  array,
  bigint64,
  int8,
  int16,
  int32,
  int64,
  nullable,
  optional,
  records,
  since,
  string,
  struct,
  tagged,
  until,
  uuid,
} from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const Fetch = api({
  key: 1,
  name: 'Fetch',
  versions: [4, 18],
  flexibleFrom: 12,
  request: {
    /** Id of the cluster, from followers of the metadata log; null for none. */
    clusterId: tagged(0, 12, optional(string())),
    /** Broker id of the follower that asks; -1 for a consumer. */
    replicaId: until(14, int32(-1)),
    /** Who fetches, in the versions from 15 on. */
    replicaState: tagged(
      1,
      15,
      struct({
        /** Broker id of the follower that asks; -1 for a consumer. */
        replicaId: int32(-1),
        /** Epoch of the follower's broker; -1 for a consumer (KIP-903). */
        replicaEpoch: int64(-1),
      }),
    ),
    /** How long the broker may wait for enough records, ms. */
    maxWaitMs: int32(),
    /** How many bytes of records are worth answering for. */
    minBytes: int32(),
    /** About how many bytes to answer with; the first batch is answered whole, however large (KIP-74). */
    maxBytes: int32(2147483647),
    /** 0 for all records, 1 for those of committed transactions only (KIP-98). */
    isolationLevel: int8(),
    /** Id of the fetch session; 0 for none (KIP-227). */
    sessionId: since(7, int32()),
    /** Position in the session: 0 opens one, -1 asks for none, else one more than before (KIP-227). */
    sessionEpoch: since(7, int32(-1)),
    /** Partitions to fetch; within a session those that are new or changed. */
    topics: array({
      /** Name of the topic. */
      topic: until(12, string()),
      /** Id of the topic, which outlives a deletion and a new topic of the same name (KIP-516). */
      topicId: since(13, uuid()),
      /** Where to read, partition by partition. */
      partitions: array({
        /** Number of the partition, from 0. */
        partition: int32(),
        /** The leader epoch the client knows, to find out that its metadata is old; -1 for any (KIP-320). */
        currentLeaderEpoch: since(9, int32(-1)),
        /** The offset to read from. */
        fetchOffset: int64(),
        /** Epoch of the follower's last record, to find out where logs part (KIP-595); -1 for none. */
        lastFetchedEpoch: since(12, int32(-1)),
        /** First offset the follower has; -1 for a consumer (KIP-107). */
        logStartOffset: since(5, int64(-1)),
        /** About how many bytes of this partition to answer with (KIP-74). */
        partitionMaxBytes: int32(),
        /** Id of the follower's log directory (KIP-853). */
        replicaDirectoryId: tagged(0, 17, uuid()),
        /** The high watermark the follower knows; -1 for none, the largest int64 where it tells none (KIP-1166). */
        highWatermark: tagged(1, 18, bigint64(9223372036854775807n)),
      }),
    }),
    /** Partitions to leave out of the session from now on. */
    forgottenTopicsData: since(
      7,
      array({
        /** Name of the topic. */
        topic: until(12, string()),
        /** Id of the topic, which outlives a deletion and a new topic of the same name (KIP-516). */
        topicId: since(13, uuid()),
        /** Numbers of the partitions. */
        partitions: array(int32()),
      }),
    ),
    /** Rack the consumer runs in, to be sent to a replica near it (KIP-392); empty for none. */
    rackId: since(11, string()),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** Kafka's error number (see error-codes.ts); 0 is success. */
    errorCode: since(7, int16()),
    /** Id of the fetch session; 0 for none (KIP-227). */
    sessionId: since(7, int32()),
    /** What was fetched, topic by topic; within a session only where something is new. */
    responses: array({
      /** Name of the topic. */
      topic: until(12, string()),
      /** Id of the topic, which outlives a deletion and a new topic of the same name (KIP-516). */
      topicId: since(13, uuid()),
      /** What was fetched, partition by partition. */
      partitions: array({
        /** Number of the partition, from 0. */
        partitionIndex: int32(),
        /** Kafka's error number (see error-codes.ts); 0 is success. */
        errorCode: int16(),
        /** Offset up to which all in-sync replicas have the log. */
        highWatermark: int64(),
        /** Offset up to which every transaction is decided; -1 where it is not told (KIP-98). */
        lastStableOffset: int64(-1),
        /** First offset there is in the partition. */
        logStartOffset: since(5, int64(-1)),
        /** Where the follower's log parts from the leader's (KIP-595). */
        divergingEpoch: tagged(
          0,
          12,
          struct({
            /** The last epoch both have. */
            epoch: int32(-1),
            /** Offset behind the last record of the epoch. */
            endOffset: int64(-1),
          }),
        ),
        /** Who leads the partition now, told with an error of the wrong leader (KIP-951). */
        currentLeader: tagged(
          1,
          12,
          struct({
            /** Id of the leader's broker; -1 while there is none. */
            leaderId: int32(-1),
            /** Epoch of the partition's leader; -1 where it is not known. */
            leaderEpoch: int32(-1),
          }),
        ),
        /** The snapshot to fetch instead, as the log no longer goes back so far (KIP-630). */
        snapshotId: tagged(
          2,
          12,
          struct({
            /** Offset behind the snapshot's last record. */
            endOffset: int64(-1),
            /** Epoch of the snapshot's last record. */
            epoch: int32(-1),
          }),
        ),
        /** Aborted transactions among the records; null for all records, aborted ones too. */
        abortedTransactions: nullable(
          array({
            /** Id of the producer, given by InitProducerId (KIP-98). */
            producerId: int64(),
            /** First offset of the aborted transaction. */
            firstOffset: int64(),
          }),
        ),
        /** Broker to fetch from instead; -1 for this one (KIP-392). */
        preferredReadReplica: since(11, int32(-1)),
        /** Record batches, as they are stored. */
        records: records(),
      }),
    }),
    /** Addresses of the leaders named above, so that no new metadata is needed (KIP-951). */
    nodeEndpoints: tagged(
      0,
      16,
      array({
        /** Id of the node. */
        nodeId: int32(),
        /** Name or address to connect to. */
        host: string(),
        /** TCP port to connect to. */
        port: int32(),
        /** Rack the node stands in; null where none is configured. */
        rack: optional(string()),
      }),
    ),
  },
});

// Fetch.

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
    clusterId: tagged(0, 12, optional(string())),
    replicaId: until(14, int32(-1)),
    replicaState: tagged(
      1,
      15,
      struct({
        replicaId: int32(-1),
        replicaEpoch: int64(-1),
      }),
    ),
    maxWaitMs: int32(),
    minBytes: int32(),
    maxBytes: int32(2147483647),
    isolationLevel: int8(),
    sessionId: since(7, int32()),
    sessionEpoch: since(7, int32(-1)),
    topics: array({
      topic: until(12, string()),
      topicId: since(13, uuid()),
      partitions: array({
        partition: int32(),
        currentLeaderEpoch: since(9, int32(-1)),
        fetchOffset: int64(),
        lastFetchedEpoch: since(12, int32(-1)),
        logStartOffset: since(5, int64(-1)),
        partitionMaxBytes: int32(),
        replicaDirectoryId: tagged(0, 17, uuid()),
        highWatermark: tagged(1, 18, bigint64(9223372036854775807n)),
      }),
    }),
    forgottenTopicsData: since(
      7,
      array({
        topic: until(12, string()),
        topicId: since(13, uuid()),
        partitions: array(int32()),
      }),
    ),
    rackId: since(11, string()),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: since(7, int16()),
    sessionId: since(7, int32()),
    responses: array({
      topic: until(12, string()),
      topicId: since(13, uuid()),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        highWatermark: int64(),
        lastStableOffset: int64(-1),
        logStartOffset: since(5, int64(-1)),
        divergingEpoch: tagged(
          0,
          12,
          struct({
            epoch: int32(-1),
            endOffset: int64(-1),
          }),
        ),
        currentLeader: tagged(
          1,
          12,
          struct({
            leaderId: int32(-1),
            leaderEpoch: int32(-1),
          }),
        ),
        snapshotId: tagged(
          2,
          12,
          struct({
            endOffset: int64(-1),
            epoch: int32(-1),
          }),
        ),
        abortedTransactions: nullable(
          array({
            producerId: int64(),
            firstOffset: int64(),
          }),
        ),
        preferredReadReplica: since(11, int32(-1)),
        records: records(),
      }),
    }),
    nodeEndpoints: tagged(
      0,
      16,
      array({
        nodeId: int32(),
        host: string(),
        port: int32(),
        rack: optional(string()),
      }),
    ),
  },
});

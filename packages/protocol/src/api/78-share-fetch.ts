// ShareFetch.

import {
  array,
  boolean,
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
  uuid,
} from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const ShareFetch = api({
  key: 78,
  name: 'ShareFetch',
  versions: [1, 2],
  flexibleFrom: 0,
  request: {
    groupId: optional(string()),
    memberId: nullable(string()),
    shareSessionEpoch: int32(),
    maxWaitMs: int32(),
    minBytes: int32(),
    maxBytes: int32(2147483647),
    maxRecords: int32(),
    batchSize: int32(),
    shareAcquireMode: since(2, int8()),
    isRenewAck: since(2, boolean()),
    topics: array({
      topicId: uuid(),
      partitions: array({
        partitionIndex: int32(),
        acknowledgementBatches: array({
          firstOffset: int64(),
          lastOffset: int64(),
          acknowledgeTypes: array(int8()),
        }),
      }),
    }),
    forgottenTopicsData: array({
      topicId: uuid(),
      partitions: array(int32()),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: optional(string()),
    acquisitionLockTimeoutMs: int32(),
    responses: array({
      topicId: uuid(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: optional(string()),
        acknowledgeErrorCode: int16(),
        acknowledgeErrorMessage: optional(string()),
        currentLeader: struct({
          leaderId: int32(),
          leaderEpoch: int32(),
        }),
        records: records(),
        acquiredRecords: array({
          firstOffset: int64(),
          lastOffset: int64(),
          deliveryCount: int16(),
        }),
      }),
    }),
    nodeEndpoints: array({
      nodeId: int32(),
      host: string(),
      port: int32(),
      rack: optional(string()),
    }),
  },
});

// ShareAcknowledge.

import {
  array,
  boolean,
  int8,
  int16,
  int32,
  int64,
  nullable,
  optional,
  since,
  string,
  struct,
  uuid,
} from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const ShareAcknowledge = api({
  key: 79,
  name: 'ShareAcknowledge',
  versions: [1, 2],
  flexibleFrom: 0,
  request: {
    groupId: optional(string()),
    memberId: nullable(string()),
    shareSessionEpoch: int32(),
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
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: optional(string()),
    acquisitionLockTimeoutMs: since(2, int32()),
    responses: array({
      topicId: uuid(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: optional(string()),
        currentLeader: struct({
          leaderId: int32(),
          leaderEpoch: int32(),
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

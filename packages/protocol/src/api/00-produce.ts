// Produce.

import {
  array,
  int16,
  int32,
  int64,
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

export const Produce = api({
  key: 0,
  name: 'Produce',
  versions: [3, 13],
  flexibleFrom: 9,
  request: {
    transactionalId: optional(string()),
    acks: int16(),
    timeoutMs: int32(),
    topicData: array({
      name: until(12, string()),
      topicId: since(13, uuid()),
      partitionData: array({
        index: int32(),
        records: records(),
      }),
    }),
  },
  response: {
    responses: array({
      name: until(12, string()),
      topicId: since(13, uuid()),
      partitionResponses: array({
        index: int32(),
        errorCode: int16(),
        baseOffset: int64(),
        logAppendTimeMs: int64(-1),
        logStartOffset: since(5, int64(-1)),
        recordErrors: since(
          8,
          array({
            batchIndex: int32(),
            batchIndexErrorMessage: optional(string()),
          }),
        ),
        errorMessage: since(8, optional(string())),
        currentLeader: tagged(
          0,
          10,
          struct({
            leaderId: int32(-1),
            leaderEpoch: int32(-1),
          }),
        ),
      }),
    }),
    throttleTimeMs: int32(),
    nodeEndpoints: tagged(
      0,
      10,
      array({
        nodeId: int32(),
        host: string(),
        port: int32(),
        rack: optional(string()),
      }),
    ),
  },
});

// OffsetCommit.

import {
  array,
  int16,
  int32,
  int64,
  nullable,
  optional,
  since,
  string,
  until,
  uuid,
} from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const OffsetCommit = api({
  key: 8,
  name: 'OffsetCommit',
  versions: [2, 10],
  flexibleFrom: 8,
  request: {
    groupId: string(),
    generationIdOrMemberEpoch: int32(-1),
    memberId: string(),
    groupInstanceId: since(7, optional(string())),
    retentionTimeMs: until(4, int64(-1)),
    topics: array({
      name: until(9, string()),
      topicId: since(10, uuid()),
      partitions: array({
        partitionIndex: int32(),
        committedOffset: int64(),
        committedLeaderEpoch: since(6, int32(-1)),
        committedMetadata: nullable(string()),
      }),
    }),
  },
  response: {
    throttleTimeMs: since(3, int32()),
    topics: array({
      name: until(9, string()),
      topicId: since(10, uuid()),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
      }),
    }),
  },
});

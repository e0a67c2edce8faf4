// OffsetFetch.

import {
  array,
  boolean,
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

export const OffsetFetch = api({
  key: 9,
  name: 'OffsetFetch',
  versions: [1, 10],
  flexibleFrom: 6,
  request: {
    groupId: until(7, string()),
    topics: until(
      7,
      nullable(
        array({
          name: string(),
          partitionIndexes: array(int32()),
        }),
        2,
      ),
    ),
    groups: since(
      8,
      array({
        groupId: string(),
        memberId: since(9, optional(string())),
        memberEpoch: since(9, int32(-1)),
        topics: nullable(
          array({
            name: until(9, string()),
            topicId: since(10, uuid()),
            partitionIndexes: array(int32()),
          }),
        ),
      }),
    ),
    requireStable: since(7, boolean()),
  },
  response: {
    throttleTimeMs: since(3, int32()),
    topics: until(
      7,
      array({
        name: string(),
        partitions: array({
          partitionIndex: int32(),
          committedOffset: int64(),
          committedLeaderEpoch: since(5, int32(-1)),
          metadata: nullable(string()),
          errorCode: int16(),
        }),
      }),
    ),
    errorCode: until(7, since(2, int16())),
    groups: since(
      8,
      array({
        groupId: string(),
        topics: array({
          name: until(9, string()),
          topicId: since(10, uuid()),
          partitions: array({
            partitionIndex: int32(),
            committedOffset: int64(),
            committedLeaderEpoch: int32(-1),
            metadata: nullable(string()),
            errorCode: int16(),
          }),
        }),
        errorCode: int16(),
      }),
    ),
  },
});

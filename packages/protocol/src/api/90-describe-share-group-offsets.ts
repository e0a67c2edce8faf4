// DescribeShareGroupOffsets.

import { array, int16, int32, int64, nullable, optional, since, string, uuid } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const DescribeShareGroupOffsets = api({
  key: 90,
  name: 'DescribeShareGroupOffsets',
  versions: [0, 1],
  flexibleFrom: 0,
  request: {
    groups: array({
      groupId: string(),
      topics: nullable(
        array({
          topicName: string(),
          partitions: array(int32()),
        }),
      ),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    groups: array({
      groupId: string(),
      topics: array({
        topicName: string(),
        topicId: uuid(),
        partitions: array({
          partitionIndex: int32(),
          startOffset: int64(),
          leaderEpoch: int32(),
          lag: since(1, int64(-1)),
          errorCode: int16(),
          errorMessage: optional(string()),
        }),
      }),
      errorCode: int16(),
      errorMessage: optional(string()),
    }),
  },
});

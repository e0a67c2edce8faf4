// DescribeLogDirs.

import { array, boolean, int16, int32, int64, nullable, since, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const DescribeLogDirs = api({
  key: 35,
  name: 'DescribeLogDirs',
  versions: [1, 5],
  flexibleFrom: 2,
  request: {
    topics: nullable(
      array({
        topic: string(),
        partitions: array(int32()),
      }),
    ),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: since(3, int16()),
    results: array({
      errorCode: int16(),
      logDir: string(),
      topics: array({
        name: string(),
        partitions: array({
          partitionIndex: int32(),
          partitionSize: int64(),
          offsetLag: int64(),
          isFutureKey: boolean(),
        }),
      }),
      totalBytes: since(4, int64(-1)),
      usableBytes: since(4, int64(-1)),
      isCordoned: since(5, boolean()),
    }),
  },
});

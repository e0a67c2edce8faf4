// CreatePartitions.

import { array, boolean, int16, int32, nullable, optional, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const CreatePartitions = api({
  key: 37,
  name: 'CreatePartitions',
  versions: [0, 3],
  flexibleFrom: 2,
  request: {
    topics: array({
      name: string(),
      count: int32(),
      assignments: nullable(
        array({
          brokerIds: array(int32()),
        }),
      ),
    }),
    timeoutMs: int32(),
    validateOnly: boolean(),
  },
  response: {
    throttleTimeMs: int32(),
    results: array({
      name: string(),
      errorCode: int16(),
      errorMessage: optional(string()),
    }),
  },
});

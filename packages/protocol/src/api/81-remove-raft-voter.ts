// RemoveRaftVoter.

import { int16, int32, nullable, string, uuid } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const RemoveRaftVoter = api({
  key: 81,
  name: 'RemoveRaftVoter',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    clusterId: nullable(string()),
    voterId: int32(),
    voterDirectoryId: uuid(),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string()),
  },
});

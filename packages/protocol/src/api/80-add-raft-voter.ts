// AddRaftVoter.

import { array, boolean, int16, int32, nullable, since, string, uint16, uuid } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const AddRaftVoter = api({
  key: 80,
  name: 'AddRaftVoter',
  versions: [0, 1],
  flexibleFrom: 0,
  request: {
    clusterId: nullable(string()),
    timeoutMs: int32(),
    voterId: int32(),
    voterDirectoryId: uuid(),
    listeners: array({
      name: string(),
      host: string(),
      port: uint16(),
    }),
    ackWhenCommitted: since(1, boolean(true)),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string()),
  },
});

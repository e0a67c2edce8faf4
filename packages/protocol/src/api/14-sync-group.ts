// SyncGroup.

import { array, bytes, int16, int32, optional, since, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const SyncGroup = api({
  key: 14,
  name: 'SyncGroup',
  versions: [0, 5],
  flexibleFrom: 4,
  request: {
    groupId: string(),
    generationId: int32(),
    memberId: string(),
    groupInstanceId: since(3, optional(string())),
    protocolType: since(5, optional(string())),
    protocolName: since(5, optional(string())),
    assignments: array({
      memberId: string(),
      assignment: bytes(),
    }),
  },
  response: {
    throttleTimeMs: since(1, int32()),
    errorCode: int16(),
    protocolType: since(5, optional(string())),
    protocolName: since(5, optional(string())),
    assignment: bytes(),
  },
});

// JoinGroup.

import { array, boolean, bytes, int16, int32, nullable, optional, since, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const JoinGroup = api({
  key: 11,
  name: 'JoinGroup',
  versions: [0, 9],
  flexibleFrom: 6,
  request: {
    groupId: string(),
    sessionTimeoutMs: int32(),
    rebalanceTimeoutMs: since(1, int32(-1)),
    memberId: string(),
    groupInstanceId: since(5, optional(string())),
    protocolType: string(),
    protocols: array({
      name: string(),
      metadata: bytes(),
    }),
    reason: since(8, optional(string())),
  },
  response: {
    throttleTimeMs: since(2, int32()),
    errorCode: int16(),
    generationId: int32(-1),
    protocolType: since(7, optional(string())),
    protocolName: nullable(string(), 7),
    leader: string(),
    skipAssignment: since(9, boolean()),
    memberId: string(),
    members: array({
      memberId: string(),
      groupInstanceId: since(5, optional(string())),
      metadata: bytes(),
    }),
  },
});

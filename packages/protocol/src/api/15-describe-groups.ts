// DescribeGroups.

import { array, boolean, bytes, int16, int32, optional, since, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const DescribeGroups = api({
  key: 15,
  name: 'DescribeGroups',
  versions: [0, 6],
  flexibleFrom: 5,
  request: {
    groups: array(string()),
    includeAuthorizedOperations: since(3, boolean()),
  },
  response: {
    throttleTimeMs: since(1, int32()),
    groups: array({
      errorCode: int16(),
      errorMessage: since(6, optional(string())),
      groupId: string(),
      groupState: string(),
      protocolType: string(),
      protocolData: string(),
      members: array({
        memberId: string(),
        groupInstanceId: since(4, optional(string())),
        clientId: string(),
        clientHost: string(),
        memberMetadata: bytes(),
        memberAssignment: bytes(),
      }),
      authorizedOperations: since(3, int32(-2147483648)),
    }),
  },
});

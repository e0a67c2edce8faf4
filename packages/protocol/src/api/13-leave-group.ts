// LeaveGroup.

import { array, int16, int32, nullable, optional, since, string, until } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const LeaveGroup = api({
  key: 13,
  name: 'LeaveGroup',
  versions: [0, 5],
  flexibleFrom: 4,
  request: {
    groupId: string(),
    memberId: until(2, string()),
    members: since(
      3,
      array({
        memberId: string(),
        groupInstanceId: optional(string()),
        reason: since(5, optional(string())),
      }),
    ),
  },
  response: {
    throttleTimeMs: since(1, int32()),
    errorCode: int16(),
    members: since(
      3,
      array({
        memberId: string(),
        groupInstanceId: nullable(string()),
        errorCode: int16(),
      }),
    ),
  },
});

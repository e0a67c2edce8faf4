// DeleteGroups.

import { array, int16, int32, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const DeleteGroups = api({
  key: 42,
  name: 'DeleteGroups',
  versions: [0, 2],
  flexibleFrom: 2,
  request: {
    groupsNames: array(string()),
  },
  response: {
    throttleTimeMs: int32(),
    results: array({
      groupId: string(),
      errorCode: int16(),
    }),
  },
});

// Deletes groups that have no members, with their offsets (KIP-229). Version notes: v2 is flexible; nothing else
// changed.

import { array, int16, int32, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const DeleteGroups = api({
  key: 42,
  name: 'DeleteGroups',
  versions: [0, 2],
  flexibleFrom: 2,
  request: {
    /** Ids of the groups to delete; they must be empty. */
    groupsNames: array(string()),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** The outcome, group by group. */
    results: array({
      /** Id of the group. */
      groupId: string(),
      /** Kafka's error number (see error-codes.ts); 0 is success. */
      errorCode: int16(),
    }),
  },
});

// Takes members out of a classic group before their session times out. Version notes: v3 takes several members at
// once, also static ones (KIP-345), v5 a reason (KIP-800).

import { array, int16, int32, nullable, optional, since, string, until } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const LeaveGroup = api({
  key: 13,
  name: 'LeaveGroup',
  versions: [0, 5],
  flexibleFrom: 4,
  request: {
    /** Id of the group. */
    groupId: string(),
    /** Id of the member that leaves, in versions that name one. */
    memberId: until(2, string()),
    /** The members that leave. */
    members: since(
      3,
      array({
        /** Id of the member; empty where it is named by its instance id. */
        memberId: string(),
        /** The name a static member keeps over restarts (KIP-345); null for a dynamic one. */
        groupInstanceId: optional(string()),
        /** Why it leaves, for logs (KIP-800); null for none. */
        reason: since(5, optional(string())),
      }),
    ),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: since(1, int32()),
    /** Kafka's error number (see error-codes.ts); 0 is success. */
    errorCode: int16(),
    /** The outcome, member by member. */
    members: since(
      3,
      array({
        /** Id of the group member. */
        memberId: string(),
        /** The name a static member keeps over restarts (KIP-345); null for a dynamic one. */
        groupInstanceId: nullable(string()),
        /** Kafka's error number (see error-codes.ts); 0 is success. */
        errorCode: int16(),
      }),
    ),
  },
});

// Keeps a member of a classic group alive, and tells it when to join again. Version notes: v3 has static members
// (KIP-345).

import { int16, int32, optional, since, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const Heartbeat = api({
  key: 12,
  name: 'Heartbeat',
  versions: [0, 4],
  flexibleFrom: 4,
  request: {
    /** Id of the group. */
    groupId: string(),
    /** Generation of the group, which grows with each rebalance. */
    generationId: int32(),
    /** Id of the group member. */
    memberId: string(),
    /** The name a static member keeps over restarts (KIP-345); null for a dynamic one. */
    groupInstanceId: since(3, optional(string())),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: since(1, int32()),
    /** Kafka's error number (see error-codes.ts); 0 is success. */
    errorCode: int16(),
  },
});

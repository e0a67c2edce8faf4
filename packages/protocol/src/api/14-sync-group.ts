// Hands the leader's assignment to the coordinator, and each member its share. Version notes: v3 has static members
// (KIP-345), v5 checks the protocol (KIP-559).

import { array, bytes, int16, int32, optional, since, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const SyncGroup = api({
  key: 14,
  name: 'SyncGroup',
  versions: [0, 5],
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
    /** Class of group protocols: "consumer" for consumers, "connect" for Connect workers. */
    protocolType: since(5, optional(string())),
    /** The protocol that all members agreed on, such as "range". */
    protocolName: since(5, optional(string())),
    /** What each member gets, from the leader; none from others. */
    assignments: array({
      /** Id of the group member. */
      memberId: string(),
      /** The member's share, in the format of the protocol. */
      assignment: bytes(),
    }),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: since(1, int32()),
    /** Kafka's error number (see error-codes.ts); 0 is success. */
    errorCode: int16(),
    /** Class of group protocols: "consumer" for consumers, "connect" for Connect workers. */
    protocolType: since(5, optional(string())),
    /** The protocol that all members agreed on, such as "range". */
    protocolName: since(5, optional(string())),
    /** The member's share, in the format of the protocol. */
    assignment: bytes(),
  },
});

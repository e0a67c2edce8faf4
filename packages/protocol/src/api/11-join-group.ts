// Makes a client a member of a classic group, and answers when all members have joined. Version notes: v1 has a
// rebalance timeout (KIP-62), v4 makes a new member join twice, with the id it got (KIP-394), v5 has static members
// (KIP-345), v7 tells the protocol type (KIP-559), v8 has a reason (KIP-800), v9 may spare the leader its work
// (KIP-814).

import { array, boolean, bytes, int16, int32, nullable, optional, since, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const JoinGroup = api({
  key: 11,
  name: 'JoinGroup',
  versions: [0, 9],
  flexibleFrom: 6,
  request: {
    /** Id of the group. */
    groupId: string(),
    /** How long the member may be silent before it is taken for dead, ms. */
    sessionTimeoutMs: int32(),
    /** How long the member may take to give partitions back or to join again, ms. */
    rebalanceTimeoutMs: since(1, int32(-1)),
    /** Id of the member; empty to be given one (KIP-394). */
    memberId: string(),
    /** The name a static member keeps over restarts (KIP-345); null for a dynamic one. */
    groupInstanceId: since(5, optional(string())),
    /** Class of group protocols: "consumer" for consumers, "connect" for Connect workers. */
    protocolType: string(),
    /** Protocols the member can use, the preferred first. */
    protocols: array({
      /** Name of the protocol, such as "range". */
      name: string(),
      /** What the member told about itself, in the format of its protocol. */
      metadata: bytes(),
    }),
    /** Why the member joins again, for logs (KIP-800); null for none. */
    reason: since(8, optional(string())),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: since(2, int32()),
    /** Kafka's error number (see error-codes.ts); 0 is success. */
    errorCode: int16(),
    /** Generation of the group, which grows with each rebalance. */
    generationId: int32(-1),
    /** Class of group protocols: "consumer" for consumers, "connect" for Connect workers. */
    protocolType: since(7, optional(string())),
    /** The protocol that all members agreed on, such as "range". */
    protocolName: nullable(string(), 7),
    /** Member id of the leader, who assigns the partitions. */
    leader: string(),
    /** Whether the leader shall assign nothing, as the assignment stays (KIP-814). */
    skipAssignment: since(9, boolean()),
    /** Id of the group member. */
    memberId: string(),
    /** All members, told to the leader only. */
    members: array({
      /** Id of the group member. */
      memberId: string(),
      /** The name a static member keeps over restarts (KIP-345); null for a dynamic one. */
      groupInstanceId: since(5, optional(string())),
      /** What the member told about itself, in the format of its protocol. */
      metadata: bytes(),
    }),
  },
});

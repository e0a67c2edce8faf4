// Tells of classic groups: state, protocol, members and their assignment. Version notes: v3 tells what the caller
// may do (KIP-430), v4 has static members (KIP-345), v6 an error of its own for a group that is not there
// (KIP-1043).

import { array, boolean, bytes, int16, int32, optional, since, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const DescribeGroups = api({
  key: 15,
  name: 'DescribeGroups',
  versions: [0, 6],
  flexibleFrom: 5,
  request: {
    /** Ids of the groups. */
    groups: array(string()),
    /** Whether to say what the caller may do with each group (KIP-430). */
    includeAuthorizedOperations: since(3, boolean()),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: since(1, int32()),
    /** The outcome, group by group. */
    groups: array({
      /** Kafka's error number (see error-codes.ts); 0 is success. */
      errorCode: int16(),
      /** What went wrong, for people; null where nothing did or no more can be said. */
      errorMessage: since(6, optional(string())),
      /** Id of the group. */
      groupId: string(),
      /** State of the group by name, such as "Stable"; empty where it could not be described. */
      groupState: string(),
      /** Class of group protocols; empty where there is no such group. */
      protocolType: string(),
      /** The protocol in use; empty where the group is not stable. */
      protocolData: string(),
      /** The group's members. */
      members: array({
        /** Id of the group member. */
        memberId: string(),
        /** The name a static member keeps over restarts (KIP-345); null for a dynamic one. */
        groupInstanceId: since(4, optional(string())),
        /** The client.id the member connects with. */
        clientId: string(),
        /** Address the member connects from. */
        clientHost: string(),
        /** What the member said of itself for the protocol in use. */
        memberMetadata: bytes(),
        /** What the leader assigned to the member, in the format of the protocol. */
        memberAssignment: bytes(),
      }),
      /** What the caller may do with the group, a bit per operation; -2147483648 where it was not asked for. */
      authorizedOperations: since(3, int32(-2147483648)),
    }),
  },
});

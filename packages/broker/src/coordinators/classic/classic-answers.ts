// What members of a classic group are told.

import { ErrorCode } from '@klamm/protocol/error-codes';
import { type ClassicMember, type JoinResponse, metadataFor, type SyncResponse } from './classic-member.ts';
import type { ClassicStanding } from './classic-standing.ts';

/** The generation a member has joined; the leader hears of all members, as it assigns. */
export function joinAnswer(
  { generation, protocol, protocolType, members }: ClassicStanding,
  member: ClassicMember,
  withMembers: boolean,
): JoinResponse {
  return {
    errorCode: ErrorCode.NONE,
    generationId: generation,
    protocolType,
    protocolName: protocol,
    leader: members.leader ?? '',
    memberId: member.memberId,
    members: withMembers
      ? Array.from(members, (each) => ({
          memberId: each.memberId,
          groupInstanceId: each.groupInstanceId,
          metadata: metadataFor(each, protocol),
        }))
      : [],
  };
}

/** A member's share. */
export function syncAnswer(
  { protocol, protocolType }: ClassicStanding,
  { assignment }: ClassicMember,
): SyncResponse {
  return { errorCode: ErrorCode.NONE, protocolType, protocolName: protocol, assignment };
}

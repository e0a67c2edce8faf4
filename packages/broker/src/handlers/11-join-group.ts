// JoinGroup v0 to v9. Behavior: answered when the group's members have joined, or it is clear that this one cannot.
// Version notes: from v4 on a new member is given an id first and joins again with it (KIP-394), unless it is static;
// v5 has static members (KIP-345); from v9 on a leader may be spared the assignment (KIP-814).

import { JoinGroup } from '@klamm/protocol/api/11-join-group';
import { ErrorCode } from '@klamm/protocol/error-codes';
import type { JoinResponse } from '../coordinators/classic/classic-member.ts';
import { authorized } from '../dispatch/authorized.ts';
import { defineHandler } from '../dispatch/handler.ts';
import { AclResource, Operation } from '../metadata/acl.ts';
import { callerOf } from './group-requests.ts';

const REQUIRE_KNOWN_MEMBER_SINCE = 4;
const SKIPPED_ASSIGNMENT_SINCE = 9;

export const joinGroup = defineHandler(JoinGroup, {
  handle(context, request) {
    const { broker, apiVersion } = context;
    const refused = (errorCode: number) => ({
      errorCode,
      memberId: request.memberId,
      protocolName: apiVersion >= 7 ? null : '',
    });
    if (!authorized(context, Operation.read, AclResource.group, request.groupId))
      return refused(ErrorCode.GROUP_AUTHORIZATION_FAILED);
    if (request.groupId === '') return refused(ErrorCode.INVALID_GROUP_ID);
    const joiner = {
      ...callerOf(context),
      mustKnowItsId: apiVersion >= REQUIRE_KNOWN_MEMBER_SINCE && request.groupInstanceId === null,
      maySkipAssignment: apiVersion >= SKIPPED_ASSIGNMENT_SINCE,
    };
    return broker.groups.call<JoinResponse>(
      request.groupId,
      (shard, respond, now) => shard.join(request, joiner, respond, now),
      refused,
    );
  },
  onError: ({ memberId }, errorCode) => ({ errorCode, memberId, protocolName: '' }),
});

// LeaveGroup v0 to v5. Behavior: before v3 one member leaves, later ones may name several, static ones by their
// instance id (KIP-345), each with an outcome of its own.

import { LeaveGroup } from '@klamm/protocol/api/13-leave-group';
import { ErrorCode } from '@klamm/protocol/error-codes';
import type { LeaveResponse } from '../coordinators/group-requests.ts';
import { authorized } from '../dispatch/authorized.ts';
import { defineHandler } from '../dispatch/handler.ts';
import { AclResource, Operation } from '../metadata/acl.ts';

const MANY_SINCE = 3;

export const leaveGroup = defineHandler(LeaveGroup, {
  async handle(context, request) {
    const { broker, apiVersion } = context;
    const refused = (errorCode: number): LeaveResponse => ({ errorCode, members: [] });
    if (!authorized(context, Operation.read, AclResource.group, request.groupId))
      return refused(ErrorCode.GROUP_AUTHORIZATION_FAILED);
    if (request.groupId === '') return refused(ErrorCode.INVALID_GROUP_ID);
    const members =
      apiVersion >= MANY_SINCE
        ? request.members
        : [{ memberId: request.memberId, groupInstanceId: null, reason: null }];
    const answer = await broker.groups.call<LeaveResponse>(
      request.groupId,
      (shard, respond, now) => shard.leave({ ...request, members }, respond, now),
      refused,
    );
    if (apiVersion >= MANY_SINCE) return answer;
    const [only] = answer.members ?? [];
    return { errorCode: answer.errorCode || (only?.errorCode ?? ErrorCode.NONE) };
  },
  onError: (_request, errorCode) => ({ errorCode }),
});

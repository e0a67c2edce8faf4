// DeleteGroups v0 to v2. Behavior: a group without members goes, with its offsets; one with members is refused.

import { DeleteGroups } from '@klamm/protocol/api/42-delete-groups';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { authorized } from '../dispatch/authorized.ts';
import { defineHandler } from '../dispatch/handler.ts';
import { AclResource, Operation } from '../metadata/acl.ts';

export const deleteGroups = defineHandler(DeleteGroups, {
  async handle(context, request) {
    const remove = async (groupId: string): Promise<{ groupId: string; errorCode: number }> => {
      if (!authorized(context, Operation.delete, AclResource.group, groupId))
        return { groupId, errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED };
      const errorCode =
        groupId === ''
          ? ErrorCode.INVALID_GROUP_ID
          : await context.broker.groups.call<number>(
              groupId,
              (shard, respond) => shard.deleteGroup(groupId, respond),
              (refused) => refused,
            );
      return { groupId, errorCode };
    };
    return { results: await Promise.all([...new Set(request.groupsNames)].map(remove)) };
  },
  onError: ({ groupsNames }, errorCode) => ({
    results: groupsNames.map((groupId) => ({ groupId, errorCode })),
  }),
});

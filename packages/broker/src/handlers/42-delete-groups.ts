// DeleteGroups v0 to v2. Behavior: a group without members goes, with its offsets; one with members is refused.

import { DeleteGroups } from '@klamm/protocol/api/42-delete-groups';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { defineHandler } from '../dispatch/handler.ts';

export const deleteGroups = defineHandler(DeleteGroups, {
  async handle({ broker }, request) {
    const remove = async (groupId: string): Promise<{ groupId: string; errorCode: number }> => {
      const errorCode =
        groupId === ''
          ? ErrorCode.INVALID_GROUP_ID
          : await broker.groups.call<number>(
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

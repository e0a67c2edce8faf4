// ConsumerGroupDescribe v0 and v1 (KIP-848). Behavior: a group that is not there, or is a classic one, is
// GROUP_ID_NOT_FOUND.

import { ConsumerGroupDescribe } from '@klamm/protocol/api/69-consumer-group-describe';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { defineHandler } from '../dispatch/handler.ts';
import { GROUP_OPERATIONS } from './authorized-operations.ts';

const NOTHING = { groupState: '', groupEpoch: 0, assignmentEpoch: 0, assignorName: '', members: [] };

export const consumerGroupDescribe = defineHandler(ConsumerGroupDescribe, {
  async handle({ broker }, request) {
    const operations = request.includeAuthorizedOperations ? { authorizedOperations: GROUP_OPERATIONS } : {};
    const describe = async (groupId: string): Promise<object> => {
      if (groupId === '') return { groupId, errorCode: ErrorCode.INVALID_GROUP_ID, ...NOTHING };
      const shard = await broker.groups.shardOf(groupId);
      if (typeof shard === 'number') return { groupId, errorCode: shard, ...NOTHING };
      const group = shard?.describeConsumer(groupId);
      if (group !== undefined) {
        return { errorCode: ErrorCode.NONE, errorMessage: null, ...group, ...operations };
      }
      const type = shard?.typeOf(groupId);
      const errorMessage =
        type === undefined
          ? `There is no group "${groupId}".`
          : `The group "${groupId}" is a ${type} group, not a consumer group.`;
      return { groupId, errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage, ...NOTHING };
    };
    return { groups: await Promise.all(request.groupIds.map(describe)) };
  },
  onError: ({ groupIds }, errorCode, errorMessage) => ({
    groups: groupIds.map((groupId) => ({ groupId, errorCode, errorMessage, ...NOTHING })),
  }),
});

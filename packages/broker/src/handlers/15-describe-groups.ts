// DescribeGroups v0 to v6. Behavior: tells of classic groups. One that is not there is "Dead" without an error before
// v6, and GROUP_ID_NOT_FOUND from then on (KIP-1043); a group of another type is described by another request.

import { DescribeGroups } from '@klamm/protocol/api/15-describe-groups';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { authorized } from '../dispatch/authorized.ts';
import { defineHandler } from '../dispatch/handler.ts';
import { AclResource, Operation } from '../metadata/acl.ts';
import { groupOperations } from './authorized-operations.ts';

const NOT_FOUND_SINCE = 6;

export const describeGroups = defineHandler(DescribeGroups, {
  async handle(context, request) {
    const { broker, apiVersion } = context;
    const none = { groupState: '', protocolType: '', protocolData: '', members: [] };
    const describe = async (groupId: string): Promise<object> => {
      if (!authorized(context, Operation.describe, AclResource.group, groupId))
        return { groupId, errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED, ...none };
      if (groupId === '') return { groupId, errorCode: ErrorCode.INVALID_GROUP_ID, ...none };
      const shard = await broker.groups.shardOf(groupId);
      if (typeof shard === 'number') return { groupId, errorCode: shard, ...none };
      const group = shard?.describeClassic(groupId);
      const operations = request.includeAuthorizedOperations
        ? { authorizedOperations: groupOperations(context, groupId) }
        : {};
      if (group !== undefined) return { errorCode: ErrorCode.NONE, groupId, ...group, ...operations };
      const dead = { groupId, ...none, groupState: 'Dead' };
      if (apiVersion < NOT_FOUND_SINCE) return { errorCode: ErrorCode.NONE, ...dead, ...operations };
      const type = shard?.typeOf(groupId);
      const errorMessage =
        type === undefined
          ? `There is no group "${groupId}".`
          : `The group "${groupId}" is a ${type} group, not a classic one.`;
      return { errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage, ...dead };
    };
    return { groups: await Promise.all(request.groups.map(describe)) };
  },
  onError: ({ groups }, errorCode) => ({
    groups: groups.map((groupId) => ({
      errorCode,
      groupId,
      groupState: '',
      protocolType: '',
      protocolData: '',
      members: [],
    })),
  }),
});

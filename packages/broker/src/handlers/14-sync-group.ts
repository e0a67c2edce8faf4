// SyncGroup v0 to v5. Behavior: answered when the leader's assignment is durable. Version notes: v3 has static members
// (KIP-345), v5 checks that member and group mean the same protocol (KIP-559).

import { SyncGroup } from '@klamm/protocol/api/14-sync-group';
import { ErrorCode } from '@klamm/protocol/error-codes';
import type { SyncResponse } from '../coordinators/classic/classic-member.ts';
import { authorized } from '../dispatch/authorized.ts';
import { defineHandler } from '../dispatch/handler.ts';
import { AclResource, Operation } from '../metadata/acl.ts';

const PROTOCOL_SINCE = 5;
const NO_ASSIGNMENT = Buffer.alloc(0);

export const syncGroup = defineHandler(SyncGroup, {
  handle(context, request) {
    const { broker, apiVersion } = context;
    const refused = (errorCode: number) => ({ errorCode, assignment: NO_ASSIGNMENT });
    if (!authorized(context, Operation.read, AclResource.group, request.groupId))
      return refused(ErrorCode.GROUP_AUTHORIZATION_FAILED);
    if (request.groupId === '') return refused(ErrorCode.INVALID_GROUP_ID);
    if (apiVersion >= PROTOCOL_SINCE && (request.protocolType === null || request.protocolName === null)) {
      return refused(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
    }
    return broker.groups.call<SyncResponse>(
      request.groupId,
      (shard, respond, now) => shard.sync(request, respond, now),
      refused,
    );
  },
  onError: (_request, errorCode) => ({ errorCode, assignment: NO_ASSIGNMENT }),
});

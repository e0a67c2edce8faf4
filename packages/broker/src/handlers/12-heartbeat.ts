// Heartbeat v0 to v4. Behavior: REBALANCE_IN_PROGRESS tells the member to join again. Klamm's own client, which sends
// heartbeats over a connection of their own, is answered when there is news; others, some of which process no record
// before the answer, at once. v3 has static members (KIP-345).

import { Heartbeat } from '@klamm/protocol/api/12-heartbeat';
import { ErrorCode } from '@klamm/protocol/error-codes';
import type { HeartbeatResponse } from '../coordinators/group-requests.ts';
import { authorized } from '../dispatch/authorized.ts';
import { defineHandler } from '../dispatch/handler.ts';
import { AclResource, Operation } from '../metadata/acl.ts';

/** Its clientSoftwareName in ApiVersions (KIP-511). */
const PATIENT_CLIENT = 'klamm';

export const heartbeat = defineHandler(Heartbeat, {
  handle(context, request) {
    const { broker, connection } = context;
    const refused = (errorCode: number) => ({ errorCode });
    if (!authorized(context, Operation.read, AclResource.group, request.groupId))
      return refused(ErrorCode.GROUP_AUTHORIZATION_FAILED);
    if (request.groupId === '') return refused(ErrorCode.INVALID_GROUP_ID);
    const { groupId, memberId } = request;
    const mayWait = connection.softwareName === PATIENT_CLIENT;
    if (mayWait) connection.onNextRequest(() => broker.groups.releaseHeartbeat(groupId, memberId));
    return broker.groups.call<HeartbeatResponse>(
      groupId,
      (shard, respond, now) => shard.heartbeat(request, respond, mayWait, now),
      refused,
    );
  },
  onError: (_request, errorCode) => ({ errorCode }),
});

// Heartbeat v0 to v4. Behavior: REBALANCE_IN_PROGRESS tells the member to join again. v3 has static members (KIP-345).

import { Heartbeat } from '@klamm/protocol/api/12-heartbeat';
import { ErrorCode } from '@klamm/protocol/error-codes';
import type { HeartbeatResponse } from '../coordinators/group-requests.ts';
import { defineHandler } from '../dispatch/handler.ts';

export const heartbeat = defineHandler(Heartbeat, {
  handle({ broker }, request) {
    const refused = (errorCode: number) => ({ errorCode });
    if (request.groupId === '') return refused(ErrorCode.INVALID_GROUP_ID);
    return broker.groups.call<HeartbeatResponse>(
      request.groupId,
      (shard, respond, now) => shard.heartbeat(request, respond, now),
      refused,
    );
  },
  onError: (_request, errorCode) => ({ errorCode }),
});

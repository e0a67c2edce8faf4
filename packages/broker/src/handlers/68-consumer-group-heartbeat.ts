// ConsumerGroupHeartbeat v0 and v1 (KIP-848). Behavior: answered when there is news for the member, or its interval is
// over, so that an assignment moves in a round trip; as answers go out in order, it is also answered when its
// connection asks for something else. v1 has patterns, and lets members choose their own ids (KIP-1082).

import { ConsumerGroupHeartbeat } from '@klamm/protocol/api/68-consumer-group-heartbeat';
import { defineHandler } from '../dispatch/handler.ts';
import { callerOf } from './group-requests.ts';

export const consumerGroupHeartbeat = defineHandler(ConsumerGroupHeartbeat, {
  handle(context, request) {
    const caller = { ...callerOf(context), apiVersion: context.apiVersion };
    const { broker, connection } = context;
    const { groupId, memberId } = request;
    connection.onNextRequest(() => broker.groups.releaseHeartbeat(groupId, memberId));
    return broker.groups.call(
      groupId,
      (shard, respond, now) => shard.consumerHeartbeat(request, caller, respond, true, now),
      (errorCode) => ({ errorCode, errorMessage: null }),
    );
  },
  onError: (_request, errorCode, errorMessage) => ({ errorCode, errorMessage }),
});

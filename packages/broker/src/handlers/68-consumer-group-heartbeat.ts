// ConsumerGroupHeartbeat v0 and v1 (KIP-848). Behavior: see coordinators/consumer. v1 has patterns, and lets members
// choose their own ids (KIP-1082).

import { ConsumerGroupHeartbeat } from '@klamm/protocol/api/68-consumer-group-heartbeat';
import { defineHandler } from '../dispatch/handler.ts';
import { callerOf } from './group-requests.ts';

export const consumerGroupHeartbeat = defineHandler(ConsumerGroupHeartbeat, {
  handle(context, request) {
    const caller = { ...callerOf(context), apiVersion: context.apiVersion };
    return context.broker.groups.call(
      request.groupId,
      (shard, respond, now) => shard.consumerHeartbeat(request, caller, respond, now),
      (errorCode) => ({ errorCode, errorMessage: null }),
    );
  },
  onError: (_request, errorCode, errorMessage) => ({ errorCode, errorMessage }),
});

// ConsumerGroupHeartbeat v0 and v1 (KIP-848). Behavior: answered when there is news for the member, or its interval is
// over, so that an assignment moves in a round trip; as answers go out in order, it is also answered when its
// connection asks for something else. v1 has patterns, and lets members choose their own ids (KIP-1082).

import { ConsumerGroupHeartbeat } from '@klamm/protocol/api/68-consumer-group-heartbeat';
import { ErrorCode, errorMeaning } from '@klamm/protocol/error-codes';
import { authorized } from '../dispatch/authorized.ts';
import { defineHandler } from '../dispatch/handler.ts';
import { AclResource, Operation } from '../metadata/acl.ts';
import { callerOf, hasConsumerProtocol } from './group-requests.ts';

export const consumerGroupHeartbeat = defineHandler(ConsumerGroupHeartbeat, {
  handle(context, request) {
    if (!hasConsumerProtocol(context)) return refused(ErrorCode.UNSUPPORTED_VERSION);
    const caller = { ...callerOf(context), apiVersion: context.apiVersion };
    const { broker, connection } = context;
    const { groupId, memberId, subscribedTopicNames } = request;
    if (!authorized(context, Operation.read, AclResource.group, groupId))
      return refused(ErrorCode.GROUP_AUTHORIZATION_FAILED);
    const mayDescribe = (topic: string): boolean =>
      authorized(context, Operation.describe, AclResource.topic, topic);
    if (!(subscribedTopicNames ?? []).every(mayDescribe))
      return refused(ErrorCode.TOPIC_AUTHORIZATION_FAILED);
    connection.onNextRequest(() => broker.groups.releaseHeartbeat(groupId, memberId));
    return broker.groups.call(
      groupId,
      (shard, respond, now) => shard.consumerHeartbeat(request, caller, respond, true, now),
      (errorCode) => ({ errorCode, errorMessage: null }),
    );
  },
  onError: (_request, errorCode, errorMessage) => ({ errorCode, errorMessage }),
});

function refused(errorCode: number) {
  return { errorCode, errorMessage: errorMeaning(errorCode) };
}

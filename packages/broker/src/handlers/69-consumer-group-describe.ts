// ConsumerGroupDescribe v0 and v1 (KIP-848). Behavior: a group that is not there, or is a classic one, is
// GROUP_ID_NOT_FOUND.

import { ConsumerGroupDescribe } from '@klamm/protocol/api/69-consumer-group-describe';
import { ErrorCode, errorMeaning } from '@klamm/protocol/error-codes';
import type { DescribedGroup } from '../coordinators/consumer/consumer-description.ts';
import { authorized } from '../dispatch/authorized.ts';
import { defineHandler } from '../dispatch/handler.ts';
import { AclResource, Operation } from '../metadata/acl.ts';
import { groupOperations } from './authorized-operations.ts';
import { hasConsumerProtocol } from './group-requests.ts';

const NOTHING = { groupState: '', groupEpoch: 0, assignmentEpoch: 0, assignorName: '', members: [] };

/** What becomes of a group with members that read what the client may not describe. */
const HIDDEN = {
  errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED,
  errorMessage: 'The group reads topics that you may not describe.',
  members: [],
};

export const consumerGroupDescribe = defineHandler(ConsumerGroupDescribe, {
  async handle(context, request) {
    const { broker } = context;
    if (!hasConsumerProtocol(context)) return { groups: request.groupIds.map(unsupported) };
    const describe = async (groupId: string): Promise<object> => {
      if (!authorized(context, Operation.describe, AclResource.group, groupId))
        return { groupId, errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED, ...NOTHING };
      if (groupId === '') return { groupId, errorCode: ErrorCode.INVALID_GROUP_ID, ...NOTHING };
      const shard = await broker.groups.shardOf(groupId);
      if (typeof shard === 'number') return { groupId, errorCode: shard, ...NOTHING };
      const group = shard?.describeConsumer(groupId);
      if (group !== undefined) {
        const isSeen = [...topicsOf(group)].every((topic) =>
          authorized(context, Operation.describe, AclResource.topic, topic),
        );
        const operations = request.includeAuthorizedOperations
          ? { authorizedOperations: groupOperations(context, groupId) }
          : {};
        return isSeen
          ? { errorCode: ErrorCode.NONE, errorMessage: null, ...group, ...operations }
          : { ...group, ...HIDDEN };
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

const unsupported = (groupId: string) => ({
  groupId,
  errorCode: ErrorCode.UNSUPPORTED_VERSION,
  errorMessage: errorMeaning(ErrorCode.UNSUPPORTED_VERSION),
  ...NOTHING,
});

function topicsOf({ members }: DescribedGroup): Set<string> {
  return new Set(
    (members ?? []).flatMap(({ assignment, targetAssignment }) =>
      [assignment, targetAssignment].flatMap((each) =>
        (each?.topicPartitions ?? []).map(({ topicName }) => topicName ?? ''),
      ),
    ),
  );
}

// ShareGroupDescribe.

import { array, boolean, int16, int32, optional, string, struct, uuid } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

const topicPartitions = {
  topicId: uuid(),
  topicName: string(),
  partitions: array(int32()),
};

const assignment = {
  topicPartitions: array(topicPartitions),
};

export const ShareGroupDescribe = api({
  key: 77,
  name: 'ShareGroupDescribe',
  versions: [1, 1],
  flexibleFrom: 0,
  request: {
    groupIds: array(string()),
    includeAuthorizedOperations: boolean(),
  },
  response: {
    throttleTimeMs: int32(),
    groups: array({
      errorCode: int16(),
      errorMessage: optional(string()),
      groupId: string(),
      groupState: string(),
      groupEpoch: int32(),
      assignmentEpoch: int32(),
      assignorName: string(),
      members: array({
        memberId: string(),
        rackId: optional(string()),
        memberEpoch: int32(),
        clientId: string(),
        clientHost: string(),
        subscribedTopicNames: array(string()),
        assignment: struct(assignment),
      }),
      authorizedOperations: int32(-2147483648),
    }),
  },
});

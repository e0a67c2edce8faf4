// ConsumerGroupDescribe.

import {
  array,
  boolean,
  int8,
  int16,
  int32,
  optional,
  since,
  string,
  struct,
  uuid,
} from '../schema/fields.ts';
import { api } from '../schema/message.ts';

const topicPartitions = {
  topicId: uuid(),
  topicName: string(),
  partitions: array(int32()),
};

const assignment = {
  topicPartitions: array(topicPartitions),
};

export const ConsumerGroupDescribe = api({
  key: 69,
  name: 'ConsumerGroupDescribe',
  versions: [0, 1],
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
        instanceId: optional(string()),
        rackId: optional(string()),
        memberEpoch: int32(),
        clientId: string(),
        clientHost: string(),
        subscribedTopicNames: array(string()),
        subscribedTopicRegex: optional(string()),
        assignment: struct(assignment),
        targetAssignment: struct(assignment),
        memberType: since(1, int8(-1)),
      }),
      authorizedOperations: int32(-2147483648),
    }),
  },
});

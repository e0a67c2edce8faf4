// StreamsGroupDescribe.

import { array, boolean, int16, int32, int64, optional, string, struct, uint16 } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

const endpoint = {
  host: string(),
  port: uint16(),
};

const taskOffset = {
  subtopologyId: string(),
  partition: int32(),
  offset: int64(),
};

const taskIds = {
  subtopologyId: string(),
  partitions: array(int32()),
};

const assignment = {
  activeTasks: array(taskIds),
  standbyTasks: array(taskIds),
  warmupTasks: array(taskIds),
};

const keyValue = {
  key: string(),
  value: string(),
};

const topicInfo = {
  name: string(),
  partitions: int32(),
  replicationFactor: int16(),
  topicConfigs: array(keyValue),
};

export const StreamsGroupDescribe = api({
  key: 89,
  name: 'StreamsGroupDescribe',
  versions: [0, 0],
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
      topology: optional(
        struct({
          epoch: int32(),
          subtopologies: optional(
            array({
              subtopologyId: string(),
              sourceTopics: array(string()),
              repartitionSinkTopics: array(string()),
              stateChangelogTopics: array(topicInfo),
              repartitionSourceTopics: array(topicInfo),
            }),
          ),
        }),
      ),
      members: array({
        memberId: string(),
        memberEpoch: int32(),
        instanceId: optional(string()),
        rackId: optional(string()),
        clientId: string(),
        clientHost: string(),
        topologyEpoch: int32(),
        processId: string(),
        userEndpoint: optional(struct(endpoint)),
        clientTags: array(keyValue),
        taskOffsets: array(taskOffset),
        taskEndOffsets: array(taskOffset),
        assignment: struct(assignment),
        targetAssignment: struct(assignment),
        isClassic: boolean(),
      }),
      authorizedOperations: int32(-2147483648),
    }),
  },
});

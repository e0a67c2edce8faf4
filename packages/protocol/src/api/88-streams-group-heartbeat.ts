// StreamsGroupHeartbeat.

import {
  array,
  boolean,
  int8,
  int16,
  int32,
  int64,
  nullable,
  optional,
  string,
  struct,
  uint16,
} from '../schema/fields.ts';
import { api } from '../schema/message.ts';

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

const status = {
  statusCode: int8(),
  statusDetail: string(),
};

const topicPartition = {
  topic: string(),
  partitions: array(int32()),
};

export const StreamsGroupHeartbeat = api({
  key: 88,
  name: 'StreamsGroupHeartbeat',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    groupId: string(),
    memberId: string(),
    memberEpoch: int32(),
    endpointInformationEpoch: int32(),
    instanceId: optional(string()),
    rackId: optional(string()),
    rebalanceTimeoutMs: int32(-1),
    topology: optional(
      struct({
        epoch: int32(),
        subtopologies: array({
          subtopologyId: string(),
          sourceTopics: array(string()),
          sourceTopicRegex: array(string()),
          stateChangelogTopics: array(topicInfo),
          repartitionSinkTopics: array(string()),
          repartitionSourceTopics: array(topicInfo),
          copartitionGroups: array({
            sourceTopics: array(int16()),
            sourceTopicRegex: array(int16()),
            repartitionSourceTopics: array(int16()),
          }),
        }),
      }),
    ),
    activeTasks: optional(array(taskIds)),
    standbyTasks: optional(array(taskIds)),
    warmupTasks: optional(array(taskIds)),
    processId: optional(string()),
    userEndpoint: optional(struct(endpoint)),
    clientTags: optional(array(keyValue)),
    taskOffsets: optional(array(taskOffset)),
    taskEndOffsets: optional(array(taskOffset)),
    shutdownApplication: boolean(),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: optional(string()),
    memberId: string(),
    memberEpoch: int32(),
    heartbeatIntervalMs: int32(),
    acceptableRecoveryLag: int32(),
    taskOffsetIntervalMs: int32(),
    status: nullable(array(status)),
    activeTasks: optional(array(taskIds)),
    standbyTasks: optional(array(taskIds)),
    warmupTasks: optional(array(taskIds)),
    endpointInformationEpoch: int32(),
    partitionsByUserEndpoint: optional(
      array({
        userEndpoint: struct(endpoint),
        activePartitions: array(topicPartition),
        standbyPartitions: array(topicPartition),
      }),
    ),
  },
});

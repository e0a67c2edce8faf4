// The one request of the streams protocol: a Streams application joins with its topology, and learns its tasks
// (KIP-1071). What has not changed since the last heartbeat is null.

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
  /** Name of the setting. */
  key: string(),
  /** Value of the setting. */
  value: string(),
};

const topicInfo = {
  /** Name of the topic. */
  name: string(),
  /** Number of partitions; 0 where any number will do, and for changelog topics. */
  partitions: int32(),
  /** Number of replicas; 0 for the broker's default. */
  replicationFactor: int16(),
  /** Settings of the topic. */
  topicConfigs: array(keyValue),
};

const endpoint = {
  /** Name or address to connect to. */
  host: string(),
  /** TCP port to connect to. */
  port: uint16(),
};

const taskOffset = {
  /** Which part of the application's topology (KIP-1071). */
  subtopologyId: string(),
  /** Number of the task's partition. */
  partition: int32(),
  /** An offset in the partition. */
  offset: int64(),
};

const taskIds = {
  /** Which part of the application's topology (KIP-1071). */
  subtopologyId: string(),
  /** Partitions of the input topics that the member works on. */
  partitions: array(int32()),
};

const status = {
  /** 0 stale topology, 1 topics missing, 2 wrongly partitioned, 3 internal ones missing, 4 shut down, 5 delayed. */
  statusCode: int8(),
  /** The same for people. */
  statusDetail: string(),
};

const topicPartition = {
  /** Name of the topic. */
  topic: string(),
  /** The partitions concerned, within their topic. */
  partitions: array(int32()),
};

export const StreamsGroupHeartbeat = api({
  key: 88,
  name: 'StreamsGroupHeartbeat',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    /** Id of the group. */
    groupId: string(),
    /** Id of the group member. */
    memberId: string(),
    /** Epoch of the member; 0 joins, -1 leaves, -2 leaves for a moment as a static member. */
    memberEpoch: int32(),
    /** Epoch of the table of endpoints, which is sent only when it has changed. */
    endpointInformationEpoch: int32(),
    /** The name a static member keeps over restarts; null for none, or unchanged. */
    instanceId: optional(string()),
    /** Rack the member runs in; null for none, or unchanged. */
    rackId: optional(string()),
    /** How long the member may take to give tasks back, ms; -1 for unchanged. */
    rebalanceTimeoutMs: int32(-1),
    /** The application's topology, sent when joining; null later. */
    topology: optional(
      struct({
        /** Epoch of the topology, which the group's must equal. */
        epoch: int32(),
        /** The parts of the topology that can be run apart from each other. */
        subtopologies: array({
          /** Which part of the application's topology (KIP-1071). */
          subtopologyId: string(),
          /** Topics the subtopology reads. */
          sourceTopics: array(string()),
          /** Patterns of topics the subtopology reads. */
          sourceTopicRegex: array(string()),
          /** Internal topics that back the subtopology's state stores. */
          stateChangelogTopics: array(topicInfo),
          /** Internal topics that the subtopology writes. */
          repartitionSinkTopics: array(string()),
          /** Internal topics that the subtopology reads, created by the broker. */
          repartitionSourceTopics: array(topicInfo),
          /** Topics whose partitions must be assigned together. */
          copartitionGroups: array({
            /** Places of the topics in the subtopology's `sourceTopics`. */
            sourceTopics: array(int16()),
            /** Places of the patterns in the subtopology's `sourceTopicRegex`. */
            sourceTopicRegex: array(int16()),
            /** Places of the topics in the subtopology's `repartitionSourceTopics`. */
            repartitionSourceTopics: array(int16()),
          }),
        }),
      }),
    ),
    /** Active tasks the member owns; null for unchanged. */
    activeTasks: optional(array(taskIds)),
    /** Standby tasks the member owns; null for unchanged. */
    standbyTasks: optional(array(taskIds)),
    /** Warm-up tasks the member owns; null for unchanged. */
    warmupTasks: optional(array(taskIds)),
    /** Id of the process the member runs in; null for unchanged. */
    processId: optional(string()),
    /** Address for interactive queries; null for none, or unchanged. */
    userEndpoint: optional(struct(endpoint)),
    /** Where the instance runs, as tags; null for unchanged. */
    clientTags: optional(array(keyValue)),
    /** How far each task has read its changelog; null for unchanged. */
    taskOffsets: optional(array(taskOffset)),
    /** How far the changelog of each task goes; null for unchanged. */
    taskEndOffsets: optional(array(taskOffset)),
    /** Whether all instances of the application shall stop. */
    shutdownApplication: boolean(),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** Kafka's error number (see error-codes.ts); 0 is success. */
    errorCode: int16(),
    /** What went wrong, for people; null where nothing did or no more can be said. */
    errorMessage: optional(string()),
    /** Id of the group member. */
    memberId: string(),
    /** Epoch of the member, which grows with each change of its assignment. */
    memberEpoch: int32(),
    /** How often the member is to send a heartbeat, ms. */
    heartbeatIntervalMs: int32(),
    /** How far behind a warm-up task may be to count as caught up, in records. */
    acceptableRecoveryLag: int32(),
    /** How often to tell the tasks' offsets, ms. */
    taskOffsetIntervalMs: int32(),
    /** What the member should know about its group. */
    status: nullable(array(status)),
    /** Active tasks the member shall own; null for unchanged. */
    activeTasks: optional(array(taskIds)),
    /** Standby tasks the member shall own; null for unchanged. */
    standbyTasks: optional(array(taskIds)),
    /** Warm-up tasks the member shall own; null for unchanged. */
    warmupTasks: optional(array(taskIds)),
    /** Epoch of the table of endpoints, which is sent only when it has changed. */
    endpointInformationEpoch: int32(),
    /** Which instance has which partitions, for interactive queries; null for unchanged. */
    partitionsByUserEndpoint: optional(
      array({
        /** Address at which the instance answers queries. */
        userEndpoint: struct(endpoint),
        /** Partitions of its active tasks. */
        activePartitions: array(topicPartition),
        /** Partitions of its standby tasks. */
        standbyPartitions: array(topicPartition),
      }),
    ),
  },
});

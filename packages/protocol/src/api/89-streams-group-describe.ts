// Tells of streams groups: topology, members, tasks (KIP-1071). There is one version, v0.

import { array, boolean, int16, int32, int64, optional, string, struct, uint16 } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

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

const assignment = {
  /** Tasks that process records. */
  activeTasks: array(taskIds),
  /** Tasks that keep a warm copy of a state store. */
  standbyTasks: array(taskIds),
  /** Tasks that build up state before they become active. */
  warmupTasks: array(taskIds),
};

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

export const StreamsGroupDescribe = api({
  key: 89,
  name: 'StreamsGroupDescribe',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    /** Ids of the groups. */
    groupIds: array(string()),
    /** Whether to say what the caller may do with each group (KIP-430). */
    includeAuthorizedOperations: boolean(),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: int32(),
    /** The outcome, group by group. */
    groups: array({
      /** Kafka's error number (see error-codes.ts); 0 is success. */
      errorCode: int16(),
      /** What went wrong, for people; null where nothing did or no more can be said. */
      errorMessage: optional(string()),
      /** Id of the group. */
      groupId: string(),
      /** State of the group by name, such as "Stable"; empty where it could not be described. */
      groupState: string(),
      /** Epoch of the group, which grows with each change of members, subscriptions or topics. */
      groupEpoch: int32(),
      /** Epoch of the group for which the target assignment was computed. */
      assignmentEpoch: int32(),
      /** The topology the group runs; null with an error, or before one is known. */
      topology: optional(
        struct({
          /** Epoch of the topology the group runs. */
          epoch: int32(),
          /** Its parts with their topics as they are; null while topics are missing or do not fit. */
          subtopologies: optional(
            array({
              /** Which part of the application's topology (KIP-1071). */
              subtopologyId: string(),
              /** Topics the subtopology reads. */
              sourceTopics: array(string()),
              /** Internal topics that the subtopology writes. */
              repartitionSinkTopics: array(string()),
              /** Internal topics that back the subtopology's state stores. */
              stateChangelogTopics: array(topicInfo),
              /** Internal topics that the subtopology reads, created by the broker. */
              repartitionSourceTopics: array(topicInfo),
            }),
          ),
        }),
      ),
      /** The group's members. */
      members: array({
        /** Id of the group member. */
        memberId: string(),
        /** Epoch of the member, which grows with each change of its assignment. */
        memberEpoch: int32(),
        /** The name a static member keeps over restarts (KIP-345); null for a dynamic one. */
        instanceId: optional(string()),
        /** Rack the member runs in; null where it gave none. */
        rackId: optional(string()),
        /** The client.id the member connects with. */
        clientId: string(),
        /** Address the member connects from. */
        clientHost: string(),
        /** Epoch of the topology that the member runs. */
        topologyEpoch: int32(),
        /** Id of the process the member runs in, which it shares with its other threads. */
        processId: string(),
        /** Address at which this instance answers interactive queries; null where it does not. */
        userEndpoint: optional(struct(endpoint)),
        /** Where the instance runs, as tags for the placement of standby tasks. */
        clientTags: array(keyValue),
        /** How far each task has read its changelog. */
        taskOffsets: array(taskOffset),
        /** How far the changelog of each task goes. */
        taskEndOffsets: array(taskOffset),
        /** The member's share of the partitions. */
        assignment: struct(assignment),
        /** What the member is to have when the rebalance is over. */
        targetAssignment: struct(assignment),
        /** Whether the member still uses the classic protocol. */
        isClassic: boolean(),
      }),
      /** What the caller may do with the group, a bit per operation; -2147483648 where it was not asked for. */
      authorizedOperations: int32(-2147483648),
    }),
  },
});

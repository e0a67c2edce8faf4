// State of streams groups in `__consumer_offsets` (KIP-1071), behind the prefixes of keyed-record.ts. The group
// keeps its application's topology, so that members need to send it only when they join.

import {
  array,
  bigint64,
  int8,
  int16,
  int32,
  int64,
  nullable,
  optional,
  string,
  struct,
  tagged,
  uint16,
} from '../schema/fields.ts';
import { message } from '../schema/message.ts';

/** A streams group. */
export const StreamsGroupMetadataKey = message({
  name: 'StreamsGroupMetadataKey',
  versions: [0, 0],
  fields: {
    /** Id of the group. */
    groupId: string(),
  },
});

const lastAssignmentConfig = {
  /** Name of the setting. */
  key: string(),
  /** Value of the setting. */
  value: string(),
};

/** The group's epoch, and what it was checked against. */
export const StreamsGroupMetadataValue = message({
  name: 'StreamsGroupMetadataValue',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    /** Epoch of the group, which grows with each change of members, subscriptions or topics. */
    epoch: int32(),
    /** Hash of the topics the group subscribes to, all 64 bits; a change of it asks for a new assignment. */
    metadataHash: bigint64(),
    /** Epoch of the topology whose topics were last found in order. */
    validatedTopologyEpoch: tagged(0, 0, int32(-1)),
    /** The settings the last assignment was computed with. */
    lastAssignmentConfigs: tagged(1, 0, nullable(array(lastAssignmentConfig))),
  },
});

/** A member of a streams group. */
export const StreamsGroupMemberMetadataKey = message({
  name: 'StreamsGroupMemberMetadataKey',
  versions: [0, 0],
  fields: {
    /** Id of the group. */
    groupId: string(),
    /** Id of the group member. */
    memberId: string(),
  },
});

const endpoint = {
  /** Name or address to connect to. */
  host: string(),
  /** TCP port to connect to. */
  port: uint16(),
};

const keyValue = {
  /** Name of the setting. */
  key: string(),
  /** Value of the setting. */
  value: string(),
};

/** What the member told about itself. */
export const StreamsGroupMemberMetadataValue = message({
  name: 'StreamsGroupMemberMetadataValue',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    /** The name a static member keeps over restarts (KIP-345); null for a dynamic one. */
    instanceId: nullable(string()),
    /** Rack the member runs in; null where it gave none. */
    rackId: nullable(string()),
    /** The client.id the member connects with. */
    clientId: string(),
    /** Address the member connects from. */
    clientHost: string(),
    /** How long the member may take to give partitions back or to join again, ms. */
    rebalanceTimeoutMs: int32(-1),
    /** Epoch of the topology that the member runs. */
    topologyEpoch: int32(),
    /** Id of the process the member runs in, which it shares with its other threads. */
    processId: string(),
    /** Address at which this instance answers interactive queries; null where it does not. */
    userEndpoint: optional(struct(endpoint)),
    /** Where the instance runs, as tags for the placement of standby tasks. */
    clientTags: array(keyValue),
  },
});

/** The target assignment of a streams group. */
export const StreamsGroupTargetAssignmentMetadataKey = message({
  name: 'StreamsGroupTargetAssignmentMetadataKey',
  versions: [0, 0],
  fields: {
    /** Id of the group. */
    groupId: string(),
  },
});

/** For which epoch of the group it was computed. */
export const StreamsGroupTargetAssignmentMetadataValue = message({
  name: 'StreamsGroupTargetAssignmentMetadataValue',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    /** Epoch of the group for which the target assignment was computed. */
    assignmentEpoch: int32(),
    /** When the assignment was computed, ms since 1970. */
    assignmentTimestamp: tagged(0, 0, int64()),
  },
});

/** A member's part of the target assignment. */
export const StreamsGroupTargetAssignmentMemberKey = message({
  name: 'StreamsGroupTargetAssignmentMemberKey',
  versions: [0, 0],
  fields: {
    /** Id of the group. */
    groupId: string(),
    /** Id of the group member. */
    memberId: string(),
  },
});

const taskIds = {
  /** Which part of the application's topology (KIP-1071). */
  subtopologyId: string(),
  /** Partitions of the input topics that the member works on. */
  partitions: array(int32()),
};

/** The tasks the member shall have. */
export const StreamsGroupTargetAssignmentMemberValue = message({
  name: 'StreamsGroupTargetAssignmentMemberValue',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    /** Tasks that process records. */
    activeTasks: array(taskIds),
    /** Tasks that keep a warm copy of a state store. */
    standbyTasks: array(taskIds),
    /** Tasks that build up state before they become active. */
    warmupTasks: array(taskIds),
  },
});

/** What a member has at present. */
export const StreamsGroupCurrentMemberAssignmentKey = message({
  name: 'StreamsGroupCurrentMemberAssignmentKey',
  versions: [0, 0],
  fields: {
    /** Id of the group. */
    groupId: string(),
    /** Id of the group member. */
    memberId: string(),
  },
});

const streamsGroupCurrentMemberAssignmentValueTaskIds = {
  /** Which part of the application's topology (KIP-1071). */
  subtopologyId: string(),
  /** Partitions of the input topics that the member works on. */
  partitions: array(int32()),
  /** Epoch in which each partition came to the member, in the order of `partitions`. */
  assignmentEpochs: tagged(0, 0, nullable(array(int32()))),
};

/** The member's epoch, and the tasks it has or gives back. */
export const StreamsGroupCurrentMemberAssignmentValue = message({
  name: 'StreamsGroupCurrentMemberAssignmentValue',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    /** Epoch of the member, which grows with each change of its assignment. */
    memberEpoch: int32(),
    /** The member's epoch before, still taken from a member that missed the answer with the new one. */
    previousMemberEpoch: int32(),
    /** State of the member, by number. */
    state: int8(),
    /** Tasks that process records. */
    activeTasks: array(streamsGroupCurrentMemberAssignmentValueTaskIds),
    /** Tasks that keep a warm copy of a state store. */
    standbyTasks: array(streamsGroupCurrentMemberAssignmentValueTaskIds),
    /** Tasks that build up state before they become active. */
    warmupTasks: array(streamsGroupCurrentMemberAssignmentValueTaskIds),
    /** Active tasks the member still has to give back. */
    activeTasksPendingRevocation: array(streamsGroupCurrentMemberAssignmentValueTaskIds),
    /** Standby tasks the member still has to give back. */
    standbyTasksPendingRevocation: array(streamsGroupCurrentMemberAssignmentValueTaskIds),
    /** Warm-up tasks the member still has to give back. */
    warmupTasksPendingRevocation: array(streamsGroupCurrentMemberAssignmentValueTaskIds),
  },
});

/** The topology of a streams group. */
export const StreamsGroupTopologyKey = message({
  name: 'StreamsGroupTopologyKey',
  versions: [0, 0],
  fields: {
    /** Id of the group. */
    groupId: string(),
  },
});

const topicConfig = {
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
  topicConfigs: array(topicConfig),
};

/** The topology, as the application sent it. */
export const StreamsGroupTopologyValue = message({
  name: 'StreamsGroupTopologyValue',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    /** Epoch of the topology. */
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
  },
});

// stored.group.

import {
  array,
  bytes,
  int8,
  int16,
  int32,
  int64,
  nullable,
  optional,
  since,
  string,
  struct,
  tagged,
  uint16,
  until,
  uuid,
} from '../schema/fields.ts';
import { message } from '../schema/message.ts';

export const LegacyOffsetCommitKey = message({
  name: 'LegacyOffsetCommitKey',
  versions: [0, 0],
  fields: {
    group: string(),
    topic: string(),
    partition: int32(),
  },
});

export const LegacyOffsetCommitValue = message({
  name: 'LegacyOffsetCommitValue',
  versions: [0, 0],
  fields: {
    offset: int64(),
    metadata: string(),
    commitTimestamp: int64(),
  },
});

export const OffsetCommitKey = message({
  name: 'OffsetCommitKey',
  versions: [0, 0],
  fields: {
    group: string(),
    topic: string(),
    partition: int32(),
  },
});

export const OffsetCommitValue = message({
  name: 'OffsetCommitValue',
  versions: [0, 4],
  flexibleFrom: 4,
  fields: {
    offset: int64(),
    leaderEpoch: since(3, int32(-1)),
    metadata: string(),
    commitTimestamp: int64(),
    expireTimestamp: until(1, since(1, int64(-1))),
    topicId: tagged(0, 4, uuid()),
  },
});

export const GroupMetadataKey = message({
  name: 'GroupMetadataKey',
  versions: [0, 0],
  fields: {
    group: string(),
  },
});

const memberMetadata = {
  memberId: string(),
  groupInstanceId: since(3, optional(string())),
  clientId: string(),
  clientHost: string(),
  rebalanceTimeout: since(1, int32(-1)),
  sessionTimeout: int32(),
  subscription: bytes(),
  assignment: bytes(),
};

export const GroupMetadataValue = message({
  name: 'GroupMetadataValue',
  versions: [0, 4],
  flexibleFrom: 4,
  fields: {
    protocolType: string(),
    generation: int32(),
    protocol: nullable(string()),
    leader: nullable(string()),
    currentStateTimestamp: since(2, int64(-1)),
    members: array(memberMetadata),
  },
});

export const ConsumerGroupMetadataKey = message({
  name: 'ConsumerGroupMetadataKey',
  versions: [0, 0],
  fields: {
    groupId: string(),
  },
});

export const ConsumerGroupMetadataValue = message({
  name: 'ConsumerGroupMetadataValue',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    epoch: int32(),
    metadataHash: tagged(0, 0, int64()),
  },
});

export const ConsumerGroupPartitionMetadataKey = message({
  name: 'ConsumerGroupPartitionMetadataKey',
  versions: [0, 0],
  fields: {
    groupId: string(),
  },
});

export const ConsumerGroupPartitionMetadataValue = message({
  name: 'ConsumerGroupPartitionMetadataValue',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    topics: array({
      topicId: uuid(),
      topicName: string(),
      numPartitions: int32(),
      partitionMetadata: array({
        partition: int32(),
        racks: array(string()),
      }),
    }),
  },
});

export const ConsumerGroupMemberMetadataKey = message({
  name: 'ConsumerGroupMemberMetadataKey',
  versions: [0, 0],
  fields: {
    groupId: string(),
    memberId: string(),
  },
});

export const ConsumerGroupMemberMetadataValue = message({
  name: 'ConsumerGroupMemberMetadataValue',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    instanceId: nullable(string()),
    rackId: nullable(string()),
    clientId: string(),
    clientHost: string(),
    subscribedTopicNames: array(string()),
    subscribedTopicRegex: nullable(string()),
    rebalanceTimeoutMs: int32(-1),
    serverAssignor: nullable(string()),
    classicMemberMetadata: tagged(
      0,
      0,
      nullable(
        struct({
          sessionTimeoutMs: int32(),
          supportedProtocols: array({
            name: string(),
            metadata: bytes(),
          }),
        }),
      ),
    ),
  },
});

export const ConsumerGroupTargetAssignmentMetadataKey = message({
  name: 'ConsumerGroupTargetAssignmentMetadataKey',
  versions: [0, 0],
  fields: {
    groupId: string(),
  },
});

export const ConsumerGroupTargetAssignmentMetadataValue = message({
  name: 'ConsumerGroupTargetAssignmentMetadataValue',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    assignmentEpoch: int32(),
    assignmentTimestamp: tagged(0, 0, int64()),
  },
});

export const ConsumerGroupTargetAssignmentMemberKey = message({
  name: 'ConsumerGroupTargetAssignmentMemberKey',
  versions: [0, 0],
  fields: {
    groupId: string(),
    memberId: string(),
  },
});

export const ConsumerGroupTargetAssignmentMemberValue = message({
  name: 'ConsumerGroupTargetAssignmentMemberValue',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    topicPartitions: array({
      topicId: uuid(),
      partitions: array(int32()),
    }),
  },
});

export const ConsumerGroupCurrentMemberAssignmentKey = message({
  name: 'ConsumerGroupCurrentMemberAssignmentKey',
  versions: [0, 0],
  fields: {
    groupId: string(),
    memberId: string(),
  },
});

const topicPartitions = {
  topicId: uuid(),
  partitions: array(int32()),
  assignmentEpochs: tagged(0, 0, nullable(array(int32()))),
};

export const ConsumerGroupCurrentMemberAssignmentValue = message({
  name: 'ConsumerGroupCurrentMemberAssignmentValue',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    memberEpoch: int32(),
    previousMemberEpoch: int32(),
    state: int8(),
    assignedPartitions: array(topicPartitions),
    partitionsPendingRevocation: array(topicPartitions),
  },
});

export const ShareGroupMemberMetadataKey = message({
  name: 'ShareGroupMemberMetadataKey',
  versions: [0, 0],
  fields: {
    groupId: string(),
    memberId: string(),
  },
});

export const ShareGroupMemberMetadataValue = message({
  name: 'ShareGroupMemberMetadataValue',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    rackId: nullable(string()),
    clientId: string(),
    clientHost: string(),
    subscribedTopicNames: array(string()),
  },
});

export const ShareGroupMetadataKey = message({
  name: 'ShareGroupMetadataKey',
  versions: [0, 0],
  fields: {
    groupId: string(),
  },
});

export const ShareGroupMetadataValue = message({
  name: 'ShareGroupMetadataValue',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    epoch: int32(),
    metadataHash: int64(),
  },
});

export const ShareGroupTargetAssignmentMetadataKey = message({
  name: 'ShareGroupTargetAssignmentMetadataKey',
  versions: [0, 0],
  fields: {
    groupId: string(),
  },
});

export const ShareGroupTargetAssignmentMetadataValue = message({
  name: 'ShareGroupTargetAssignmentMetadataValue',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    assignmentEpoch: int32(),
    assignmentTimestamp: tagged(0, 0, int64()),
  },
});

export const ShareGroupTargetAssignmentMemberKey = message({
  name: 'ShareGroupTargetAssignmentMemberKey',
  versions: [0, 0],
  fields: {
    groupId: string(),
    memberId: string(),
  },
});

export const ShareGroupTargetAssignmentMemberValue = message({
  name: 'ShareGroupTargetAssignmentMemberValue',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    topicPartitions: array({
      topicId: uuid(),
      partitions: array(int32()),
    }),
  },
});

export const ShareGroupCurrentMemberAssignmentKey = message({
  name: 'ShareGroupCurrentMemberAssignmentKey',
  versions: [0, 0],
  fields: {
    groupId: string(),
    memberId: string(),
  },
});

const shareGroupCurrentMemberAssignmentValueTopicPartitions = {
  topicId: uuid(),
  partitions: array(int32()),
};

export const ShareGroupCurrentMemberAssignmentValue = message({
  name: 'ShareGroupCurrentMemberAssignmentValue',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    memberEpoch: int32(),
    previousMemberEpoch: int32(),
    state: int8(),
    assignedPartitions: array(shareGroupCurrentMemberAssignmentValueTopicPartitions),
  },
});

export const ShareGroupStatePartitionMetadataKey = message({
  name: 'ShareGroupStatePartitionMetadataKey',
  versions: [0, 0],
  fields: {
    groupId: string(),
  },
});

const topicPartitionsInfo = {
  topicId: uuid(),
  topicName: string(),
  partitions: array(int32()),
};

const topicInfo = {
  topicId: uuid(),
  topicName: string(),
};

export const ShareGroupStatePartitionMetadataValue = message({
  name: 'ShareGroupStatePartitionMetadataValue',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    initializingTopics: array(topicPartitionsInfo),
    initializedTopics: array(topicPartitionsInfo),
    deletingTopics: array(topicInfo),
  },
});

export const ConsumerGroupRegularExpressionKey = message({
  name: 'ConsumerGroupRegularExpressionKey',
  versions: [0, 0],
  fields: {
    groupId: string(),
    regularExpression: string(),
  },
});

export const ConsumerGroupRegularExpressionValue = message({
  name: 'ConsumerGroupRegularExpressionValue',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    topics: array(string()),
    version: int64(),
    timestamp: int64(),
  },
});

export const StreamsGroupMetadataKey = message({
  name: 'StreamsGroupMetadataKey',
  versions: [0, 0],
  fields: {
    groupId: string(),
  },
});

const lastAssignmentConfig = {
  key: string(),
  value: string(),
};

export const StreamsGroupMetadataValue = message({
  name: 'StreamsGroupMetadataValue',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    epoch: int32(),
    metadataHash: int64(),
    validatedTopologyEpoch: tagged(0, 0, int32(-1)),
    lastAssignmentConfigs: tagged(1, 0, nullable(array(lastAssignmentConfig))),
  },
});

export const StreamsGroupMemberMetadataKey = message({
  name: 'StreamsGroupMemberMetadataKey',
  versions: [0, 0],
  fields: {
    groupId: string(),
    memberId: string(),
  },
});

const endpoint = {
  host: string(),
  port: uint16(),
};

const keyValue = {
  key: string(),
  value: string(),
};

export const StreamsGroupMemberMetadataValue = message({
  name: 'StreamsGroupMemberMetadataValue',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    instanceId: nullable(string()),
    rackId: nullable(string()),
    clientId: string(),
    clientHost: string(),
    rebalanceTimeoutMs: int32(-1),
    topologyEpoch: int32(),
    processId: string(),
    userEndpoint: optional(struct(endpoint)),
    clientTags: array(keyValue),
  },
});

export const StreamsGroupTargetAssignmentMetadataKey = message({
  name: 'StreamsGroupTargetAssignmentMetadataKey',
  versions: [0, 0],
  fields: {
    groupId: string(),
  },
});

export const StreamsGroupTargetAssignmentMetadataValue = message({
  name: 'StreamsGroupTargetAssignmentMetadataValue',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    assignmentEpoch: int32(),
    assignmentTimestamp: tagged(0, 0, int64()),
  },
});

export const StreamsGroupTargetAssignmentMemberKey = message({
  name: 'StreamsGroupTargetAssignmentMemberKey',
  versions: [0, 0],
  fields: {
    groupId: string(),
    memberId: string(),
  },
});

const taskIds = {
  subtopologyId: string(),
  partitions: array(int32()),
};

export const StreamsGroupTargetAssignmentMemberValue = message({
  name: 'StreamsGroupTargetAssignmentMemberValue',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    activeTasks: array(taskIds),
    standbyTasks: array(taskIds),
    warmupTasks: array(taskIds),
  },
});

export const StreamsGroupCurrentMemberAssignmentKey = message({
  name: 'StreamsGroupCurrentMemberAssignmentKey',
  versions: [0, 0],
  fields: {
    groupId: string(),
    memberId: string(),
  },
});

const streamsGroupCurrentMemberAssignmentValueTaskIds = {
  subtopologyId: string(),
  partitions: array(int32()),
  assignmentEpochs: tagged(0, 0, nullable(array(int32()))),
};

export const StreamsGroupCurrentMemberAssignmentValue = message({
  name: 'StreamsGroupCurrentMemberAssignmentValue',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    memberEpoch: int32(),
    previousMemberEpoch: int32(),
    state: int8(),
    activeTasks: array(streamsGroupCurrentMemberAssignmentValueTaskIds),
    standbyTasks: array(streamsGroupCurrentMemberAssignmentValueTaskIds),
    warmupTasks: array(streamsGroupCurrentMemberAssignmentValueTaskIds),
    activeTasksPendingRevocation: array(streamsGroupCurrentMemberAssignmentValueTaskIds),
    standbyTasksPendingRevocation: array(streamsGroupCurrentMemberAssignmentValueTaskIds),
    warmupTasksPendingRevocation: array(streamsGroupCurrentMemberAssignmentValueTaskIds),
  },
});

export const StreamsGroupTopologyKey = message({
  name: 'StreamsGroupTopologyKey',
  versions: [0, 0],
  fields: {
    groupId: string(),
  },
});

const topicConfig = {
  key: string(),
  value: string(),
};

const streamsGroupTopologyValueTopicInfo = {
  name: string(),
  partitions: int32(),
  replicationFactor: int16(),
  topicConfigs: array(topicConfig),
};

export const StreamsGroupTopologyValue = message({
  name: 'StreamsGroupTopologyValue',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    epoch: int32(),
    subtopologies: array({
      subtopologyId: string(),
      sourceTopics: array(string()),
      sourceTopicRegex: array(string()),
      stateChangelogTopics: array(streamsGroupTopologyValueTopicInfo),
      repartitionSinkTopics: array(string()),
      repartitionSourceTopics: array(streamsGroupTopologyValueTopicInfo),
      copartitionGroups: array({
        sourceTopics: array(int16()),
        sourceTopicRegex: array(int16()),
        repartitionSourceTopics: array(int16()),
      }),
    }),
  },
});

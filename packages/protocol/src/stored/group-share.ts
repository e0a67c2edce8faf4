// State of share groups in `__consumer_offsets` (KIP-932), behind the prefixes of keyed-record.ts. What was
// delivered is not here, but in `__share_group_state`: see share.ts.

import { array, bigint64, int8, int32, int64, nullable, string, tagged, uuid } from '../schema/fields.ts';
import { message } from '../schema/message.ts';

/** A member of a share group. */
export const ShareGroupMemberMetadataKey = message({
  name: 'ShareGroupMemberMetadataKey',
  versions: [0, 0],
  fields: {
    /** Id of the group. */
    groupId: string(),
    /** Id of the group member. */
    memberId: string(),
  },
});

/** What the member told about itself. */
export const ShareGroupMemberMetadataValue = message({
  name: 'ShareGroupMemberMetadataValue',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    /** Rack the member runs in; null where it gave none. */
    rackId: nullable(string()),
    /** The client.id the member connects with. */
    clientId: string(),
    /** Address the member connects from. */
    clientHost: string(),
    /** Names of the topics the member wants. */
    subscribedTopicNames: array(string()),
  },
});

/** A share group. */
export const ShareGroupMetadataKey = message({
  name: 'ShareGroupMetadataKey',
  versions: [0, 0],
  fields: {
    /** Id of the group. */
    groupId: string(),
  },
});

/** The group's epoch. */
export const ShareGroupMetadataValue = message({
  name: 'ShareGroupMetadataValue',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    /** Epoch of the group, which grows with each change of members, subscriptions or topics. */
    epoch: int32(),
    /** Hash of the topics the group subscribes to, all 64 bits; a change of it asks for a new assignment. */
    metadataHash: bigint64(),
  },
});

/** The target assignment of a share group. */
export const ShareGroupTargetAssignmentMetadataKey = message({
  name: 'ShareGroupTargetAssignmentMetadataKey',
  versions: [0, 0],
  fields: {
    /** Id of the group. */
    groupId: string(),
  },
});

/** For which epoch of the group it was computed. */
export const ShareGroupTargetAssignmentMetadataValue = message({
  name: 'ShareGroupTargetAssignmentMetadataValue',
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
export const ShareGroupTargetAssignmentMemberKey = message({
  name: 'ShareGroupTargetAssignmentMemberKey',
  versions: [0, 0],
  fields: {
    /** Id of the group. */
    groupId: string(),
    /** Id of the group member. */
    memberId: string(),
  },
});

/** What the member shall read. */
export const ShareGroupTargetAssignmentMemberValue = message({
  name: 'ShareGroupTargetAssignmentMemberValue',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    /** The partitions, topic by topic. */
    topicPartitions: array({
      /** Id of the topic, which outlives a deletion and a new topic of the same name (KIP-516). */
      topicId: uuid(),
      /** The partitions concerned, within their topic. */
      partitions: array(int32()),
    }),
  },
});

/** What a member reads at present. */
export const ShareGroupCurrentMemberAssignmentKey = message({
  name: 'ShareGroupCurrentMemberAssignmentKey',
  versions: [0, 0],
  fields: {
    /** Id of the group. */
    groupId: string(),
    /** Id of the group member. */
    memberId: string(),
  },
});

const topicPartitions = {
  /** Id of the topic, which outlives a deletion and a new topic of the same name (KIP-516). */
  topicId: uuid(),
  /** The partitions concerned, within their topic. */
  partitions: array(int32()),
};

/** The member's epoch, and what it reads. */
export const ShareGroupCurrentMemberAssignmentValue = message({
  name: 'ShareGroupCurrentMemberAssignmentValue',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    /** Epoch of the member, which grows with each change of its assignment. */
    memberEpoch: int32(),
    /** The member's epoch before, still taken from a member that missed the answer with the new one. */
    previousMemberEpoch: int32(),
    /** State of the member, by number. */
    state: int8(),
    /** What the member owns, or may take. */
    assignedPartitions: array(topicPartitions),
  },
});

/** For which partitions a share group has state. */
export const ShareGroupStatePartitionMetadataKey = message({
  name: 'ShareGroupStatePartitionMetadataKey',
  versions: [0, 0],
  fields: {
    /** Id of the group. */
    groupId: string(),
  },
});

const topicPartitionsInfo = {
  /** Id of the topic, which outlives a deletion and a new topic of the same name (KIP-516). */
  topicId: uuid(),
  /** Name of the topic. */
  topicName: string(),
  /** The partitions concerned, within their topic. */
  partitions: array(int32()),
};

const topicInfo = {
  /** Id of the topic, which outlives a deletion and a new topic of the same name (KIP-516). */
  topicId: uuid(),
  /** Name of the topic. */
  topicName: string(),
};

/** Partitions whose state is being set up, is there, or is being removed. */
export const ShareGroupStatePartitionMetadataValue = message({
  name: 'ShareGroupStatePartitionMetadataValue',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    /** Partitions whose state is being set up, topic by topic. */
    initializingTopics: array(topicPartitionsInfo),
    /** Partitions whose state is set up, topic by topic. */
    initializedTopics: array(topicPartitionsInfo),
    /** Topics whose state is being removed. */
    deletingTopics: array(topicInfo),
  },
});

// State of consumer groups in `__consumer_offsets` (KIP-848), behind the prefixes of keyed-record.ts. A group is
// spread over records, so that each change writes little: the group's epoch, each member, what it shall have, what
// it has.

import {
  array,
  bigint64,
  bytes,
  int8,
  int32,
  int64,
  nullable,
  string,
  struct,
  tagged,
  uuid,
} from '../schema/fields.ts';
import { message } from '../schema/message.ts';

/** A consumer group. */
export const ConsumerGroupMetadataKey = message({
  name: 'ConsumerGroupMetadataKey',
  versions: [0, 0],
  fields: {
    /** Id of the group. */
    groupId: string(),
  },
});

/** The group's epoch. */
export const ConsumerGroupMetadataValue = message({
  name: 'ConsumerGroupMetadataValue',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    /** Epoch of the group, which grows with each change of members, subscriptions or topics. */
    epoch: int32(),
    /** Hash of the topics the group subscribes to, all 64 bits; a change of it asks for a new assignment. */
    metadataHash: tagged(0, 0, bigint64()),
  },
});

/** A consumer group's topics; unused since Kafka 4.0. */
export const ConsumerGroupPartitionMetadataKey = message({
  name: 'ConsumerGroupPartitionMetadataKey',
  versions: [0, 0],
  fields: {
    /** Id of the group. */
    groupId: string(),
  },
});

/** The partitions of the group's topics; unused since Kafka 4.0. */
export const ConsumerGroupPartitionMetadataValue = message({
  name: 'ConsumerGroupPartitionMetadataValue',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    /** The topics concerned. */
    topics: array({
      /** Id of the topic, which outlives a deletion and a new topic of the same name (KIP-516). */
      topicId: uuid(),
      /** Name of the topic. */
      topicName: string(),
      /** Number of partitions. */
      numPartitions: int32(),
      /** Racks of each partition; unused since Kafka 4.0. */
      partitionMetadata: array({
        /** Number of the partition, from 0. */
        partition: int32(),
        /** Racks the partition has a replica in. */
        racks: array(string()),
      }),
    }),
  },
});

/** A member of a consumer group. */
export const ConsumerGroupMemberMetadataKey = message({
  name: 'ConsumerGroupMemberMetadataKey',
  versions: [0, 0],
  fields: {
    /** Id of the group. */
    groupId: string(),
    /** Id of the group member. */
    memberId: string(),
  },
});

/** What the member told about itself. */
export const ConsumerGroupMemberMetadataValue = message({
  name: 'ConsumerGroupMemberMetadataValue',
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
    /** Names of the topics the member wants. */
    subscribedTopicNames: array(string()),
    /** RE2 pattern of the topics the member wants; null for none. */
    subscribedTopicRegex: nullable(string()),
    /** How long the member may take to give partitions back or to join again, ms. */
    rebalanceTimeoutMs: int32(-1),
    /** The assignor the member asks for; null for the default. */
    serverAssignor: nullable(string()),
    /** What a member of the classic protocol brought along; null for others. */
    classicMemberMetadata: tagged(
      0,
      0,
      nullable(
        struct({
          /** How long the member may be silent before it is taken for dead, ms. */
          sessionTimeoutMs: int32(),
          /** Protocols the member can use, the preferred first. */
          supportedProtocols: array({
            /** Name of the protocol, such as "range". */
            name: string(),
            /** What the member told about itself, in the format of its protocol. */
            metadata: bytes(),
          }),
        }),
      ),
    ),
  },
});

/** The target assignment of a consumer group. */
export const ConsumerGroupTargetAssignmentMetadataKey = message({
  name: 'ConsumerGroupTargetAssignmentMetadataKey',
  versions: [0, 0],
  fields: {
    /** Id of the group. */
    groupId: string(),
  },
});

/** For which epoch of the group it was computed. */
export const ConsumerGroupTargetAssignmentMetadataValue = message({
  name: 'ConsumerGroupTargetAssignmentMetadataValue',
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
export const ConsumerGroupTargetAssignmentMemberKey = message({
  name: 'ConsumerGroupTargetAssignmentMemberKey',
  versions: [0, 0],
  fields: {
    /** Id of the group. */
    groupId: string(),
    /** Id of the group member. */
    memberId: string(),
  },
});

/** What the member shall have. */
export const ConsumerGroupTargetAssignmentMemberValue = message({
  name: 'ConsumerGroupTargetAssignmentMemberValue',
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

/** What a member has at present. */
export const ConsumerGroupCurrentMemberAssignmentKey = message({
  name: 'ConsumerGroupCurrentMemberAssignmentKey',
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
  /** Epoch in which each partition came to the member, in the order of `partitions`. */
  assignmentEpochs: tagged(0, 0, nullable(array(int32()))),
};

/** The member's epoch, and what it has or gives back. */
export const ConsumerGroupCurrentMemberAssignmentValue = message({
  name: 'ConsumerGroupCurrentMemberAssignmentValue',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    /** Epoch of the member, which grows with each change of its assignment. */
    memberEpoch: int32(),
    /** The member's epoch before, still taken from a member that missed the answer with the new one. */
    previousMemberEpoch: int32(),
    /** State of the member: 0 stable, 1 to give back partitions, 2 to wait for partitions, 127 not known. */
    state: int8(),
    /** What the member owns, or may take. */
    assignedPartitions: array(topicPartitions),
    /** Partitions the member still has to give back. */
    partitionsPendingRevocation: array(topicPartitions),
  },
});

/** A pattern that members of a consumer group subscribe to. */
export const ConsumerGroupRegularExpressionKey = message({
  name: 'ConsumerGroupRegularExpressionKey',
  versions: [0, 0],
  fields: {
    /** Id of the group. */
    groupId: string(),
    /** The pattern, in RE2's syntax. */
    regularExpression: string(),
  },
});

/** What the pattern was resolved to. */
export const ConsumerGroupRegularExpressionValue = message({
  name: 'ConsumerGroupRegularExpressionValue',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    /** Names of the topics the pattern matches. */
    topics: array(string()),
    /** Offset of the metadata log for which it was resolved. */
    version: int64(),
    /** When it was resolved, ms since 1970. */
    timestamp: int64(),
  },
});

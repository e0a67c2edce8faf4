// Tells of groups of the consumer protocol: epochs, members, present and target assignment (KIP-848). Version
// notes: v1 tells which protocol a member uses (KIP-1099).

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
  /** Id of the topic, which outlives a deletion and a new topic of the same name (KIP-516). */
  topicId: uuid(),
  /** Name of the topic. */
  topicName: string(),
  /** The partitions concerned, within their topic. */
  partitions: array(int32()),
};

const assignment = {
  /** The partitions, topic by topic. */
  topicPartitions: array(topicPartitions),
};

export const ConsumerGroupDescribe = api({
  key: 69,
  name: 'ConsumerGroupDescribe',
  versions: [0, 1],
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
      /** The assignor in use. */
      assignorName: string(),
      /** The group's members. */
      members: array({
        /** Id of the group member. */
        memberId: string(),
        /** The name a static member keeps over restarts (KIP-345); null for a dynamic one. */
        instanceId: optional(string()),
        /** Rack the member runs in; null where it gave none. */
        rackId: optional(string()),
        /** Epoch of the member, which grows with each change of its assignment. */
        memberEpoch: int32(),
        /** The client.id the member connects with. */
        clientId: string(),
        /** Address the member connects from. */
        clientHost: string(),
        /** Names of the topics the member wants. */
        subscribedTopicNames: array(string()),
        /** RE2 pattern of the topics the member wants; null for none. */
        subscribedTopicRegex: optional(string()),
        /** The member's share of the partitions. */
        assignment: struct(assignment),
        /** What the member is to have when the rebalance is over. */
        targetAssignment: struct(assignment),
        /** Protocol of the member: 0 classic, 1 consumer, -1 not known (KIP-1099). */
        memberType: since(1, int8(-1)),
      }),
      /** What the caller may do with the group, a bit per operation; -2147483648 where it was not asked for. */
      authorizedOperations: int32(-2147483648),
    }),
  },
});

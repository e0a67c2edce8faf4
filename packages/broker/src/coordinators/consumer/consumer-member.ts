// A member of a consumer group, as its records have it (KIP-848). Immutable: a change is another object, which the
// records it came from can be compared with. org.apache.kafka.coordinator.group.modern.consumer.ConsumerGroupMember.

import type { GroupRecordOf } from '../group-record.ts';
import { isSameEpochs, NO_PARTITIONS, type PartitionEpochs, type PartitionSets } from './partition-sets.ts';

/** Where a member stands between what it has and what it shall have; the numbers are those of the record. */
export const MemberState = {
  /** Has its target. */
  stable: 0,
  /** Must give partitions back first. */
  unrevoked: 1,
  /** Waits for partitions that others have yet to give back. */
  unreleased: 2,
} as const;
export type MemberState = number;

/** The member epoch of a static member that is away for a while. */
export const STATIC_LEAVE_EPOCH = -2;
/** The member epoch of a leaving member; as long as a member has nothing, too. */
export const LEAVE_EPOCH = -1;

/** What a member of the classic protocol brought along. */
export interface ClassicMetadata {
  readonly sessionTimeoutMs: number;
  readonly supportedProtocols: readonly { readonly name: string; readonly metadata: Buffer }[];
}

export interface ConsumerMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly rackId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  /** Sorted. */
  readonly subscribedTopicNames: readonly string[];
  /** null or empty for none. */
  readonly subscribedTopicRegex: string | null;
  readonly rebalanceTimeoutMs: number;
  readonly serverAssignor: string | null;
  /** null for a member of the consumer protocol. */
  readonly classicMemberMetadata: ClassicMetadata | null;
  readonly memberEpoch: number;
  readonly previousMemberEpoch: number;
  readonly state: MemberState;
  readonly assigned: PartitionEpochs;
  readonly pendingRevocation: PartitionEpochs;
}

/** A member of which nothing is known yet but its id. */
export function newMember(memberId: string): ConsumerMember {
  return {
    memberId,
    instanceId: null,
    rackId: null,
    clientId: '',
    clientHost: '',
    subscribedTopicNames: [],
    subscribedTopicRegex: null,
    rebalanceTimeoutMs: -1,
    serverAssignor: null,
    classicMemberMetadata: null,
    memberEpoch: 0,
    previousMemberEpoch: -1,
    state: MemberState.stable,
    assigned: NO_PARTITIONS,
    pendingRevocation: NO_PARTITIONS,
  };
}

export function isReconciledTo(member: ConsumerMember, targetEpoch: number): boolean {
  return member.state === MemberState.stable && member.memberEpoch === targetEpoch;
}

/** All that a member may have at the moment: what is its own, and what it has yet to give back. */
export function heldBy({ assigned, pendingRevocation }: ConsumerMember): PartitionSets {
  const held = new Map<string, Set<number>>();
  for (const epochs of [assigned, pendingRevocation]) {
    for (const [topicId, partitions] of epochs) {
      held.set(topicId, new Set([...(held.get(topicId) ?? []), ...partitions.keys()]));
    }
  }
  return held;
}

/** Whether two say the same of themselves. */
export function isSameMetadata(a: ConsumerMember, b: ConsumerMember): boolean {
  return (
    a.instanceId === b.instanceId &&
    a.rackId === b.rackId &&
    a.clientId === b.clientId &&
    a.clientHost === b.clientHost &&
    a.rebalanceTimeoutMs === b.rebalanceTimeoutMs &&
    a.serverAssignor === b.serverAssignor &&
    isSameSubscription(a, b) &&
    isSameClassic(a.classicMemberMetadata, b.classicMemberMetadata)
  );
}

export function isSameSubscription(a: ConsumerMember, b: ConsumerMember): boolean {
  return (
    (a.subscribedTopicRegex ?? '') === (b.subscribedTopicRegex ?? '') &&
    a.subscribedTopicNames.length === b.subscribedTopicNames.length &&
    a.subscribedTopicNames.every((name, i) => name === b.subscribedTopicNames[i])
  );
}

export function isSameAssignment(a: ConsumerMember, b: ConsumerMember): boolean {
  return (
    a.memberEpoch === b.memberEpoch &&
    a.previousMemberEpoch === b.previousMemberEpoch &&
    a.state === b.state &&
    isSameEpochs(a.assigned, b.assigned) &&
    isSameEpochs(a.pendingRevocation, b.pendingRevocation)
  );
}

function isSameClassic(a: ClassicMetadata | null, b: ClassicMetadata | null): boolean {
  if (a === null || b === null) return a === b;
  return (
    a.sessionTimeoutMs === b.sessionTimeoutMs &&
    a.supportedProtocols.length === b.supportedProtocols.length &&
    a.supportedProtocols.every(({ name, metadata }, i) => {
      const other = b.supportedProtocols[i];
      return other?.name === name && other.metadata.equals(metadata);
    })
  );
}

export function metadataRecord(groupId: string, member: ConsumerMember): GroupRecordOf<5> {
  const { subscribedTopicNames, subscribedTopicRegex } = member;
  return {
    type: 5,
    key: { groupId, memberId: member.memberId },
    value: {
      ...member,
      subscribedTopicNames: [...subscribedTopicNames],
      subscribedTopicRegex: subscribedTopicRegex ?? '',
    },
  };
}

export function assignmentRecord(groupId: string, member: ConsumerMember): GroupRecordOf<8> {
  const list = (epochs: PartitionEpochs) =>
    Array.from(epochs, ([topicId, partitions]) => {
      const sorted = [...partitions].sort(([a], [b]) => a - b);
      return {
        topicId,
        partitions: sorted.map(([partition]) => partition),
        assignmentEpochs: sorted.map(([, epoch]) => epoch),
      };
    });
  return {
    type: 8,
    key: { groupId, memberId: member.memberId },
    value: {
      memberEpoch: member.memberEpoch,
      previousMemberEpoch: member.previousMemberEpoch,
      state: member.state,
      assignedPartitions: list(member.assigned),
      partitionsPendingRevocation: list(member.pendingRevocation),
    },
  };
}

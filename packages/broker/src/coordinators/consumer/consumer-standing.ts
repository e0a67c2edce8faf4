// What a consumer group is at a moment, as its records have it: epochs, members, targets, who holds which partition.
//
// `apply` is the only thing that changes it, live and when the log is replayed, so that a broker that starts again
// knows just what the one before knew. It keeps no time and answers nobody: what happens to a group is
// consumer-group.ts. org.apache.kafka.coordinator.group.modern.consumer.ConsumerGroup.

import { ErrorCode } from '@klamm/protocol/error-codes';
import type { GroupRecord, GroupRecordOf } from '../group-record.ts';
import type { Committer, GroupStanding } from '../group-standing.ts';
import type { OffsetAge } from '../offsets/offset-expiration.ts';
import {
  type ConsumerMember,
  isReconciledTo,
  LEAVE_EPOCH,
  MemberState,
  newMember,
} from './consumer-member.ts';
import { NO_PARTITIONS, type PartitionEpochs, type PartitionSets, setsOf } from './partition-sets.ts';

/** As ConsumerGroupDescribe and ListGroups name them. */
export type ConsumerState = 'Empty' | 'Assigning' | 'Reconciling' | 'Stable';

export interface ResolvedPattern {
  readonly topics: readonly string[];
  /** How far the metadata had come when it was resolved. */
  readonly version: number;
  readonly timestamp: number;
}

/** From this version of OffsetCommit on it knows member epochs. */
const EPOCHS_SINCE = 9;

export class ConsumerStanding implements GroupStanding {
  readonly type = 'consumer';
  readonly protocolType = 'consumer';
  readonly isOfConsumers = true;
  readonly groupId: string;
  groupEpoch = 0;
  /** Of the topics that members subscribe to, as they were when the group's epoch last changed. */
  metadataHash = 0n;
  /** The group epoch that the targets are for. */
  assignmentEpoch = 0;
  readonly members = new Map<string, ConsumerMember>();
  readonly targets = new Map<string, PartitionSets>();
  /** What each pattern in use matches. */
  readonly patterns = new Map<string, ResolvedPattern>();
  readonly #byInstance = new Map<string, string>();
  /** Who has each partition, whether it is assigned or being given back. */
  readonly #holders = new Map<string, Map<number, string>>();

  constructor(groupId: string) {
    this.groupId = groupId;
  }

  get state(): ConsumerState {
    if (this.members.size === 0) return 'Empty';
    if (this.groupEpoch > this.assignmentEpoch) return 'Assigning';
    for (const member of this.members.values()) {
      if (!isReconciledTo(member, this.assignmentEpoch)) return 'Reconciling';
    }
    return 'Stable';
  }

  get isEmpty(): boolean {
    return this.members.size === 0;
  }

  /** Member id of a static member. */
  idOf(instanceId: string): string | undefined {
    return this.#byInstance.get(instanceId);
  }

  targetOf(memberId: string): PartitionSets {
    return this.targets.get(memberId) ?? NO_PARTITIONS;
  }

  /** Whether nobody but the member holds the partition. */
  isFreeFor(memberId: string, topicId: string, partition: number): boolean {
    const holder = this.#holders.get(topicId)?.get(partition);
    return holder === undefined || holder === memberId;
  }

  apply(record: GroupRecord): void {
    switch (record.type) {
      case 3:
        this.groupEpoch = record.value?.epoch ?? 0;
        this.metadataHash = record.value?.metadataHash ?? 0n;
        break;
      case 5:
        this.#applyMetadata(record);
        break;
      case 6:
        this.assignmentEpoch = record.value?.assignmentEpoch ?? 0;
        break;
      case 7:
        if (record.value === null) this.targets.delete(record.key.memberId);
        else this.targets.set(record.key.memberId, setsOf(record.value.topicPartitions));
        break;
      case 8:
        this.#applyAssignment(record);
        break;
      case 16:
        if (record.value === null) this.patterns.delete(record.key.regularExpression);
        else this.patterns.set(record.key.regularExpression, record.value);
        break;
    }
  }

  /** All records that delete the group. */
  tombstones(): GroupRecord[] {
    const { groupId } = this;
    const ofMember = (memberId: string) => ({ key: { groupId, memberId }, value: null });
    const members = [...this.members.keys()];
    return [
      ...members.map((id) => ({ type: 8 as const, ...ofMember(id) })),
      ...[...this.targets.keys()].map((id) => ({ type: 7 as const, ...ofMember(id) })),
      { type: 6 as const, key: { groupId }, value: null },
      ...members.map((id) => ({ type: 5 as const, ...ofMember(id) })),
      ...Array.from(this.patterns.keys(), (regularExpression) => ({
        type: 16 as const,
        key: { groupId, regularExpression },
        value: null,
      })),
      { type: 3 as const, key: { groupId }, value: null },
    ];
  }

  /**
   * Whether a member may commit an offset of a partition (validateOffsetCommit): with its epoch, or with one since
   * which it has had the partition all along (KIP-1251).
   */
  commitProblem(
    { memberId, groupInstanceId, generation: epoch, apiVersion, isTransactional }: Committer,
    topicId: string,
    partition: number,
  ): number {
    // Somebody without membership: an admin, or a consumer that assigns its partitions by itself.
    if (epoch < 0 && this.members.size === 0) return ErrorCode.NONE;
    if (isTransactional && epoch < 0 && memberId === '' && groupInstanceId === null) return ErrorCode.NONE;
    const member = this.members.get(memberId);
    if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
    const isClassic = member.classicMemberMetadata !== null;
    if (!isTransactional && !isClassic && apiVersion < EPOCHS_SINCE) return ErrorCode.UNSUPPORTED_VERSION;
    if (epoch === member.memberEpoch) return ErrorCode.NONE;
    const held =
      member.assigned.get(topicId)?.get(partition) ?? member.pendingRevocation.get(topicId)?.get(partition);
    if (epoch < member.memberEpoch && held !== undefined && epoch >= held) return ErrorCode.NONE;
    return isClassic ? ErrorCode.ILLEGAL_GENERATION : ErrorCode.STALE_MEMBER_EPOCH;
  }

  /** Whether who fetches offsets is who it says (validateOffsetFetch); who says nothing may. */
  fetchProblem(memberId: string | null, epoch: number): number {
    if (memberId === null && epoch < 0) return ErrorCode.NONE;
    const member = this.members.get(memberId ?? '');
    if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
    if (epoch === member.memberEpoch) return ErrorCode.NONE;
    return member.classicMemberMetadata === null
      ? ErrorCode.STALE_MEMBER_EPOCH
      : ErrorCode.ILLEGAL_GENERATION;
  }

  ageOfOffsets(topic: string): OffsetAge {
    return this.isSubscribedTo(topic) ? { kind: 'kept' } : { kind: 'sinceCommit' };
  }

  isSubscribedTo(topic: string): boolean {
    for (const { subscribedTopicNames, subscribedTopicRegex } of this.members.values()) {
      if (subscribedTopicNames.includes(topic)) return true;
      if (subscribedTopicRegex === null) continue;
      if (this.patterns.get(subscribedTopicRegex)?.topics.includes(topic) === true) return true;
    }
    return false;
  }

  #applyMetadata({ key: { memberId }, value }: GroupRecordOf<5>): void {
    const known = this.members.get(memberId);
    if (value === null) {
      if (known === undefined) return;
      this.#release(known);
      this.members.delete(memberId);
      const { instanceId } = known;
      if (instanceId !== null && this.#byInstance.get(instanceId) === memberId) {
        this.#byInstance.delete(instanceId);
      }
      return;
    }
    const member = known ?? newMember(memberId);
    const { subscribedTopicRegex } = value;
    this.members.set(memberId, {
      ...member,
      ...value,
      subscribedTopicNames: [...value.subscribedTopicNames].sort(),
      subscribedTopicRegex: subscribedTopicRegex === '' ? null : subscribedTopicRegex,
    });
    if (value.instanceId !== null) this.#byInstance.set(value.instanceId, memberId);
  }

  #applyAssignment({ key: { memberId }, value }: GroupRecordOf<8>): void {
    // Compaction may leave what a member has before what it is.
    const known = this.members.get(memberId) ?? (value === null ? undefined : newMember(memberId));
    if (known === undefined) return;
    this.#release(known);
    const member: ConsumerMember = {
      ...known,
      memberEpoch: value?.memberEpoch ?? LEAVE_EPOCH,
      previousMemberEpoch: value?.previousMemberEpoch ?? LEAVE_EPOCH,
      state: value?.state ?? MemberState.stable,
      assigned: epochsOf(value?.assignedPartitions ?? [], value?.memberEpoch ?? 0),
      pendingRevocation: epochsOf(value?.partitionsPendingRevocation ?? [], value?.memberEpoch ?? 0),
    };
    this.members.set(memberId, member);
    for (const held of [member.assigned, member.pendingRevocation]) this.#hold(memberId, held);
  }

  #hold(memberId: string, held: PartitionEpochs): void {
    for (const [topicId, partitions] of held) {
      const holders = this.#holders.get(topicId) ?? new Map<number, string>();
      this.#holders.set(topicId, holders);
      for (const partition of partitions.keys()) holders.set(partition, memberId);
    }
  }

  #release({ memberId, assigned, pendingRevocation }: ConsumerMember): void {
    for (const held of [assigned, pendingRevocation]) {
      for (const [topicId, partitions] of held) {
        const holders = this.#holders.get(topicId);
        if (holders === undefined) continue;
        for (const partition of partitions.keys()) {
          if (holders.get(partition) === memberId) holders.delete(partition);
        }
        if (holders.size === 0) this.#holders.delete(topicId);
      }
    }
  }
}

/** Records of before KIP-1251 have no epochs: then the partitions are taken to be as new as the member's. */
function epochsOf(
  topics: readonly {
    readonly topicId: string;
    readonly partitions: readonly number[];
    readonly assignmentEpochs: readonly number[] | null;
  }[],
  memberEpoch: number,
): PartitionEpochs {
  return new Map(
    topics.map(({ topicId, partitions, assignmentEpochs }) => [
      topicId,
      new Map(
        partitions.map((partition, i) => [partition, assignmentEpochs?.[i] ?? Math.max(0, memberEpoch)]),
      ),
    ]),
  );
}

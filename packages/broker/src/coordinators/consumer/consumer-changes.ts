// What may change of a consumer group, whichever protocol the one who asks for it speaks: members, the group's epoch,
// targets, and what a member has.
//
// Each change is records, which ConsumerStanding applies as they are written, and the members' timers that follow from
// it. It answers nobody. org.apache.kafka.coordinator.group.GroupMetadataManager.

import type { GroupRecord, GroupRecordOf } from '../group-record.ts';
import { StepBuilder } from '../step-builder.ts';
import {
  assignmentRecord,
  type ConsumerMember,
  isReconciledTo,
  isSameAssignment,
  isSameMetadata,
  isSameSubscription,
  MemberState,
  metadataRecord,
  newMember,
} from './consumer-member.ts';
import type { ConsumerGroupOptions } from './consumer-options.ts';
import { ConsumerStanding } from './consumer-standing.ts';
import { classicSuccessor } from './group-downgrade.ts';
import { MemberTimers } from './member-timers.ts';
import { metadataHash } from './metadata-hash.ts';
import { listOf, type TopicPartitions } from './partition-sets.ts';
import { reconcile } from './reconciliation.ts';
import { subscribedTopics, topicIdsOf } from './subscriptions.ts';
import { preferredAssignor, targetRecords } from './target-assignment.ts';
import {
  namesThat,
  type Pattern,
  patternRecord,
  refreshedPatterns,
  unusedPatterns,
} from './topic-patterns.ts';

/** The classic group that a consumer group has become. */
export interface Successor {
  readonly record: GroupRecordOf<2>;
  /** Whether its members must share the partitions out anew. */
  readonly mustRebalance: boolean;
}

export class ConsumerChanges {
  readonly standing: ConsumerStanding;
  readonly options: ConsumerGroupOptions;
  readonly timers = new MemberTimers();
  readonly step = new StepBuilder();
  /** Set when the group's last consumer-protocol member has gone, and the others go on as a classic group. */
  successor: Successor | undefined;
  /** Topics have changed since the hash was computed. */
  mayBeStale = true;

  constructor(groupId: string, options: ConsumerGroupOptions) {
    this.standing = new ConsumerStanding(groupId);
    this.options = options;
  }

  /** The assignor that most members ask for; the first of the settings where they do not care. */
  get assignorName(): string {
    const [first = 'uniform'] = this.options.settings.assignors;
    return preferredAssignor(this.standing, first);
  }

  /** The member as it stands. */
  member(memberId: string): ConsumerMember {
    return this.standing.members.get(memberId) ?? newMember(memberId);
  }

  /**
   * Takes in what a member says of itself, and begins a new epoch where it, or the topics, are not what they were.
   *
   * @param pattern what its regular expression compiles to, where that is new to the group
   * @param mayDescribe which topics patterns may find: it is the member that looks at them
   * @returns whether it subscribes to other topics than before
   */
  update(
    known: ConsumerMember,
    member: ConsumerMember,
    pattern: Pattern | null,
    now: number,
    mayDescribe: Pattern = () => true,
  ): boolean {
    const { standing, options } = this;
    const isNew = !standing.members.has(member.memberId);
    const hasNewTopics = isNew || !isSameSubscription(known, member);
    if (isNew || !isSameMetadata(known, member)) this.write(metadataRecord(standing.groupId, member));
    if (pattern !== null && member.subscribedTopicRegex !== null) {
      const names = namesThat(options.topics, pattern, mayDescribe);
      this.write(patternRecord(standing.groupId, member.subscribedTopicRegex, names, now));
    }
    if (hasNewTopics) {
      this.#writeAll(unusedPatterns(standing));
      this.bump();
    }
    this.#refreshEpoch(now, mayDescribe);
    return hasNewTopics;
  }

  /** Computes every member's target, where it is of an older epoch. */
  assign(now: number): void {
    const { standing } = this;
    if (standing.groupEpoch <= standing.assignmentEpoch) return;
    this.#writeAll(targetRecords(standing, this.options.topics, this.assignorName, now));
  }

  /** One step of the member towards its target. */
  reconcile(memberId: string, owned: readonly TopicPartitions[] | null, now: number): ConsumerMember {
    const { standing } = this;
    const member = this.member(memberId);
    const epoch = standing.assignmentEpoch;
    if (isReconciledTo(member, epoch)) return member;
    const isFree = (topicId: string, partition: number): boolean =>
      standing.isFreeFor(memberId, topicId, partition);
    const target = { epoch, partitions: standing.targetOf(memberId) };
    const wants = topicIdsOf(standing, member, this.options.topics);
    const next = reconcile(member, target, isFree, owned, wants);
    if (isSameAssignment(member, next)) return member;
    this.write(assignmentRecord(standing.groupId, next));
    this.watchRebalance(next, now);
    return next;
  }

  /** Gives the place of a static member, with all that it had, to its next incarnation. */
  replace(owner: ConsumerMember, memberId: string): ConsumerMember {
    const target = this.standing.targetOf(owner.memberId);
    const member = { ...owner, memberId, memberEpoch: 0, previousMemberEpoch: 0 };
    const { groupId } = this.standing;
    this.#erase(owner.memberId);
    this.write(metadataRecord(groupId, member));
    this.write({ type: 7, key: { groupId, memberId }, value: { topicPartitions: listOf(target) } });
    this.write(assignmentRecord(groupId, member));
    return member;
  }

  /** Takes members out. Where only members of the classic protocol stay, the group may become a classic one. */
  removeAll(memberIds: Iterable<string>, now: number): void {
    const ofClassic = new Set<string>();
    const ofConsumer = new Set<string>();
    for (const memberId of memberIds) {
      const isClassic = this.member(memberId).classicMemberMetadata !== null;
      (isClassic ? ofClassic : ofConsumer).add(memberId);
    }
    // Those of the consumer protocol last, so that whoever stays decides what the group becomes.
    this.#remove(ofClassic);
    if (ofConsumer.size === 0) return;
    const record = classicSuccessor(this.standing, ofConsumer, this.options, now);
    if (record === undefined) this.#remove(ofConsumer);
    else this.succeed({ record, mustRebalance: true });
  }

  /** Ends the group: it goes on as a classic one. */
  succeed(successor: Successor): void {
    for (const memberId of this.standing.members.keys()) this.timers.forget(memberId);
    this.#writeAll(this.standing.tombstones());
    this.step.write(successor.record);
    this.successor = successor;
  }

  bump(): void {
    const { groupId, groupEpoch } = this.standing;
    this.write({ type: 3, key: { groupId }, value: { epoch: groupEpoch + 1, metadataHash: this.#hash() } });
  }

  write(record: GroupRecord): void {
    this.standing.apply(record);
    this.step.write(record);
  }

  seen({ memberId, classicMemberMetadata }: ConsumerMember, now: number): void {
    const { sessionTimeoutMs } = classicMemberMetadata ?? this.options.timesOf(this.standing.groupId);
    this.timers.set(memberId, 'session', now + sessionTimeoutMs);
  }

  /** A member of the consumer protocol must give partitions back within its own rebalance timeout. */
  watchRebalance(
    { memberId, state, classicMemberMetadata, rebalanceTimeoutMs }: ConsumerMember,
    now: number,
  ): void {
    if (classicMemberMetadata === null && state === MemberState.unrevoked) {
      this.timers.set(memberId, 'rebalance', now + rebalanceTimeoutMs);
    } else this.timers.clear(memberId, 'rebalance');
  }

  #refreshEpoch(now: number, mayDescribe: Pattern): void {
    if (!this.mayBeStale) return;
    this.mayBeStale = false;
    this.#writeAll(refreshedPatterns(this.standing, this.options.topics, mayDescribe, now));
    if (this.#hash() !== this.standing.metadataHash) this.bump();
  }

  #hash(): bigint {
    return metadataHash(subscribedTopics(this.standing, this.options.topics));
  }

  #remove(memberIds: ReadonlySet<string>): void {
    if (memberIds.size === 0) return;
    for (const memberId of memberIds) this.#erase(memberId);
    this.#writeAll(unusedPatterns(this.standing));
    this.bump();
  }

  #erase(memberId: string): void {
    const { groupId } = this.standing;
    this.timers.forget(memberId);
    for (const type of [8, 7, 5] as const) this.write({ type, key: { groupId, memberId }, value: null });
  }

  #writeAll(records: readonly GroupRecord[]): void {
    for (const record of records) this.write(record);
  }
}

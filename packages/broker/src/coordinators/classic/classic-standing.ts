// What a classic group is at a moment: its members, generation, protocol and state, and what may be asked of it.
//
// Knows no time limits and answers nobody: what happens to a group is classic-group.ts. The record is the one Apache
// Kafka writes (GroupMetadataValue v3), and holds all that must survive a restart; the checks are those of
// org.apache.kafka.coordinator.group.classic.ClassicGroup.

import type { SyncGroup } from '@klamm/protocol/api/14-sync-group';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { ConsumerProtocolSubscription } from '@klamm/protocol/groups/subscription';
import { decodeVersioned } from '@klamm/protocol/groups/versioned';
import type { Decoded } from '@klamm/protocol/schema/fields';
import type { GroupRecord, GroupRecordOf } from '../group-record.ts';
import type { Committer, GroupStanding } from '../group-standing.ts';
import type { OffsetAge } from '../offsets/offset-expiration.ts';
import { type JoinRequest, kept, metadataFor, NO_BYTES } from './classic-member.ts';
import { ClassicMembers } from './classic-members.ts';

/** As DescribeGroups and ListGroups name them. */
export type ClassicState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable';

export type SyncRequest = Decoded<(typeof SyncGroup)['request']['fields']>;

const CONSUMERS = 'consumer';

export class ClassicStanding implements GroupStanding {
  readonly type = 'classic';
  readonly groupId: string;
  readonly members = new ClassicMembers();
  state: ClassicState = 'Empty';
  /** When the group came to its state, ms since 1970; -1 where it is not known. */
  stateSince = -1;
  generation = 0;
  /** "consumer" for consumers; null where no member ever joined. */
  protocolType: string | null = null;
  protocol: string | null = null;
  /** Topics that members read; undefined where that cannot be known. */
  #topics: ReadonlySet<string> | undefined;

  constructor(groupId: string) {
    this.groupId = groupId;
  }

  become(state: ClassicState, now: number): void {
    this.state = state;
    this.stateSince = now;
  }

  /** Begins the generation of the members that there are. */
  nextGeneration(): void {
    this.generation++;
    this.protocol = this.members.size === 0 ? null : this.members.selectProtocol();
    this.#topics = this.#subscribedTopics();
  }

  /** Takes the group as its record has it. */
  replay({ value }: GroupRecordOf<2>): void {
    if (value === null) return;
    this.generation = value.generation;
    this.protocolType = value.protocolType === '' ? null : value.protocolType;
    this.protocol = value.protocol;
    this.stateSince = value.currentStateTimestamp;
    this.state = value.members.length > 0 ? 'Stable' : 'Empty';
    for (const { memberId } of [...this.members]) this.members.remove(memberId);
    for (const member of value.members) {
      const { sessionTimeout, rebalanceTimeout, subscription } = member;
      this.members.add({
        ...member,
        sessionTimeoutMs: sessionTimeout,
        rebalanceTimeoutMs: rebalanceTimeout < 0 ? sessionTimeout : rebalanceTimeout,
        protocols: kept([{ name: value.protocol ?? '', metadata: subscription }]),
        assignment: Buffer.from(member.assignment),
        isNew: false,
        awaitsJoin: undefined,
        awaitsSync: undefined,
        owesSync: false,
        deadline: Number.POSITIVE_INFINITY,
      });
    }
    this.members.leader = value.leader;
    this.#topics = this.#subscribedTopics();
  }

  record(): GroupRecordOf<2> {
    return {
      type: 2,
      key: { group: this.groupId },
      value: {
        protocolType: this.protocolType ?? '',
        generation: this.generation,
        protocol: this.protocol,
        leader: this.members.leader,
        currentStateTimestamp: this.stateSince,
        members: Array.from(this.members, (member) => ({
          memberId: member.memberId,
          groupInstanceId: member.groupInstanceId,
          clientId: member.clientId,
          clientHost: member.clientHost,
          rebalanceTimeout: member.rebalanceTimeoutMs,
          sessionTimeout: member.sessionTimeoutMs,
          subscription: metadataFor(member, this.protocol),
          assignment: member.assignment,
        })),
      },
    };
  }

  /** A group of nobody that never had a generation. */
  emptyRecord(): GroupRecordOf<2> {
    return {
      type: 2,
      key: { group: this.groupId },
      value: {
        protocolType: '',
        generation: 0,
        protocol: null,
        leader: null,
        currentStateTimestamp: this.stateSince,
        members: [],
      },
    };
  }

  /** Whether nobody is in it, or about to join. */
  get isUnused(): boolean {
    return this.members.size === 0 && this.members.pending.size === 0;
  }

  get isEmpty(): boolean {
    return this.state === 'Empty';
  }

  tombstones(): GroupRecord[] {
    return [{ type: 2, key: { group: this.groupId }, value: null }];
  }

  /** A classic member does not say who it is. */
  fetchProblem(): number {
    return ErrorCode.NONE;
  }

  /** NONE where the member is one of this group. */
  memberProblem(memberId: string, instanceId: string | null): number {
    if (instanceId !== null) {
      const known = this.members.idOf(instanceId);
      if (known === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
      if (known !== memberId) return ErrorCode.FENCED_INSTANCE_ID;
    }
    return this.members.get(memberId) === undefined ? ErrorCode.UNKNOWN_MEMBER_ID : ErrorCode.NONE;
  }

  syncProblem(request: SyncRequest): number {
    const errorCode = this.memberProblem(request.memberId, request.groupInstanceId);
    if (errorCode !== ErrorCode.NONE) return errorCode;
    if (request.generationId !== this.generation) return ErrorCode.ILLEGAL_GENERATION;
    const { protocolType, protocolName } = request;
    if (
      (protocolType !== null && protocolType !== this.protocolType) ||
      (protocolName !== null && this.protocol !== null && protocolName !== this.protocol)
    ) {
      return ErrorCode.INCONSISTENT_GROUP_PROTOCOL;
    }
    return this.state === 'PreparingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE;
  }

  /** Whether a commit is allowed (validateOffsetCommit); in a transaction the state does not matter. */
  commitProblem({ memberId, groupInstanceId, generation, isTransactional }: Committer): number {
    const { isEmpty } = this;
    // Somebody without membership: an admin, or a consumer that assigns its partitions by itself.
    if (generation < 0 && isEmpty) return ErrorCode.NONE;
    if (generation >= 0 || memberId !== '' || groupInstanceId !== null) {
      const errorCode = this.memberProblem(memberId, groupInstanceId);
      if (errorCode !== ErrorCode.NONE) return errorCode;
      if (generation !== this.generation) return ErrorCode.ILLEGAL_GENERATION;
    } else if (!isTransactional && !isEmpty) return ErrorCode.UNKNOWN_MEMBER_ID;
    // The member knows of the new generation, but not yet what is its own.
    const isBetween = this.state === 'CompletingRebalance' && !isTransactional;
    return isBetween ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE;
  }

  /** Whether who joins and the members have a protocol in common. */
  speaks({ protocolType, protocols }: JoinRequest): boolean {
    if (this.state === 'Empty') return protocolType !== '' && protocols.length > 0;
    return protocolType === this.protocolType && this.members.share(protocols);
  }

  /** Whether one more member, or this one again, is within the limit. */
  hasRoomFor(memberId: string, maxSize: number): boolean {
    const member = this.members.get(memberId);
    switch (this.state) {
      case 'Empty':
        return true;
      case 'PreparingRebalance':
        // Of the members, only those that have joined count: the others may not come back.
        return member?.awaitsJoin !== undefined || this.members.awaitingJoin < maxSize;
      default:
        return member !== undefined || this.members.size < maxSize;
    }
  }

  /** As DescribeGroups has it: what members said is told of a stable group only. */
  describe(): object {
    const isStable = this.state === 'Stable';
    return {
      groupState: this.state,
      protocolType: this.protocolType ?? '',
      protocolData: isStable ? (this.protocol ?? '') : '',
      members: Array.from(this.members, (member) => ({
        memberId: member.memberId,
        groupInstanceId: member.groupInstanceId,
        clientId: member.clientId,
        clientHost: member.clientHost,
        memberMetadata: isStable ? metadataFor(member, this.protocol) : NO_BYTES,
        memberAssignment: member.assignment,
      })),
    };
  }

  /** Whether a member reads the topic. True for all topics where members' subscriptions cannot be read. */
  isSubscribedTo(topic: string): boolean {
    return this.members.size > 0 && (this.#topics === undefined || this.#topics.has(topic));
  }

  get isOfConsumers(): boolean {
    return this.protocolType === CONSUMERS;
  }

  /** How old the offsets of a topic are taken to be (offsetExpirationCondition). */
  ageOfOffsets(topic: string): OffsetAge {
    if (this.protocolType === null) return { kind: 'sinceCommit' };
    if (this.state === 'Empty') {
      return this.stateSince < 0 ? { kind: 'sinceCommit' } : { kind: 'since', timestamp: this.stateSince };
    }
    const isForgotten = this.isOfConsumers && this.state === 'Stable' && !this.isSubscribedTo(topic);
    return isForgotten ? { kind: 'sinceCommit' } : { kind: 'kept' };
  }

  #subscribedTopics(): ReadonlySet<string> | undefined {
    if (this.members.size > 0 && !this.isOfConsumers) return undefined;
    const topics = new Set<string>();
    for (const member of this.members) {
      try {
        const metadata = metadataFor(member, this.protocol);
        for (const topic of decodeVersioned(ConsumerProtocolSubscription, metadata).topics) topics.add(topic);
      } catch {
        // A member may say what it likes to its leader; then its topics are not known.
        return undefined;
      }
    }
    return topics;
  }
}

// A group of the consumer protocol: each member says in its heartbeats what it wants and has, and is told what is its
// own; the coordinator assigns (KIP-848).
//
// A heartbeat may change three things, one after the other: the member and with it the group's epoch; the target of
// every member, where it is of an older epoch; and what this member has, one step towards its target. All of it is
// records, which ConsumerStanding applies as they are written. org.apache.kafka.coordinator.group.GroupMetadataManager.

import { ErrorCode } from '@klamm/protocol/error-codes';
import type { GroupRecord } from '../group-record.ts';
import type { Group } from '../group-standing.ts';
import type { Respond, Step } from '../step.ts';
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
  STATIC_LEAVE_EPOCH,
} from './consumer-member.ts';
import { ConsumerStanding } from './consumer-standing.ts';
import {
  type HeartbeatRequest,
  type HeartbeatResponse,
  isLeaving,
  type Refusal,
  requestProblem,
} from './heartbeat-check.ts';
import { fencedInstance, findMember, unknownMember } from './member-lookup.ts';
import { isSameEpochs, listOf, NO_PARTITIONS, type TopicPartitions } from './partition-sets.ts';
import { reconcile } from './reconciliation.ts';
import { hashOf, subscribedTopics, type Topics } from './subscriptions.ts';
import { preferredAssignor, targetRecords } from './target-assignment.ts';
import {
  compilePattern,
  namesThat,
  patternRecord,
  refreshedPatterns,
  unusedPatterns,
} from './topic-patterns.ts';

export interface ConsumerGroupSettings {
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly maxSize: number;
  /** Names of server-side assignors, the default first. */
  readonly assignors: readonly string[];
}

export interface ConsumerGroupOptions {
  readonly settings: ConsumerGroupSettings;
  readonly topics: Topics;
  /** An id for a member that brings none (before KIP-1082). */
  readonly newMemberId: () => string;
}

export interface HeartbeatCaller {
  readonly clientId: string;
  readonly clientHost: string;
}

interface Timers {
  session: number;
  /** Until when partitions must have been given back. */
  rebalance: number;
}

/** How soon a member that waits for others shall ask again, in ms: they give partitions back within moments. */
const UNSETTLED_INTERVAL_MS = 100;
const NEVER = Number.POSITIVE_INFINITY;

export class ConsumerGroup implements Group {
  readonly standing: ConsumerStanding;
  readonly #options: ConsumerGroupOptions;
  readonly #step = new StepBuilder();
  readonly #timers = new Map<string, Timers>();
  #deadline = NEVER;
  /** Topics have changed since the hash was computed. */
  #mayBeStale = true;

  constructor(groupId: string, options: ConsumerGroupOptions) {
    this.standing = new ConsumerStanding(groupId);
    this.#options = options;
  }

  get deadline(): number {
    return this.#deadline;
  }

  replay(record: GroupRecord): void {
    this.standing.apply(record);
  }

  /** Gives every member its timeouts from now on. */
  loaded(now: number): void {
    for (const member of this.standing.members.values()) {
      this.#seen(member.memberId, now);
      this.#watchRebalance(member, now);
    }
  }

  seen(memberId: string, now: number): void {
    if (this.#timers.has(memberId)) this.#seen(memberId, now);
  }

  /** Topics have come, gone or grown: the next heartbeat looks. */
  topicsChanged(): void {
    this.#mayBeStale = true;
  }

  heartbeat(
    request: HeartbeatRequest,
    who: HeartbeatCaller,
    respond: Respond<HeartbeatResponse>,
    now: number,
  ): Step {
    const refusal =
      requestProblem(request, this.#options.settings.assignors) ??
      this.#heartbeat(request, who, respond, now);
    if (refusal !== null) this.#step.reply(respond, refusal);
    return this.#step.take();
  }

  expire(now: number): Step {
    let next = NEVER;
    for (const [memberId, { session, rebalance }] of [...this.#timers]) {
      const deadline = Math.min(session, rebalance);
      if (deadline <= now) this.#remove(memberId);
      else next = Math.min(next, deadline);
    }
    this.#deadline = next;
    return this.#step.take();
  }

  /** Takes a member out, as an admin may. NONE or UNKNOWN_MEMBER_ID. */
  fence(memberId: string): { step: Step; errorCode: number } {
    if (!this.standing.members.has(memberId))
      return { step: this.#step.take(), errorCode: ErrorCode.UNKNOWN_MEMBER_ID };
    this.#remove(memberId);
    return { step: this.#step.take(), errorCode: ErrorCode.NONE };
  }

  #heartbeat(
    request: HeartbeatRequest,
    who: HeartbeatCaller,
    respond: Respond<HeartbeatResponse>,
    now: number,
  ): Refusal | null {
    if (isLeaving(request)) return this.#leave(request, respond, now);
    const { newMemberId, settings } = this.#options;
    const memberId = request.memberId === '' ? newMemberId() : request.memberId;
    const sought = findMember(this.standing, request, memberId, settings.maxSize);
    if ('errorCode' in sought) return sought;
    const found = sought.replaces === undefined ? sought.member : this.#replace(sought.replaces, memberId);
    const refusal = this.#update(found, request, who, now);
    if (refusal !== null) return refusal;
    this.#refreshEpoch();
    this.#assign(now);
    const before = this.#member(found.memberId);
    const after = this.#reconcile(before, request.topicPartitions, now);
    this.#seen(found.memberId, now);
    const isFull =
      request.memberEpoch === 0 ||
      (request.rebalanceTimeoutMs !== -1 &&
        (request.subscribedTopicNames !== null || request.subscribedTopicRegex !== null) &&
        request.topicPartitions !== null);
    const tellsAssignment = isFull || !isSameEpochs(found.assigned, after.assigned);
    this.#step.reply(respond, {
      errorCode: ErrorCode.NONE,
      errorMessage: null,
      memberId: after.memberId,
      memberEpoch: after.memberEpoch,
      heartbeatIntervalMs: this.#intervalFor(after),
      assignment: tellsAssignment ? { topicPartitions: listOf(after.assigned) } : null,
    });
    return null;
  }

  /** A static member is back: it takes over what its earlier self had. */
  #replace(owner: ConsumerMember, memberId: string): ConsumerMember {
    const target = this.standing.targetOf(owner.memberId);
    const member = { ...owner, memberId, memberEpoch: 0, previousMemberEpoch: 0 };
    const { groupId } = this.standing;
    this.#erase(owner.memberId);
    this.#write(metadataRecord(groupId, member));
    this.#write({ type: 7, key: { groupId, memberId }, value: { topicPartitions: listOf(target) } });
    this.#write(assignmentRecord(groupId, member));
    return member;
  }

  /** Takes in what the member says of itself. */
  #update(
    known: ConsumerMember,
    request: HeartbeatRequest,
    who: HeartbeatCaller,
    now: number,
  ): Refusal | null {
    const { rebalanceTimeoutMs, subscribedTopicNames, subscribedTopicRegex } = request;
    const member: ConsumerMember = {
      ...known,
      clientId: who.clientId,
      clientHost: who.clientHost,
      instanceId: request.instanceId ?? known.instanceId,
      rackId: request.rackId ?? known.rackId,
      rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? known.rebalanceTimeoutMs : rebalanceTimeoutMs,
      serverAssignor: request.serverAssignor ?? known.serverAssignor,
      subscribedTopicNames:
        subscribedTopicNames === null
          ? known.subscribedTopicNames
          : [...new Set(subscribedTopicNames)].sort(),
      subscribedTopicRegex:
        subscribedTopicRegex === null ? known.subscribedTopicRegex : subscribedTopicRegex || null,
      classicMemberMetadata: null,
    };
    const refusal = this.#resolve(member.subscribedTopicRegex, now);
    if (refusal !== null) return refusal;
    const isNew = !this.standing.members.has(member.memberId);
    if (!isNew && isSameMetadata(known, member)) return null;
    this.#write(metadataRecord(this.standing.groupId, member));
    if (isNew || !isSameSubscription(known, member)) {
      this.#writeAll(unusedPatterns(this.standing));
      this.#bump();
    }
    return null;
  }

  /** Finds out what a pattern that is new to the group matches. */
  #resolve(pattern: string | null, now: number): Refusal | null {
    if (pattern === null || this.standing.patterns.has(pattern)) return null;
    const matches = compilePattern(pattern);
    if (typeof matches !== 'function') {
      return { errorCode: ErrorCode.INVALID_REGULAR_EXPRESSION, errorMessage: matches.problem };
    }
    this.#write(patternRecord(this.standing.groupId, pattern, namesThat(this.#options.topics, matches), now));
    return null;
  }

  /** Begins a new epoch where the topics that members want are not what they were. */
  #refreshEpoch(): void {
    if (!this.#mayBeStale) return;
    this.#mayBeStale = false;
    this.#writeAll(refreshedPatterns(this.standing, this.#options.topics));
    if (this.#hash() !== this.standing.metadataHash) this.#bump();
  }

  #hash(): bigint {
    return hashOf(subscribedTopics(this.standing, this.#options.topics));
  }

  #bump(): void {
    const { groupId, groupEpoch } = this.standing;
    this.#write({ type: 3, key: { groupId }, value: { epoch: groupEpoch + 1, metadataHash: this.#hash() } });
  }

  /** Computes every member's target, where it is of an older epoch. */
  #assign(now: number): void {
    const { standing } = this;
    if (standing.groupEpoch <= standing.assignmentEpoch) return;
    this.#writeAll(targetRecords(standing, this.#options.topics, this.assignorName, now));
  }

  /** The assignor that most members ask for; the first of the settings where they do not care. */
  get assignorName(): string {
    const [first = 'uniform'] = this.#options.settings.assignors;
    return preferredAssignor(this.standing, first);
  }

  /** One step of the member towards its target. */
  #reconcile(member: ConsumerMember, owned: readonly TopicPartitions[] | null, now: number): ConsumerMember {
    const { standing } = this;
    const epoch = standing.assignmentEpoch;
    if (isReconciledTo(member, epoch)) return member;
    const { memberId } = member;
    const isFree = (topicId: string, partition: number): boolean =>
      standing.isFreeFor(memberId, topicId, partition);
    const next = reconcile(member, { epoch, partitions: standing.targetOf(memberId) }, isFree, owned);
    if (isSameAssignment(member, next)) return member;
    this.#write(assignmentRecord(standing.groupId, next));
    this.#watchRebalance(next, now);
    return next;
  }

  #leave(request: HeartbeatRequest, respond: Respond<HeartbeatResponse>, now: number): Refusal | null {
    const { instanceId, memberEpoch } = request;
    const id = instanceId === null ? request.memberId : this.standing.idOf(instanceId);
    const member = id === undefined ? undefined : this.standing.members.get(id);
    if (member === undefined) return unknownMember(request.memberId);
    if (instanceId !== null && member.memberId !== request.memberId)
      return fencedInstance(instanceId, member);
    if (memberEpoch === STATIC_LEAVE_EPOCH) {
      const away = { ...member, memberEpoch, pendingRevocation: NO_PARTITIONS };
      this.#write(assignmentRecord(this.standing.groupId, away));
      this.#watchRebalance(away, now);
    } else this.#remove(member.memberId);
    this.#step.reply(respond, {
      errorCode: ErrorCode.NONE,
      errorMessage: null,
      memberId: member.memberId,
      memberEpoch,
      heartbeatIntervalMs: 0,
      assignment: null,
    });
    return null;
  }

  #remove(memberId: string): void {
    this.#erase(memberId);
    this.#writeAll(unusedPatterns(this.standing));
    this.#bump();
  }

  #erase(memberId: string): void {
    const { groupId } = this.standing;
    this.#timers.delete(memberId);
    for (const type of [8, 7, 5] as const) this.#write({ type, key: { groupId, memberId }, value: null });
  }

  #write(record: GroupRecord): void {
    this.standing.apply(record);
    this.#step.write(record);
  }

  #writeAll(records: readonly GroupRecord[]): void {
    for (const record of records) this.#write(record);
  }

  #member(memberId: string): ConsumerMember {
    return this.standing.members.get(memberId) ?? newMember(memberId);
  }

  /** A member that waits for partitions, or has some to give back, is asked to come again soon. */
  #intervalFor(member: ConsumerMember): number {
    const { heartbeatIntervalMs } = this.#options.settings;
    const isSettled = isReconciledTo(member, this.standing.assignmentEpoch);
    return isSettled ? heartbeatIntervalMs : Math.min(heartbeatIntervalMs, UNSETTLED_INTERVAL_MS);
  }

  #seen(memberId: string, now: number): void {
    const timers = this.#timers.get(memberId);
    const session = now + this.#options.settings.sessionTimeoutMs;
    if (timers === undefined) this.#timers.set(memberId, { session, rebalance: NEVER });
    else timers.session = session;
    this.#deadline = Math.min(this.#deadline, session);
  }

  /** Partitions must be given back within the member's own rebalance timeout. */
  #watchRebalance(member: ConsumerMember, now: number): void {
    this.#seen(member.memberId, now);
    const timers = this.#timers.get(member.memberId);
    if (timers === undefined) return;
    timers.rebalance = member.state === MemberState.unrevoked ? now + member.rebalanceTimeoutMs : NEVER;
    this.#deadline = Math.min(this.#deadline, timers.rebalance);
  }
}

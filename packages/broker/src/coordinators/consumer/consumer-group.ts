// A group of the consumer protocol: each member says in its heartbeats what it wants and has, and is told what is its
// own; the coordinator assigns (KIP-848). Members of the classic protocol may take part: see classic-members.ts.
//
// A heartbeat may change three things, one after the other: the member and with it the group's epoch; the target of
// every member, where it is of an older epoch; and what this member has, one step towards its target. A request that
// is refused changes nothing. org.apache.kafka.coordinator.group.GroupMetadataManager.

import { ErrorCode } from '@klamm/protocol/error-codes';
import type {
  Joiner,
  JoinRequest,
  JoinResponse,
  LeaveOutcome,
  LeavingMember,
  SyncResponse,
} from '../classic/classic-member.ts';
import type { SyncRequest } from '../classic/classic-standing.ts';
import type { GroupRecord } from '../group-record.ts';
import type { Group } from '../group-standing.ts';
import { type Respond, reply, type Step } from '../step.ts';
import { checkClassicHeartbeat, joinClassic, leaveClassic, syncClassic } from './classic-members.ts';
import { ConsumerChanges, type Successor } from './consumer-changes.ts';
import {
  assignmentRecord,
  type ConsumerMember,
  isReconciledTo,
  MemberState,
  STATIC_LEAVE_EPOCH,
} from './consumer-member.ts';
import type { ConsumerGroupOptions } from './consumer-options.ts';
import type { ConsumerStanding } from './consumer-standing.ts';
import {
  type HeartbeatRequest,
  type HeartbeatResponse,
  isFullRequest,
  isLeaving,
  requestProblem,
} from './heartbeat-check.ts';
import { fencedInstance, findMember, unknownMember } from './member-lookup.ts';
import { isSameEpochs, listOf, NO_PARTITIONS, resetEpochs } from './partition-sets.ts';
import { compilePattern, type Pattern } from './topic-patterns.ts';

export interface HeartbeatCaller {
  readonly clientId: string;
  readonly clientHost: string;
  /** Of ConsumerGroupHeartbeat. */
  readonly apiVersion: number;
  /** Which topics its pattern may find; default: all. */
  readonly mayDescribe?: Pattern;
}

/** Of a session that one heartbeat may take. */
const SESSION_PARTS = 4;
/** How soon a member shall ask again that has what it shall have, in ms. */
const SETTLED_INTERVAL_MS = 500;
/** How soon a member that waits for others shall ask again, in ms: they give partitions back within moments. */
const UNSETTLED_INTERVAL_MS = 100;

export class ConsumerGroup implements Group {
  readonly #changes: ConsumerChanges;

  constructor(groupId: string, options: ConsumerGroupOptions) {
    this.#changes = new ConsumerChanges(groupId, options);
  }

  get standing(): ConsumerStanding {
    return this.#changes.standing;
  }

  get deadline(): number {
    return this.#changes.timers.deadline;
  }

  /** What the group has become, when it is no consumer group any more. */
  get successor(): Successor | undefined {
    return this.#changes.successor;
  }

  get assignorName(): string {
    return this.#changes.assignorName;
  }

  replay(record: GroupRecord): void {
    this.standing.apply(record);
  }

  /** Gives every member its timeouts from now on. */
  loaded(now: number): void {
    for (const member of this.standing.members.values()) {
      this.#changes.seen(member, now);
      this.#changes.watchRebalance(member, now);
    }
  }

  /** A commit is no sign of life here: only heartbeats are. */
  seen(): void {}

  /** Topics have come, gone or grown: the next heartbeat looks. */
  topicsChanged(): void {
    this.#changes.mayBeStale = true;
  }

  heartbeat(
    request: HeartbeatRequest,
    who: HeartbeatCaller,
    respond: Respond<HeartbeatResponse>,
    now: number,
  ): Step {
    const { assignors } = this.#changes.options.settings;
    const answer =
      requestProblem(request, who.apiVersion, assignors) ??
      (isLeaving(request) ? this.#leave(request, now) : this.#heartbeat(request, who, now));
    this.#changes.step.reply(respond, answer);
    return this.#changes.step.take();
  }

  /** Whether a heartbeat of the member would be answered with another epoch or assignment, or with an error. */
  hasNewsFor(memberId: string): boolean {
    const { standing, mayBeStale } = this.#changes;
    const member = standing.members.get(memberId);
    if (member === undefined || mayBeStale || standing.groupEpoch > standing.assignmentEpoch) return true;
    if (member.memberEpoch !== standing.assignmentEpoch) return member.state !== MemberState.unrevoked;
    return member.state === MemberState.unreleased && hasFreePartitions(standing, member);
  }

  /** Whether all that a heartbeat brought about is an answer that says nothing new. */
  isQuiet({ memberId, memberEpoch }: HeartbeatRequest, { records, replies }: Step): boolean {
    const member = this.standing.members.get(memberId);
    const body = replies[0]?.body as HeartbeatResponse | undefined;
    return (
      records.length === 0 &&
      replies.length === 1 &&
      body?.errorCode === ErrorCode.NONE &&
      (body.assignment ?? null) === null &&
      member?.memberEpoch === memberEpoch &&
      // One that has to give partitions back is waited for.
      member.state !== MemberState.unrevoked &&
      !this.hasNewsFor(memberId)
    );
  }

  /** How long a member's heartbeat may wait for news, ms. */
  patienceWith(): number {
    const { heartbeatIntervalMs, sessionTimeoutMs } = this.#changes.options.timesOf(this.standing.groupId);
    return Math.min(heartbeatIntervalMs, sessionTimeoutMs / SESSION_PARTS);
  }

  /** JoinGroup of a member of the classic protocol. */
  joinClassic(request: JoinRequest, who: Joiner, respond: Respond<JoinResponse>, now: number): Step {
    this.#changes.step.reply(respond, joinClassic(this.#changes, request, who, now));
    return this.#changes.step.take();
  }

  /** SyncGroup of such a member. */
  syncClassic(request: SyncRequest, respond: Respond<SyncResponse>, now: number): Step {
    return { records: [], replies: [reply(respond, syncClassic(this.#changes, request, now))] };
  }

  /** Heartbeat of such a member: NONE; REBALANCE_IN_PROGRESS where it has to join again; or why it is none. */
  heartbeatClassic(memberId: string, instanceId: string | null, generation: number, now: number): number {
    return checkClassicHeartbeat(this.#changes, memberId, instanceId, generation, now);
  }

  /** LeaveGroup, by which an admin may take out members of either protocol. */
  leaveClassic(leaving: readonly LeavingMember[], now: number): { step: Step; outcomes: LeaveOutcome[] } {
    const outcomes = leaveClassic(this.#changes, leaving, now);
    return { step: this.#changes.step.take(), outcomes };
  }

  expire(now: number): Step {
    this.#changes.removeAll(this.#changes.timers.takeDue(now), now);
    return this.#changes.step.take();
  }

  #heartbeat(request: HeartbeatRequest, who: HeartbeatCaller, now: number): HeartbeatResponse {
    const changes = this.#changes;
    const { standing } = changes;
    const { newMemberId, settings } = changes.options;
    const memberId = request.memberId === '' ? newMemberId() : request.memberId;
    const sought = findMember(standing, request, memberId, settings.maxSize);
    if ('errorCode' in sought) return sought;
    const pattern = this.#patternOf(request);
    if (pattern !== null && 'problem' in pattern) {
      return { errorCode: ErrorCode.INVALID_REGULAR_EXPRESSION, errorMessage: pattern.problem };
    }
    const known = sought.replaces === undefined ? sought.member : changes.replace(sought.replaces, memberId);
    changes.update(known, updated(known, request, who), pattern, now, who.mayDescribe);
    changes.assign(now);
    const member = changes.reconcile(memberId, request.topicPartitions, now);
    changes.seen(member, now);
    const tellsAssignment = isFullRequest(request) || !isSameEpochs(known.assigned, member.assigned);
    return {
      errorCode: ErrorCode.NONE,
      errorMessage: null,
      memberId,
      memberEpoch: member.memberEpoch,
      heartbeatIntervalMs: this.#intervalFor(member),
      assignment: tellsAssignment ? { topicPartitions: listOf(member.assigned) } : null,
    };
  }

  /** The regular expression of a request, where it is new to the group. */
  #patternOf({ subscribedTopicRegex }: HeartbeatRequest): Pattern | { problem: string } | null {
    const isKnown = !subscribedTopicRegex || this.standing.patterns.has(subscribedTopicRegex);
    return isKnown ? null : compilePattern(subscribedTopicRegex);
  }

  #leave({ instanceId, memberId, memberEpoch }: HeartbeatRequest, now: number): HeartbeatResponse {
    const { standing } = this;
    const id = instanceId === null ? memberId : standing.idOf(instanceId);
    const member = id === undefined ? undefined : standing.members.get(id);
    if (member === undefined) return unknownMember(memberId);
    if (instanceId !== null && member.memberId !== memberId) return fencedInstance(instanceId, member);
    if (memberEpoch === STATIC_LEAVE_EPOCH) this.#goAway(member);
    else this.#changes.removeAll([member.memberId], now);
    return {
      errorCode: ErrorCode.NONE,
      errorMessage: null,
      memberId: member.memberId,
      memberEpoch,
      heartbeatIntervalMs: 0,
      assignment: null,
    };
  }

  /** A static member leaves for a while: it keeps what it has until its session ends. */
  #goAway(member: ConsumerMember): void {
    const away = {
      ...member,
      memberEpoch: STATIC_LEAVE_EPOCH,
      // It may commit with whatever epoch it comes back.
      assigned: resetEpochs(member.assigned),
      pendingRevocation: NO_PARTITIONS,
    };
    this.#changes.write(assignmentRecord(this.standing.groupId, away));
    this.#changes.timers.clear(member.memberId, 'rebalance');
  }

  /**
   * When a member shall come again. It comes soon, as its next heartbeat is not answered before there is news, or the
   * interval of the settings is over; and sooner where it waits for partitions, or has some to give back.
   */
  #intervalFor(member: ConsumerMember): number {
    const { heartbeatIntervalMs } = this.#changes.options.timesOf(this.standing.groupId);
    const isSettled = isReconciledTo(member, this.standing.assignmentEpoch);
    return Math.min(heartbeatIntervalMs, isSettled ? SETTLED_INTERVAL_MS : UNSETTLED_INTERVAL_MS);
  }
}

/** The member with what the request says of it; null leaves things as they are. */
function updated(known: ConsumerMember, request: HeartbeatRequest, who: HeartbeatCaller): ConsumerMember {
  const { rebalanceTimeoutMs, subscribedTopicNames, subscribedTopicRegex } = request;
  return {
    ...known,
    clientId: who.clientId,
    clientHost: who.clientHost,
    instanceId: request.instanceId ?? known.instanceId,
    rackId: request.rackId ?? known.rackId,
    rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? known.rebalanceTimeoutMs : rebalanceTimeoutMs,
    serverAssignor: request.serverAssignor ?? known.serverAssignor,
    subscribedTopicNames:
      subscribedTopicNames === null ? known.subscribedTopicNames : [...new Set(subscribedTopicNames)].sort(),
    subscribedTopicRegex:
      subscribedTopicRegex === null ? known.subscribedTopicRegex : subscribedTopicRegex || null,
    classicMemberMetadata: null,
  };
}

/** Whether a member that waits for partitions could have one of them now. */
function hasFreePartitions(standing: ConsumerStanding, { memberId, assigned }: ConsumerMember): boolean {
  for (const [topicId, partitions] of standing.targetOf(memberId)) {
    for (const partition of partitions) {
      if (assigned.get(topicId)?.has(partition) === true) continue;
      if (standing.isFreeFor(memberId, topicId, partition)) return true;
    }
  }
  return false;
}

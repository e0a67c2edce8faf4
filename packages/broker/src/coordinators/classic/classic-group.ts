// A group of the classic protocol: members join, the leader assigns, all learn their share, heartbeats keep them.
//
// The rules are those of Apache Kafka's GroupMetadataManager. Its delayed operations are deadlines here, of members, of
// the join phase and of the sync phase; `expire` does what is due. The group's record is written when a rebalance is
// over and when the group has become empty; a step's answers wait for it, so that no member acts on an assignment that
// a crash would take back.

import { ErrorCode } from '@klamm/protocol/error-codes';
import type { GroupRecord } from '../group-record.ts';
import type { Group } from '../group-standing.ts';
import type { Respond, Step } from '../step.ts';
import { ClassicAnswers, joinAnswer } from './classic-answers.ts';
import { ClassicDeadlines } from './classic-deadlines.ts';
import {
  type ClassicMember,
  type Joiner,
  type JoinRequest,
  type JoinResponse,
  type LeaveOutcome,
  type LeavingMember,
  NO_BYTES,
  newMember,
  rebalanceTimeoutOf,
  type SyncResponse,
  saysTheSame,
} from './classic-member.ts';
import type { ClassicGroupOptions } from './classic-options.ts';
import { ClassicStanding, type SyncRequest } from './classic-standing.ts';

const NEVER = Number.POSITIVE_INFINITY;
/** Of a session that one heartbeat may take. */
const SESSION_PARTS = 4;

export class ClassicGroup implements Group {
  readonly standing: ClassicStanding;
  readonly #options: ClassicGroupOptions;
  /** The first rebalance of an empty group: while newcomers come, it is put off, until `initialUntil` at most. */
  #isInitial = false;
  #hasNewcomer = false;
  #initialUntil = NEVER;
  readonly #deadlines: ClassicDeadlines;
  readonly #answers: ClassicAnswers;

  constructor(groupId: string, options: ClassicGroupOptions) {
    this.standing = new ClassicStanding(groupId);
    this.#options = options;
    this.#deadlines = new ClassicDeadlines(this.standing.members);
    this.#answers = new ClassicAnswers(this.standing);
  }

  get deadline(): number {
    return this.#deadlines.next;
  }

  replay(record: GroupRecord): void {
    if (record.type === 2) this.standing.replay(record);
  }

  /** Gives every member its session timeout from now on. A group that has become too large rebalances. */
  loaded(now: number): void {
    for (const member of this.#members) this.#deadlines.heard(member, now);
    if (this.#members.size > this.#options.settings.maxSize) this.#rebalance(now);
  }

  /** Writes a group that was never written, so that it is there after a restart. */
  create(now: number): Step {
    if (this.standing.isEmpty) this.standing.become('Empty', now);
    this.#answers.writeEmpty();
    return this.#answers.take();
  }

  join(request: JoinRequest, who: Joiner, respond: Respond<JoinResponse>, now: number): Step {
    const { memberId, groupInstanceId, sessionTimeoutMs } = request;
    const { sessionTimeoutMinMs, sessionTimeoutMaxMs, maxSize } = this.#options.settings;
    // Only a dynamic member is given an id to join with.
    const isPending = groupInstanceId === null && this.#members.pending.has(memberId);
    if (sessionTimeoutMs < sessionTimeoutMinMs || sessionTimeoutMs > sessionTimeoutMaxMs) {
      this.#answers.refuseJoin(respond, memberId, ErrorCode.INVALID_SESSION_TIMEOUT);
    } else if (!this.standing.hasRoomFor(memberId, maxSize)) {
      this.#members.remove(memberId);
      this.#answers.refuseJoin(respond, '', ErrorCode.GROUP_MAX_SIZE_REACHED);
      this.#completeJoinOfAll(now);
    } else if (!this.standing.speaks(request)) {
      this.#answers.refuseJoin(respond, memberId, ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
    } else if (memberId === '') this.#joinNew(request, who, respond, now);
    else if (isPending) this.#add(memberId, request, who, respond, now);
    else this.#joinAgain(request, respond, now);
    return this.#answers.take();
  }

  sync(request: SyncRequest, respond: Respond<SyncResponse>, now: number): Step {
    const member = this.#members.get(request.memberId);
    const errorCode = this.standing.syncProblem(request);
    if (errorCode !== ErrorCode.NONE || member === undefined) {
      this.#answers.refuseSync(respond, errorCode);
    } else if (this.standing.state === 'Stable') {
      this.#deadlines.owesNoSync(member);
      this.#answers.sync(respond, member);
    } else {
      // Only one sync of a member can wait; the connection of the other is gone.
      this.#answers.refuse(member, ErrorCode.REBALANCE_IN_PROGRESS);
      member.awaitsSync = respond;
      this.#deadlines.owesNoSync(member);
      if (member.memberId === this.#members.leader) this.#complete(request, now);
    }
    return this.#answers.take();
  }

  /** NONE; REBALANCE_IN_PROGRESS where the member has to join again; or why it is none. */
  heartbeat(memberId: string, instanceId: string | null, generation: number, now: number): number {
    const member = this.#members.get(memberId);
    const errorCode = this.standing.memberProblem(memberId, instanceId);
    if (errorCode !== ErrorCode.NONE || member === undefined) return errorCode;
    if (generation !== this.standing.generation) return ErrorCode.ILLEGAL_GENERATION;
    this.#deadlines.heard(member, now);
    return this.standing.state === 'PreparingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE;
  }

  /** Takes members out. The outcomes hold at once, but are to be told with the step's answers. */
  leave(leaving: readonly LeavingMember[], now: number): { step: Step; outcomes: LeaveOutcome[] } {
    const { size } = this.#members;
    const outcomes = leaving.map(({ memberId, groupInstanceId }) => ({
      memberId,
      groupInstanceId,
      errorCode: this.#leaveOne(memberId, groupInstanceId),
    }));
    if (this.#members.size < size) this.#rebalance(now);
    else this.#completeJoinOfAll(now);
    return { step: this.#answers.take(), outcomes };
  }

  /** Has the members share the partitions out anew. */
  rebalance(now: number): Step {
    this.#rebalance(now);
    return this.#answers.take();
  }

  /** Sends whoever waits for a rebalance to join again: the group is about to become another. */
  end(): Step {
    for (const member of this.#members) this.#answers.refuse(member, ErrorCode.REBALANCE_IN_PROGRESS);
    return this.#answers.take();
  }

  /** Whether a heartbeat of the member would be answered otherwise than by "all is well". */
  hasNewsFor(memberId: string): boolean {
    return this.standing.state === 'PreparingRebalance' || this.#members.get(memberId) === undefined;
  }

  /** How long a member's heartbeat may wait for news, ms: it takes silence for a lost coordinator. */
  patienceWith(memberId: string): number {
    const { sessionTimeoutMs = 0 } = this.#members.get(memberId) ?? {};
    return sessionTimeoutMs / SESSION_PARTS;
  }

  /** A commit is a sign of life too. */
  seen(memberId: string, now: number): void {
    const member = this.#members.get(memberId);
    if (member !== undefined) this.#deadlines.heard(member, now);
  }

  expire(now: number): Step {
    for (const [memberId, deadline] of this.#members.pending) {
      if (deadline <= now) this.#members.pending.delete(memberId);
    }
    let isSomebodyGone = false;
    for (const member of [...this.#members]) {
      if (member.deadline > now) continue;
      // Whoever waits for a rebalance is not silent, but its first join cannot wait for ever.
      if (!member.isNew && (member.awaitsJoin !== undefined || member.awaitsSync !== undefined)) {
        member.deadline = NEVER;
        continue;
      }
      this.#remove(member);
      isSomebodyGone = true;
    }
    if (isSomebodyGone) this.#rebalance(now);
    if (this.#deadlines.isSyncOver(now)) this.#expireSync(now);
    if (this.#deadlines.isJoinOver(now)) this.#expireJoin(now);
    this.#completeJoinOfAll(now);
    this.#deadlines.look();
    return this.#answers.take();
  }

  #joinNew(request: JoinRequest, who: Joiner, respond: Respond<JoinResponse>, now: number): void {
    const { groupInstanceId } = request;
    const memberId = this.#options.newMemberId(groupInstanceId ?? who.clientId);
    const known = groupInstanceId === null ? undefined : this.#members.idOf(groupInstanceId);
    const replaced = known === undefined ? undefined : this.#members.get(known);
    if (replaced !== undefined) this.#replace(replaced, memberId, request, who, respond, now);
    else if (who.mustKnowItsId && groupInstanceId === null) {
      this.#deadlines.pending(memberId, now + request.sessionTimeoutMs);
      this.#answers.refuseJoin(respond, memberId, ErrorCode.MEMBER_ID_REQUIRED);
    } else this.#add(memberId, request, who, respond, now);
  }

  #joinAgain(request: JoinRequest, respond: Respond<JoinResponse>, now: number): void {
    const { memberId, groupInstanceId, protocols } = request;
    const member = this.#members.get(memberId);
    const errorCode = this.standing.memberProblem(memberId, groupInstanceId);
    if (errorCode !== ErrorCode.NONE || member === undefined) {
      this.#answers.refuseJoin(respond, memberId, errorCode);
      return;
    }
    // With nothing new to say, and no leader's wish for another assignment, the generation that stands is answered:
    // the answer before may have been lost.
    const isLeader = memberId === this.#members.leader;
    const wantsRebalance = !saysTheSame(member, protocols) || (isLeader && this.standing.state === 'Stable');
    if (this.standing.state === 'PreparingRebalance' || wantsRebalance) {
      this.#update(member, request, respond);
      this.#rebalance(now);
      return;
    }
    this.#answers.join(respond, joinAnswer(this.standing, member, isLeader));
  }

  /** A static member is back under a new id (KIP-345): nobody else needs to notice, unless the protocol changes. */
  #replace(
    member: ClassicMember,
    memberId: string,
    request: JoinRequest,
    who: Joiner,
    respond: Respond<JoinResponse>,
    now: number,
  ): void {
    const leaderBefore = this.#members.leader ?? '';
    this.#answers.refuse(member, ErrorCode.FENCED_INSTANCE_ID);
    this.#members.rename(member, memberId);
    member.isNew = false;
    this.#update(member, request, respond);
    this.#deadlines.heard(member, now);
    if (this.standing.state !== 'Stable' || this.#members.selectProtocol() !== this.standing.protocol) {
      this.#rebalance(now);
      return;
    }
    this.#answers.write();
    const isLeader = memberId === this.#members.leader;
    const answer = who.maySkipAssignment
      ? { ...joinAnswer(this.standing, member, isLeader), skipAssignment: isLeader }
      : { ...joinAnswer(this.standing, member, false), leader: leaderBefore };
    this.#answers.joined(member, answer);
  }

  #add(
    memberId: string,
    request: JoinRequest,
    who: Joiner,
    respond: Respond<JoinResponse>,
    now: number,
  ): void {
    const member = newMember(memberId, request, who, respond);
    if (this.#members.size === 0) this.standing.protocolType = request.protocolType;
    this.#members.add(member);
    this.#deadlines.silentUntil(member, now + this.#options.settings.newMemberJoinTimeoutMs);
    this.#hasNewcomer = true;
    this.#rebalance(now);
  }

  #update(member: ClassicMember, request: JoinRequest, respond: Respond<JoinResponse>): void {
    this.#members.setProtocols(member, request.protocols);
    member.sessionTimeoutMs = request.sessionTimeoutMs;
    member.rebalanceTimeoutMs = rebalanceTimeoutOf(request);
    // Only one request of a member can wait; the connection of the other is gone.
    this.#answers.refuse(member, ErrorCode.REBALANCE_IN_PROGRESS);
    member.awaitsJoin = respond;
  }

  /** Begins a rebalance, or goes on with the one that is under way. */
  #rebalance(now: number): void {
    const { state } = this.standing;
    if (state === 'PreparingRebalance') {
      this.#completeJoinOfAll(now);
      return;
    }
    if (state === 'CompletingRebalance') {
      for (const member of this.#members) {
        member.assignment = NO_BYTES;
        if (member.awaitsSync === undefined) continue;
        this.#answers.refuse(member, ErrorCode.REBALANCE_IN_PROGRESS);
        this.#deadlines.heard(member, now);
      }
    }
    this.#deadlines.endSync();
    const { initialRebalanceDelayMs } = this.#options.settings;
    this.#isInitial = state === 'Empty' && initialRebalanceDelayMs > 0;
    this.standing.become('PreparingRebalance', now);
    if (this.#isInitial) {
      this.#hasNewcomer = false;
      this.#initialUntil = now + this.#members.rebalanceTimeoutMs;
      this.#deadlines.joinBy(now + initialRebalanceDelayMs);
    } else if (state === 'Empty' || this.#members.haveAllJoined) this.#completeJoin(now);
    else this.#deadlines.joinBy(now + this.#members.rebalanceTimeoutMs);
  }

  #expireJoin(now: number): void {
    if (this.#isInitial && this.#hasNewcomer && now < this.#initialUntil) {
      this.#hasNewcomer = false;
      const { initialRebalanceDelayMs } = this.#options.settings;
      this.#deadlines.joinBy(Math.min(now + initialRebalanceDelayMs, this.#initialUntil));
    } else this.#completeJoin(now);
  }

  #completeJoinOfAll(now: number): void {
    const isJoining = this.standing.state === 'PreparingRebalance' && !this.#isInitial;
    if (isJoining && this.#members.haveAllJoined) this.#completeJoin(now);
  }

  /** The join phase is over: whoever did not join is out, static members apart, and a new generation begins. */
  #completeJoin(now: number): void {
    for (const member of [...this.#members]) {
      if (member.awaitsJoin === undefined && member.groupInstanceId === null) {
        this.#members.remove(member.memberId);
      }
    }
    if (this.#members.size > 0 && !this.#members.electJoinedLeader()) {
      // Static members that are all away: their sessions will tell.
      this.#deadlines.joinBy(now + this.#members.rebalanceTimeoutMs);
      return;
    }
    this.#isInitial = false;
    this.standing.nextGeneration();
    if (this.#members.size === 0) {
      this.#deadlines.endJoin();
      this.standing.become('Empty', now);
      this.#answers.write();
      return;
    }
    this.standing.become('CompletingRebalance', now);
    for (const member of this.#members) {
      const withMembers = member.memberId === this.#members.leader;
      this.#answers.joined(member, joinAnswer(this.standing, member, withMembers));
      member.isNew = false;
      this.#deadlines.heard(member, now);
    }
    this.#deadlines.syncBy(now + this.#members.rebalanceTimeoutMs);
  }

  /** The leader has assigned. */
  #complete(request: SyncRequest, now: number): void {
    const assignments = new Map(
      request.assignments.map(({ memberId, assignment }) => [memberId, assignment]),
    );
    for (const member of this.#members) {
      member.assignment = Buffer.from(assignments.get(member.memberId) ?? NO_BYTES);
    }
    this.standing.become('Stable', now);
    this.#answers.write();
    for (const member of this.#members) {
      if (this.#answers.synced(member)) this.#deadlines.heard(member, now);
    }
  }

  /** Whoever has not asked for its assignment is out. */
  #expireSync(now: number): void {
    const late = [...this.#members].filter(({ owesSync }) => owesSync);
    for (const { memberId } of late) this.#members.remove(memberId);
    this.#rebalance(now);
  }

  #leaveOne(memberId: string, instanceId: string | null): number {
    // An admin removes a static member by its instance id alone.
    const id = memberId === '' && instanceId !== null ? (this.#members.idOf(instanceId) ?? '') : memberId;
    if (this.#members.pending.delete(id)) return ErrorCode.NONE;
    const errorCode = this.standing.memberProblem(id, instanceId);
    const member = this.#members.get(id);
    if (errorCode === ErrorCode.NONE && member !== undefined) this.#remove(member);
    return errorCode;
  }

  #remove(member: ClassicMember): void {
    // One that is still there joins again.
    this.#answers.refuse(member, ErrorCode.UNKNOWN_MEMBER_ID, '');
    this.#members.remove(member.memberId);
  }

  get #members(): ClassicStanding['members'] {
    return this.standing.members;
  }
}

// A group of the classic protocol: members join, the leader assigns, all learn their share, heartbeats keep them.
//
// The rules are those of Apache Kafka's GroupMetadataManager. Its delayed operations are deadlines here, of members, of
// the join phase and of the sync phase; `expire` does what is due. The group's record is written when a rebalance is
// over and when the group has become empty; a step's answers wait for it, so that no member acts on an assignment that
// a crash would take back.

import type { LeaveGroup } from '@klamm/protocol/api/13-leave-group';
import { ErrorCode } from '@klamm/protocol/error-codes';
import type { Decoded } from '@klamm/protocol/schema/fields';
import type { GroupRecord } from '../group-record.ts';
import type { Group } from '../group-standing.ts';
import type { Respond, Step } from '../step.ts';
import { StepBuilder } from '../step-builder.ts';
import { joinAnswer, syncAnswer } from './classic-answers.ts';
import {
  type ClassicMember,
  type JoinRequest,
  type JoinResponse,
  NO_BYTES,
  type SyncResponse,
  saysTheSame,
} from './classic-member.ts';
import { ClassicStanding, type SyncRequest } from './classic-standing.ts';

export interface ClassicGroupSettings {
  readonly sessionTimeoutMinMs: number;
  readonly sessionTimeoutMaxMs: number;
  /** How long the first rebalance of an empty group waits for more members. */
  readonly initialRebalanceDelayMs: number;
  readonly maxSize: number;
  /** How long the first join of a member may wait: no heartbeat tells that it is still there. */
  readonly newMemberJoinTimeoutMs: number;
}

export interface ClassicGroupOptions {
  readonly settings: ClassicGroupSettings;
  /** A member id that was never given out, beginning with the client id or instance id. */
  readonly newMemberId: (prefix: string) => string;
}

export interface Joiner {
  readonly clientId: string;
  readonly clientHost: string;
  /** Whether a new member is given its id first, and joins again with it (KIP-394). */
  readonly mustKnowItsId: boolean;
  /** Whether a leader understands that the assignment stays as it is (KIP-814). */
  readonly maySkipAssignment: boolean;
}

export type LeavingMember = Decoded<(typeof LeaveGroup)['request']['fields']>['members'][number];

export interface LeaveOutcome {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly errorCode: number;
}

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
  #joinDeadline = NEVER;
  #syncDeadline = NEVER;
  #deadline = NEVER;
  readonly #step = new StepBuilder();

  constructor(groupId: string, options: ClassicGroupOptions) {
    this.standing = new ClassicStanding(groupId);
    this.#options = options;
  }

  get deadline(): number {
    return this.#deadline;
  }

  replay(record: GroupRecord): void {
    if (record.type === 2) this.standing.replay(record);
  }

  /** Gives every member its session timeout from now on. */
  loaded(now: number): void {
    for (const member of this.#members) this.#await(member, now + member.sessionTimeoutMs);
  }

  /** Writes a group that was never written, so that it is there after a restart. */
  create(now: number): Step {
    this.standing.stateSince = now;
    this.#write();
    return this.#step.take();
  }

  join(request: JoinRequest, who: Joiner, respond: Respond<JoinResponse>, now: number): Step {
    const { memberId, sessionTimeoutMs } = request;
    const { sessionTimeoutMinMs, sessionTimeoutMaxMs } = this.#options.settings;
    if (sessionTimeoutMs < sessionTimeoutMinMs || sessionTimeoutMs > sessionTimeoutMaxMs) {
      this.#refuseJoin(respond, memberId, ErrorCode.INVALID_SESSION_TIMEOUT);
    } else if (!this.standing.hasRoomFor(memberId, this.#options.settings.maxSize)) {
      this.#members.remove(memberId);
      this.#refuseJoin(respond, '', ErrorCode.GROUP_MAX_SIZE_REACHED);
    } else if (!this.standing.speaks(request)) {
      this.#refuseJoin(respond, memberId, ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
    } else if (memberId === '') this.#joinNew(request, who, respond, now);
    else if (this.#members.pending.has(memberId)) this.#add(memberId, request, who, respond, now);
    else this.#joinAgain(request, respond, now);
    return this.#step.take();
  }

  sync(request: SyncRequest, respond: Respond<SyncResponse>, now: number): Step {
    const member = this.#members.get(request.memberId);
    const errorCode = this.standing.syncProblem(request);
    if (errorCode !== ErrorCode.NONE || member === undefined) {
      this.#step.reply(respond, { errorCode, assignment: NO_BYTES });
    } else if (this.standing.state === 'Stable') {
      this.#owesNoSync(member);
      this.#step.reply(respond, syncAnswer(this.standing, member));
    } else {
      member.awaitsSync = respond;
      this.#owesNoSync(member);
      if (member.memberId === this.#members.leader) this.#complete(request, now);
    }
    return this.#step.take();
  }

  /** NONE; REBALANCE_IN_PROGRESS where the member has to join again; or why it is none. */
  heartbeat(memberId: string, instanceId: string | null, generation: number, now: number): number {
    const member = this.#members.get(memberId);
    const errorCode = this.standing.memberProblem(memberId, instanceId);
    if (errorCode !== ErrorCode.NONE || member === undefined) return errorCode;
    if (generation !== this.standing.generation) return ErrorCode.ILLEGAL_GENERATION;
    this.#await(member, now + member.sessionTimeoutMs);
    return this.standing.state === 'PreparingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE;
  }

  /** Takes members out. The outcomes hold at once, but are to be told with the step's answers. */
  leave(leaving: readonly LeavingMember[], now: number): { step: Step; outcomes: LeaveOutcome[] } {
    const outcomes = leaving.map(({ memberId, groupInstanceId }) => ({
      memberId,
      groupInstanceId,
      errorCode: this.#leaveOne(memberId, groupInstanceId),
    }));
    if (outcomes.some(({ errorCode }) => errorCode === ErrorCode.NONE)) this.#onMembersGone(now);
    return { step: this.#step.take(), outcomes };
  }

  /** Has the members share the partitions out anew. */
  rebalance(now: number): Step {
    this.#rebalance(now);
    return this.#step.take();
  }

  /** Sends whoever waits for a rebalance to join again: the group is about to become another. */
  end(): Step {
    const errorCode = ErrorCode.REBALANCE_IN_PROGRESS;
    for (const member of this.#members) {
      this.#answerJoin(member, { errorCode, memberId: member.memberId });
      this.#answerSync(member, { errorCode, assignment: NO_BYTES });
    }
    return this.#step.take();
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
    if (member !== undefined) this.#await(member, now + member.sessionTimeoutMs);
  }

  expire(now: number): Step {
    this.#deadline = NEVER;
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
    if (isSomebodyGone) this.#onMembersGone(now);
    if (this.#syncDeadline <= now) this.#expireSync(now);
    if (this.standing.state === 'PreparingRebalance') {
      if (this.#joinDeadline <= now) this.#onJoinDeadline(now);
      else if (!this.#isInitial && this.#members.haveAllJoined) this.#completeJoin(now);
    }
    this.#look();
    return this.#step.take();
  }

  #joinNew(request: JoinRequest, who: Joiner, respond: Respond<JoinResponse>, now: number): void {
    const { groupInstanceId } = request;
    const memberId = this.#options.newMemberId(groupInstanceId ?? who.clientId);
    const known = groupInstanceId === null ? undefined : this.#members.idOf(groupInstanceId);
    const replaced = known === undefined ? undefined : this.#members.get(known);
    if (replaced !== undefined) this.#replace(replaced, memberId, request, who, respond, now);
    else if (who.mustKnowItsId && groupInstanceId === null) {
      const deadline = now + request.sessionTimeoutMs;
      this.#members.pending.set(memberId, deadline);
      this.#deadline = Math.min(this.#deadline, deadline);
      this.#refuseJoin(respond, memberId, ErrorCode.MEMBER_ID_REQUIRED);
    } else this.#add(memberId, request, who, respond, now);
  }

  #joinAgain(request: JoinRequest, respond: Respond<JoinResponse>, now: number): void {
    const { memberId, groupInstanceId, protocols } = request;
    const member = this.#members.get(memberId);
    const errorCode = this.standing.memberProblem(memberId, groupInstanceId);
    if (errorCode !== ErrorCode.NONE || member === undefined) {
      this.#refuseJoin(respond, memberId, errorCode);
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
    const withMembers = isLeader && this.standing.state === 'CompletingRebalance';
    this.#step.reply(respond, joinAnswer(this.standing, member, withMembers));
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
    const fenced = { errorCode: ErrorCode.FENCED_INSTANCE_ID, memberId: member.memberId };
    const leaderBefore = this.#members.leader ?? '';
    this.#answerJoin(member, fenced);
    this.#answerSync(member, { errorCode: ErrorCode.FENCED_INSTANCE_ID, assignment: NO_BYTES });
    this.#members.rename(member, memberId);
    this.#update(member, request, respond);
    this.#await(member, now + member.sessionTimeoutMs);
    if (this.standing.state === 'Stable' && this.#members.selectProtocol() === this.standing.protocol) {
      this.#write();
      const isLeader = memberId === this.#members.leader;
      const answer = who.maySkipAssignment
        ? { ...joinAnswer(this.standing, member, isLeader), skipAssignment: isLeader }
        : { ...joinAnswer(this.standing, member, false), leader: leaderBefore };
      this.#answerJoin(member, answer);
    } else this.#rebalance(now);
  }

  #add(
    memberId: string,
    request: JoinRequest,
    who: Joiner,
    respond: Respond<JoinResponse>,
    now: number,
  ): void {
    const member: ClassicMember = {
      memberId,
      groupInstanceId: request.groupInstanceId,
      clientId: who.clientId,
      clientHost: who.clientHost,
      sessionTimeoutMs: request.sessionTimeoutMs,
      rebalanceTimeoutMs: rebalanceTimeoutOf(request),
      protocols: request.protocols,
      assignment: NO_BYTES,
      isNew: true,
      awaitsJoin: respond,
      awaitsSync: undefined,
      owesSync: false,
      deadline: NEVER,
    };
    if (this.#members.size === 0) this.standing.protocolType = request.protocolType;
    this.#members.add(member);
    this.#await(member, now + this.#options.settings.newMemberJoinTimeoutMs);
    this.#hasNewcomer = true;
    this.#rebalance(now);
  }

  #update(member: ClassicMember, request: JoinRequest, respond: Respond<JoinResponse>): void {
    member.protocols = request.protocols;
    member.sessionTimeoutMs = request.sessionTimeoutMs;
    member.rebalanceTimeoutMs = rebalanceTimeoutOf(request);
    // Only one join of a member can wait; the connection of the other is gone.
    if (member.awaitsJoin !== undefined) {
      this.#step.reply(member.awaitsJoin, {
        errorCode: ErrorCode.REBALANCE_IN_PROGRESS,
        memberId: member.memberId,
      });
    }
    member.awaitsJoin = respond;
  }

  /** Begins a rebalance, or goes on with the one that is under way. */
  #rebalance(now: number): void {
    if (this.standing.state === 'PreparingRebalance') {
      if (!this.#isInitial && this.#members.haveAllJoined) this.#completeJoin(now);
      return;
    }
    if (this.standing.state === 'CompletingRebalance') {
      const refused = { errorCode: ErrorCode.REBALANCE_IN_PROGRESS, assignment: NO_BYTES };
      for (const member of this.#members) {
        member.assignment = NO_BYTES;
        if (this.#answerSync(member, refused)) this.#await(member, now + member.sessionTimeoutMs);
      }
    }
    this.#endSync();
    const { initialRebalanceDelayMs } = this.#options.settings;
    const wasEmpty = this.standing.state === 'Empty';
    this.#isInitial = wasEmpty && initialRebalanceDelayMs > 0;
    this.standing.become('PreparingRebalance', now);
    if (this.#isInitial) {
      this.#hasNewcomer = false;
      this.#initialUntil = now + Math.max(this.#members.rebalanceTimeoutMs, initialRebalanceDelayMs);
      this.#joinBy(now + initialRebalanceDelayMs);
    } else if (wasEmpty || this.#members.haveAllJoined) this.#completeJoin(now);
    else this.#joinBy(now + this.#members.rebalanceTimeoutMs);
  }

  #onJoinDeadline(now: number): void {
    if (this.#isInitial && this.#hasNewcomer && now < this.#initialUntil) {
      this.#hasNewcomer = false;
      this.#joinBy(Math.min(now + this.#options.settings.initialRebalanceDelayMs, this.#initialUntil));
    } else this.#completeJoin(now);
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
      this.#joinBy(now + this.#members.rebalanceTimeoutMs);
      return;
    }
    this.#joinDeadline = NEVER;
    this.#isInitial = false;
    this.standing.nextGeneration();
    if (this.#members.size === 0) {
      this.standing.become('Empty', now);
      this.#write();
      return;
    }
    this.standing.become('CompletingRebalance', now);
    for (const member of this.#members) {
      this.#answerJoin(member, joinAnswer(this.standing, member, member.memberId === this.#members.leader));
      member.isNew = false;
      member.owesSync = true;
      this.#await(member, now + member.sessionTimeoutMs);
    }
    this.#syncDeadline = now + this.#members.rebalanceTimeoutMs;
    this.#deadline = Math.min(this.#deadline, this.#syncDeadline);
  }

  /** The leader has assigned. */
  #complete(request: SyncRequest, now: number): void {
    const assignments = new Map(
      request.assignments.map(({ memberId, assignment }) => [memberId, assignment]),
    );
    for (const member of this.#members) member.assignment = assignments.get(member.memberId) ?? NO_BYTES;
    this.standing.become('Stable', now);
    this.#write();
    for (const member of this.#members) {
      if (this.#answerSync(member, syncAnswer(this.standing, member)))
        this.#await(member, now + member.sessionTimeoutMs);
    }
  }

  #expireSync(now: number): void {
    this.#syncDeadline = NEVER;
    const late = [...this.#members].filter(({ owesSync }) => owesSync);
    if (late.length === 0) return;
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
    this.#answerJoin(member, { errorCode: ErrorCode.UNKNOWN_MEMBER_ID, memberId: '' });
    this.#answerSync(member, { errorCode: ErrorCode.UNKNOWN_MEMBER_ID, assignment: NO_BYTES });
    this.#members.remove(member.memberId);
  }

  #onMembersGone(now: number): void {
    if (this.standing.state !== 'Empty') this.#rebalance(now);
  }

  get #members(): ClassicStanding['members'] {
    return this.standing.members;
  }

  #owesNoSync(member: ClassicMember): void {
    member.owesSync = false;
    for (const { owesSync } of this.#members) if (owesSync) return;
    this.#syncDeadline = NEVER;
  }

  #endSync(): void {
    for (const member of this.#members) member.owesSync = false;
    this.#syncDeadline = NEVER;
  }

  #await(member: ClassicMember, deadline: number): void {
    member.deadline = deadline;
    this.#deadline = Math.min(this.#deadline, deadline);
  }

  #joinBy(deadline: number): void {
    this.#joinDeadline = deadline;
    this.#deadline = Math.min(this.#deadline, deadline);
  }

  /** Finds the next deadline anew: a heartbeat only moves its own away, and the least of them stays too early. */
  #look(): void {
    let next = Math.min(this.#joinDeadline, this.#syncDeadline);
    for (const { deadline } of this.#members) next = Math.min(next, deadline);
    for (const deadline of this.#members.pending.values()) next = Math.min(next, deadline);
    this.#deadline = next;
  }

  #write(): void {
    this.#step.write(this.standing.record());
  }

  #refuseJoin(respond: Respond<JoinResponse>, memberId: string, errorCode: number): void {
    this.#step.reply(respond, { errorCode, memberId, protocolName: '' });
  }

  #answerJoin(member: ClassicMember, body: JoinResponse): void {
    const respond = member.awaitsJoin;
    member.awaitsJoin = undefined;
    if (respond !== undefined) this.#step.reply(respond, { protocolName: '', ...body });
  }

  /** Whether the member waited for it. */
  #answerSync(member: ClassicMember, body: SyncResponse): boolean {
    const respond = member.awaitsSync;
    member.awaitsSync = undefined;
    if (respond !== undefined) this.#step.reply(respond, body);
    return respond !== undefined;
  }
}

function rebalanceTimeoutOf({ rebalanceTimeoutMs, sessionTimeoutMs }: JoinRequest): number {
  // v0 has none; the session timeout was both.
  return rebalanceTimeoutMs < 0 ? sessionTimeoutMs : rebalanceTimeoutMs;
}

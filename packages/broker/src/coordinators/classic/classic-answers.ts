// What members of a classic group are told, and what its record says, in one step.

import { ErrorCode } from '@klamm/protocol/error-codes';
import type { Respond, Step } from '../step.ts';
import { StepBuilder } from '../step-builder.ts';
import {
  type ClassicMember,
  type JoinResponse,
  metadataFor,
  NO_BYTES,
  type SyncResponse,
} from './classic-member.ts';
import type { ClassicStanding } from './classic-standing.ts';

export class ClassicAnswers {
  readonly #standing: ClassicStanding;
  readonly #step = new StepBuilder();

  constructor(standing: ClassicStanding) {
    this.#standing = standing;
  }

  /** The step so far; the next one begins empty. */
  take(): Step {
    return this.#step.take();
  }

  /** Keeps the group as it is. */
  write(): void {
    this.#step.write(this.#standing.record());
  }

  /** Keeps that there is such a group, and nothing of who may be about to join it. */
  writeEmpty(): void {
    this.#step.write(this.#standing.emptyRecord());
  }

  refuseJoin(respond: Respond<JoinResponse>, memberId: string, errorCode: number): void {
    this.#step.reply(respond, { errorCode, memberId, protocolName: '' });
  }

  refuseSync(respond: Respond<SyncResponse>, errorCode: number): void {
    this.#step.reply(respond, { errorCode, assignment: NO_BYTES });
  }

  join(respond: Respond<JoinResponse>, body: JoinResponse): void {
    this.#step.reply(respond, body);
  }

  sync(respond: Respond<SyncResponse>, member: ClassicMember): void {
    this.#step.reply(respond, syncAnswer(this.#standing, member));
  }

  /** Answers the join that the member waits with, where it does. */
  joined(member: ClassicMember, body: JoinResponse): void {
    const respond = member.awaitsJoin;
    member.awaitsJoin = undefined;
    if (respond !== undefined) this.#step.reply(respond, body);
  }

  /** Answers the sync that the member waits with; false where it does not. */
  synced(member: ClassicMember): boolean {
    const respond = member.awaitsSync;
    member.awaitsSync = undefined;
    if (respond !== undefined) this.sync(respond, member);
    return respond !== undefined;
  }

  /** Refuses whatever the member waits with; false where it waits with nothing. */
  refuse(member: ClassicMember, errorCode: number, memberId = member.memberId): boolean {
    const { awaitsJoin, awaitsSync } = member;
    member.awaitsJoin = undefined;
    member.awaitsSync = undefined;
    if (awaitsJoin !== undefined) this.refuseJoin(awaitsJoin, memberId, errorCode);
    if (awaitsSync !== undefined) this.refuseSync(awaitsSync, errorCode);
    return awaitsJoin !== undefined || awaitsSync !== undefined;
  }
}

/** The generation a member has joined; the leader hears of all members, as it assigns. */
export function joinAnswer(
  { generation, protocol, protocolType, members }: ClassicStanding,
  member: ClassicMember,
  withMembers: boolean,
): JoinResponse {
  return {
    errorCode: ErrorCode.NONE,
    generationId: generation,
    protocolType,
    protocolName: protocol,
    leader: members.leader ?? '',
    memberId: member.memberId,
    members: withMembers
      ? Array.from(members, (each) => ({
          memberId: each.memberId,
          groupInstanceId: each.groupInstanceId,
          metadata: metadataFor(each, protocol),
        }))
      : [],
  };
}

/** A member's share. */
function syncAnswer(
  { protocol, protocolType }: ClassicStanding,
  { assignment }: ClassicMember,
): SyncResponse {
  return { errorCode: ErrorCode.NONE, protocolType, protocolName: protocol, assignment };
}

// Until when a classic group waits: for each member's next sign of life, for those that were given an id to join
// with, and for the join phase and the sync phase of a rebalance.
//
// The least of all may be too early, as a sign of life moves a member's own away without looking at the others; `look`
// finds it anew.

import type { ClassicMember } from './classic-member.ts';
import type { ClassicMembers } from './classic-members.ts';

const NEVER = Number.POSITIVE_INFINITY;

export class ClassicDeadlines {
  readonly #members: ClassicMembers;
  #join = NEVER;
  #sync = NEVER;
  #next = NEVER;

  constructor(members: ClassicMembers) {
    this.#members = members;
  }

  /** When to look next; Infinity where nothing is awaited. May be early. */
  get next(): number {
    return this.#next;
  }

  /** A member gave a sign of life: its session begins anew. */
  heard(member: ClassicMember, now: number): void {
    this.silentUntil(member, now + member.sessionTimeoutMs);
  }

  silentUntil(member: ClassicMember, deadline: number): void {
    member.deadline = deadline;
    this.#next = Math.min(this.#next, deadline);
  }

  /** Somebody was given an id, and is to join with it. */
  pending(memberId: string, deadline: number): void {
    this.#members.pending.set(memberId, deadline);
    this.#next = Math.min(this.#next, deadline);
  }

  joinBy(deadline: number): void {
    this.#join = deadline;
    this.#next = Math.min(this.#next, deadline);
  }

  /** Whoever has joined is to ask for its assignment by then. */
  syncBy(deadline: number): void {
    this.#join = NEVER;
    this.#sync = deadline;
    this.#next = Math.min(this.#next, deadline);
    for (const member of this.#members) member.owesSync = true;
  }

  isJoinOver(now: number): boolean {
    return this.#join <= now;
  }

  isSyncOver(now: number): boolean {
    return this.#sync <= now;
  }

  endJoin(): void {
    this.#join = NEVER;
  }

  endSync(): void {
    this.#sync = NEVER;
  }

  /** A member has asked for its assignment. */
  owesNoSync(member: ClassicMember): void {
    member.owesSync = false;
    for (const { owesSync } of this.#members) if (owesSync) return;
    this.#sync = NEVER;
  }

  look(): void {
    this.#next = Math.min(this.#join, this.#sync);
    for (const { deadline } of this.#members) this.#next = Math.min(this.#next, deadline);
    for (const deadline of this.#members.pending.values()) this.#next = Math.min(this.#next, deadline);
  }
}

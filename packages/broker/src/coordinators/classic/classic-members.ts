// The members of a classic group: by id and by instance id, with their leader and the protocols they share.
// The part of org.apache.kafka.coordinator.group.classic.ClassicGroup that knows members, but no state and no time.

import { must } from '@klamm/base/assert';
import { type ClassicMember, kept, type MemberProtocol } from './classic-member.ts';

export class ClassicMembers {
  readonly #byId = new Map<string, ClassicMember>();
  readonly #byInstance = new Map<string, string>();
  /** How many members know each protocol. */
  readonly #knowing = new Map<string, number>();
  /** Member ids given out, which have yet to join with them (KIP-394), and until when they may. */
  readonly pending = new Map<string, number>();
  leader: string | null = null;

  get size(): number {
    return this.#byId.size;
  }

  get(memberId: string): ClassicMember | undefined {
    return this.#byId.get(memberId);
  }

  /** Member id of a static member. */
  idOf(instanceId: string): string | undefined {
    return this.#byInstance.get(instanceId);
  }

  [Symbol.iterator](): IterableIterator<ClassicMember> {
    return this.#byId.values();
  }

  get awaitingJoin(): number {
    let count = 0;
    for (const member of this) if (member.awaitsJoin !== undefined) count++;
    return count;
  }

  get haveAllJoined(): boolean {
    return this.pending.size === 0 && this.awaitingJoin === this.size;
  }

  /** The longest any member may take to join again, ms. */
  get rebalanceTimeoutMs(): number {
    let longest = 0;
    for (const { rebalanceTimeoutMs } of this) longest = Math.max(longest, rebalanceTimeoutMs);
    return longest;
  }

  add(member: ClassicMember): void {
    this.pending.delete(member.memberId);
    this.#byId.set(member.memberId, member);
    if (member.groupInstanceId !== null) this.#byInstance.set(member.groupInstanceId, member.memberId);
    this.#count(member, 1);
    this.leader ??= member.memberId;
  }

  /** Forgets a member, or one that has yet to join. */
  remove(memberId: string): void {
    this.pending.delete(memberId);
    const member = this.#byId.get(memberId);
    if (member === undefined) return;
    this.#byId.delete(memberId);
    this.#count(member, -1);
    if (member.groupInstanceId !== null) this.#byInstance.delete(member.groupInstanceId);
    if (this.leader === memberId) this.leader = this.#byId.keys().next().value ?? null;
  }

  /** Gives a static member that came back its new id. */
  rename(member: ClassicMember, memberId: string): void {
    this.#byId.delete(member.memberId);
    if (this.leader === member.memberId) this.leader = memberId;
    member.memberId = memberId;
    this.#byId.set(memberId, member);
    if (member.groupInstanceId !== null) this.#byInstance.set(member.groupInstanceId, memberId);
  }

  /** Takes what a member says of itself now. */
  setProtocols(member: ClassicMember, protocols: readonly MemberProtocol[]): void {
    this.#count(member, -1);
    member.protocols = kept(protocols);
    this.#count(member, 1);
  }

  /** Sees to a leader that has joined; false where nobody has. */
  electJoinedLeader(): boolean {
    if (this.leader === null) return false;
    if (this.#byId.get(this.leader)?.awaitsJoin !== undefined) return true;
    for (const member of this) {
      if (member.awaitsJoin === undefined) continue;
      this.leader = member.memberId;
      return true;
    }
    return false;
  }

  /** Whether one of the protocols is known to every member. */
  share(protocols: readonly MemberProtocol[]): boolean {
    return protocols.some(({ name }) => this.#isSharedByAll(name));
  }

  /** The protocol with the most votes, each member voting for the first of its own that all know. */
  selectProtocol(): string {
    const votes = new Map<string, number>();
    for (const { protocols } of this) {
      const vote = must(
        protocols.find(({ name }) => this.#isSharedByAll(name)),
        'members joined that share no protocol',
      ).name;
      votes.set(vote, (votes.get(vote) ?? 0) + 1);
    }
    let best = '';
    for (const [name, count] of votes) if (count > (votes.get(best) ?? 0)) best = name;
    return best;
  }

  #isSharedByAll(protocol: string): boolean {
    return (this.#knowing.get(protocol) ?? 0) === this.size;
  }

  #count({ protocols }: ClassicMember, change: 1 | -1): void {
    // A member may name a protocol twice.
    for (const name of new Set(protocols.map((protocol) => protocol.name))) {
      const count = (this.#knowing.get(name) ?? 0) + change;
      if (count === 0) this.#knowing.delete(name);
      else this.#knowing.set(name, count);
    }
  }
}

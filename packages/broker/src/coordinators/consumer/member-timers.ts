// Until when each member of a consumer group may be silent, or has time for what it was asked to do.
//
// Knows members by id only. The least of all deadlines may be too early, as a heartbeat moves its own away without
// looking at the others; `takeDue` finds it anew.

/** The end of a member's session; of its time to give partitions back; and, of the classic protocol, to join or sync. */
export type TimerKind = 'session' | 'rebalance' | 'join' | 'sync';

const NEVER = Number.POSITIVE_INFINITY;

export class MemberTimers {
  readonly #byMember = new Map<string, Record<TimerKind, number>>();
  #deadline = NEVER;

  /** When to look next; Infinity where nothing is awaited. May be early. */
  get deadline(): number {
    return this.#deadline;
  }

  set(memberId: string, kind: TimerKind, at: number): void {
    let timers = this.#byMember.get(memberId);
    if (timers === undefined) {
      timers = { session: NEVER, rebalance: NEVER, join: NEVER, sync: NEVER };
      this.#byMember.set(memberId, timers);
    }
    timers[kind] = at;
    this.#deadline = Math.min(this.#deadline, at);
  }

  /** Leaves one that runs as it is. */
  setIfAbsent(memberId: string, kind: TimerKind, at: number): void {
    if (this.#byMember.get(memberId)?.[kind] === NEVER) this.set(memberId, kind, at);
  }

  clear(memberId: string, kind: TimerKind): void {
    const timers = this.#byMember.get(memberId);
    if (timers !== undefined) timers[kind] = NEVER;
  }

  forget(memberId: string): void {
    this.#byMember.delete(memberId);
  }

  /** Ids of the members whose time is up. They are forgotten. */
  takeDue(now: number): string[] {
    const due: string[] = [];
    this.#deadline = NEVER;
    for (const [memberId, { session, rebalance, join, sync }] of this.#byMember) {
      const deadline = Math.min(session, rebalance, join, sync);
      if (deadline <= now) due.push(memberId);
      else this.#deadline = Math.min(this.#deadline, deadline);
    }
    for (const memberId of due) this.#byMember.delete(memberId);
    return due;
  }
}

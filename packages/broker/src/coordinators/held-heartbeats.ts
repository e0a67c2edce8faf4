// Heartbeats whose answer waits until there is news for the member, so that a rebalance reaches it in a round trip and
// not with its next heartbeat, seconds later.
//
// A member has one heartbeat here at most. It is answered when its group has news for it, when the member or its
// connection sends something else (answers go out in order), or when its time is over: as quietly as it would have been
// at once. The machines know nothing of this.

import { NO_STEP, type Reply, type Step, type Timed, together } from './step.ts';

export interface HeldHeartbeat {
  /** When to answer all the same, ms. */
  readonly until: number;
  /** The answer without news. */
  readonly quiet: Reply;
  /** Has the machine answer once more. */
  again(): Step;
}

export class HeldHeartbeats implements Timed {
  readonly #byGroup = new Map<string, Map<string, HeldHeartbeat>>();
  #deadline = Number.POSITIVE_INFINITY;

  get deadline(): number {
    return this.#deadline;
  }

  hold(groupId: string, memberId: string, held: HeldHeartbeat): void {
    const ofGroup = this.#byGroup.get(groupId) ?? new Map<string, HeldHeartbeat>();
    this.#byGroup.set(groupId, ofGroup);
    ofGroup.set(memberId, held);
    this.#deadline = Math.min(this.#deadline, held.until);
  }

  /** Answers a member's heartbeat, as something else is to be answered. */
  release(groupId: string, memberId: string): Step {
    const held = this.#byGroup.get(groupId)?.get(memberId);
    if (held === undefined) return NO_STEP;
    this.#drop(groupId, memberId);
    return { records: [], replies: [held.quiet] };
  }

  /** Answers the members of a group for whom there is news; each answer may be news for another. */
  tell(groupId: string, hasNewsFor: (memberId: string) => boolean): Step {
    const steps: Step[] = [];
    for (let found = true; found; ) {
      found = false;
      for (const [memberId, held] of [...(this.#byGroup.get(groupId) ?? [])]) {
        // What one is told may have had the others told already.
        const isStillHeld = this.#byGroup.get(groupId)?.get(memberId) === held;
        if (!isStillHeld || !hasNewsFor(memberId)) continue;
        this.#drop(groupId, memberId);
        steps.push(held.again());
        found = true;
      }
    }
    return together(steps);
  }

  expire(now: number): Step {
    const replies: Reply[] = [];
    this.#deadline = Number.POSITIVE_INFINITY;
    for (const [groupId, ofGroup] of [...this.#byGroup]) {
      for (const [memberId, { until, quiet }] of [...ofGroup]) {
        if (until > now) this.#deadline = Math.min(this.#deadline, until);
        else {
          replies.push(quiet);
          this.#drop(groupId, memberId);
        }
      }
    }
    return { records: [], replies };
  }

  #drop(groupId: string, memberId: string): void {
    const ofGroup = this.#byGroup.get(groupId);
    ofGroup?.delete(memberId);
    if (ofGroup?.size === 0) this.#byGroup.delete(groupId);
  }
}

// The requests of one connection that wait for a reply, in the order in which they were sent, which is that of the
// replies; their deadlines, and for how long the oldest is overdue.

import type { Clock, Timer } from '@klamm/base/clock';
import type { KlammError } from '@klamm/base/errors';

export interface PendingRequest {
  readonly correlationId: number;
  readonly name: string;
  /** On the monotonic clock. */
  readonly deadline: number;
  readonly timeoutMs: number;
  /** When the answer should be there, on the monotonic clock. */
  readonly dueAt: number;
  /** Decodes the reply; never throws. */
  readonly settle: (frame: Buffer) => void;
  readonly reject: (error: KlammError) => void;
}

export class PendingRequests {
  readonly #clock: Clock;
  readonly #onOverdue: (request: PendingRequest) => void;
  readonly #waiting: PendingRequest[] = [];
  #timer: Timer | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #heardAt = 0;

  /** @param onOverdue called with the first request that missed its deadline */
  constructor(clock: Clock, onOverdue: (request: PendingRequest) => void) {
    this.#clock = clock;
    this.#onOverdue = onOverdue;
  }

  get count(): number {
    return this.#waiting.length;
  }

  add(request: PendingRequest): void {
    this.#waiting.push(request);
    if (request.deadline < this.#timerAt) this.#arm(request.deadline, request.timeoutMs);
  }

  /** Takes out the one whose turn it is, where that is this one. */
  take(correlationId: number): PendingRequest | undefined {
    return this.#waiting[0]?.correlationId === correlationId ? this.#waiting.shift() : undefined;
  }

  /** The id that the next reply has to have; undefined where nothing was asked. */
  get next(): number | undefined {
    return this.#waiting[0]?.correlationId;
  }

  /** Says that the other side is alive. */
  heard(): void {
    this.#heardAt = this.#clock.monotonic();
  }

  /** For how long an answer is overdue and nothing has come, in ms; 0 where nothing is. */
  silentMs(now: number): number {
    const [oldest] = this.#waiting;
    return oldest === undefined ? 0 : Math.max(0, now - Math.max(oldest.dueAt, this.#heardAt));
  }

  /** Fails all, and takes no time any more. */
  fail(error: KlammError): void {
    this.#timer?.cancel();
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  /** One timer for the earliest deadline; one that was met meanwhile costs a look, not a timer. */
  #arm(deadline: number, delayMs: number): void {
    this.#timer?.cancel();
    this.#timerAt = deadline;
    this.#timer = this.#clock.after(delayMs, () => this.#checkDeadlines());
  }

  #checkDeadlines(): void {
    this.#timerAt = Number.POSITIVE_INFINITY;
    const now = this.#clock.monotonic();
    let earliest = Number.POSITIVE_INFINITY;
    for (const request of this.#waiting) {
      // A timer may fire a fraction of a millisecond early.
      if (request.deadline <= now + 1) {
        this.#onOverdue(request);
        return;
      }
      earliest = Math.min(earliest, request.deadline);
    }
    if (earliest < Number.POSITIVE_INFINITY) this.#arm(earliest, earliest - now);
  }
}

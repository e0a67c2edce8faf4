// How many bytes of requests the whole broker works on at a time (`queued.max.request.bytes`). Connections that find
// it spent stop reading, and go on in turn when there is room.

/** Someone who waits for room. */
export interface BudgetWaiter {
  resume(): void;
}

export class Budget {
  readonly #bytesMax: number;
  readonly #waiting = new Set<BudgetWaiter>();
  #bytes = 0;

  /** @param bytesMax bytes in flight from which on nobody reads further */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get isSpent(): boolean {
    return this.#bytes >= this.#bytesMax;
  }

  take(bytes: number): void {
    this.#bytes += bytes;
  }

  release(bytes: number): void {
    this.#bytes -= bytes;
    for (const waiter of this.#waiting) {
      if (this.isSpent) return;
      this.#waiting.delete(waiter);
      waiter.resume();
    }
  }

  /** Has `waiter.resume` called once when there is room. */
  wait(waiter: BudgetWaiter): void {
    this.#waiting.add(waiter);
  }

  forget(waiter: BudgetWaiter): void {
    this.#waiting.delete(waiter);
  }
}

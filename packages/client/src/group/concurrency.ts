// Works on the messages of several partitions at once, and on those of one partition in order.

import type { GroupMessage } from './group-message.ts';
import type { GroupHandler } from './session.ts';

/** Lets so many in at a time, the others wait in order. */
class Gate {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(places: number) {
    this.#free = places;
  }

  async enter(): Promise<void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}

/** A handler that calls `work` for each message, and marks it when that is done. */
export function eachMessage<Value, Key>(
  work: (message: GroupMessage<Value, Key>) => unknown,
  concurrency: number,
): GroupHandler<Value, Key> {
  const gate = new Gate(concurrency);
  return {
    async consumeClaim(claim, session) {
      for await (const message of claim) {
        await gate.enter();
        try {
          // While it waited, the partition may have gone elsewhere.
          if (session.signal.aborted) return;
          await work(message);
          message.mark();
        } finally {
          gate.leave();
        }
      }
    },
  };
}

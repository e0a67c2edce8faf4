// What a coordinator's machine gives back for each thing that happens to it: records to keep, and answers to send.
//
// A machine is synchronous: a decoded request and the time in, a step out. It has applied the records it returns to
// its own memory already. The runtime appends a step's records as one batch and sends its answers when that batch is
// durable; where the log refuses the batch, the runtime forgets the machines of that partition and replays the log, so
// a machine never has to undo anything. A machine may keep a `Respond` and answer it in a later step (a join waits
// for the other members), but never calls it.

import type { GroupRecord } from './group-record.ts';

/** Where an answer goes. The runtime calls it, the machine only hands it back. */
export type Respond<Body> = (body: Body) => void;

export interface Reply {
  readonly respond: Respond<never>;
  readonly body: unknown;
}

export interface Step<R = GroupRecord> {
  /** Appended as one batch, in this order; may be empty. */
  readonly records: readonly R[];
  /** Sent when the records are durable; at once where there are none. */
  readonly replies: readonly Reply[];
  /** The transaction whose the records are; none where it is absent. */
  readonly producer?: TransactionalProducer;
  /** The answers say nothing that the records keep: they do not wait for these to be durable. */
  readonly answersEarly?: boolean;
}

/** Whose transaction a record belongs to. */
export interface TransactionalProducer {
  readonly producerId: number;
  readonly producerEpoch: number;
}

export const NO_STEP: Step<never> = { records: [], replies: [] };

export function reply<Body>(respond: Respond<Body>, body: Body): Reply {
  return { respond, body };
}

/** A step that only answers. */
export function answer<Body>(respond: Respond<Body>, body: Body): Step<never> {
  return { records: [], replies: [reply(respond, body)] };
}

/** Several steps as one batch. */
export function together<R = GroupRecord>(steps: readonly Step<R>[]): Step<R> {
  const [only] = steps;
  if (steps.length === 1 && only !== undefined) return only;
  return {
    records: steps.flatMap(({ records }) => records),
    replies: steps.flatMap(({ replies }) => replies),
  };
}

/** One group of whatever protocol, or one transaction, as the runtime's clock sees it. */
export interface Timed<R = GroupRecord> {
  /** The next time, in ms, at which `expire` has something to do; Infinity where nothing is awaited. May be early. */
  readonly deadline: number;
  /** Does whatever was due at `now`: members that were silent too long, rebalances that took too long. */
  expire(now: number): Step<R>;
}

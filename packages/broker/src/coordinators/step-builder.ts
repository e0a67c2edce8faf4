// Gathers what one call of a machine brings about.

import type { GroupRecord } from './group-record.ts';
import { type Reply, type Respond, reply, type Step } from './step.ts';

export class StepBuilder {
  #records: GroupRecord[] = [];
  #replies: Reply[] = [];

  write(record: GroupRecord): void {
    this.#records.push(record);
  }

  reply<Body>(respond: Respond<Body>, body: Body): void {
    this.#replies.push(reply(respond, body));
  }

  /** The step so far; the next one begins empty. */
  take(): Step {
    const step = { records: this.#records, replies: this.#replies };
    this.#records = [];
    this.#replies = [];
    return step;
  }
}

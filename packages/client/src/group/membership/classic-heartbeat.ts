// The heartbeats of a classic member: on a connection of their own, so that neither a JoinGroup that waits for the
// group nor a busy program costs the membership. What the answers mean is for the member to say.

import type { Timer } from '@klamm/base/clock';
import { KlammError } from '@klamm/base/errors';
import { Heartbeat } from '@klamm/protocol/api/12-heartbeat';
import { isRetriable } from '@klamm/protocol/error-codes';
import type { Encodable } from '@klamm/protocol/schema/fields';
import { backOffMs } from '../../network/back-off.ts';
import type { Connection } from '../../network/connection.ts';
import { consequenceOf, groupError } from './group-errors.ts';
import { HeartbeatPace } from './heartbeat-pace.ts';
import type { MemberContext } from './member.ts';

type Body = Encodable<(typeof Heartbeat)['request']['fields']>;

/** How soon those who have to give partitions back in a cooperative rebalance join again, mostly. */
const FOLLOW_UP_MS = 1000;

/** Klamm's broker answers when there is news, or a good part of the session is over; and then some. */
const ANSWER_TIMEOUT_MS = 5000;

export class ClassicHeartbeat {
  readonly #context: MemberContext;
  readonly #onRefused: (error: KlammError) => void;
  readonly #pace: HeartbeatPace;
  #body: Body | undefined;
  #timer: Timer | undefined;
  #failures = 0;
  /** Changes when heartbeats begin or end: an answer of before is not listened to. */
  #era = 0;

  /** @param onRefused told each error of an answer that is not about the coordinator */
  constructor(context: MemberContext, onRefused: (error: KlammError) => void) {
    this.#context = context;
    this.#onRefused = onRefused;
    const { clock } = context.cluster.settings;
    this.#pace = new HeartbeatPace(clock, context.options.heartbeatIntervalMs, FOLLOW_UP_MS);
  }

  /** Begins, or goes on in another generation. */
  start(body: Body): void {
    this.stop();
    this.#body = body;
    this.#failures = 0;
    // The first comes soon: a broker that answers when there is news has to have it.
    this.#pace.news('once');
    this.#arm(this.#pace.delayAfter(this.#context.cluster.settings.clock.monotonic()));
  }

  /** Another rebalance is likely to follow. */
  expectRebalance(): void {
    this.#pace.news('more');
    this.#arm(this.#pace.delayAfter(this.#context.cluster.settings.clock.monotonic()));
  }

  stop(): void {
    this.#era++;
    this.#body = undefined;
    this.#timer?.cancel();
  }

  #arm(delayMs: number): void {
    this.#timer?.cancel();
    const { clock } = this.#context.cluster.settings;
    this.#timer = clock.after(Math.max(0, delayMs), () => void this.#beat(), true);
  }

  async #beat(): Promise<void> {
    const { cluster, coordinator, options } = this.#context;
    const body = this.#body;
    const era = this.#era;
    const sentAt = cluster.settings.clock.monotonic();
    let connection: Connection | undefined;
    try {
      if (body === undefined) return;
      connection = await coordinator.connect('heartbeat');
      if (era !== this.#era) return;
      const heldMs = Math.max(options.sessionTimeoutMs / 3, options.heartbeatIntervalMs);
      const timeoutMs = heldMs + ANSWER_TIMEOUT_MS;
      const { errorCode } = await connection.request(Heartbeat, body, { timeoutMs, heldMs });
      if (era !== this.#era) return;
      if (consequenceOf(errorCode) === 'elsewhere') coordinator.forget(connection.address);
      if (isRetriable(errorCode)) throw groupError(options.groupId, errorCode);
      this.#failures = 0;
      this.#arm(this.#pace.delayAfter(sentAt));
      this.#context.recovered();
      if (errorCode !== 0) this.#onRefused(groupError(options.groupId, errorCode));
    } catch (cause) {
      if (connection !== undefined && !connection.isOpen) coordinator.forget(connection.address);
      if (era !== this.#era) return;
      if (!(cause instanceof KlammError) || !cause.retriable) {
        this.#context.fail(cause);
        return;
      }
      this.#context.trouble(cause);
      const { backOff, random } = cluster.settings;
      this.#arm(backOffMs(backOff, ++this.#failures, random));
    }
  }
}

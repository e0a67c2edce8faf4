// The calls to the owner of a membership, one after the other, and what the owner holds by them.
//
// A rebalance never overtakes another: whoever gives partitions back has finished before the next call. A slow owner
// holds up its own calls only; a revocation counts as done after the rebalance timeout, because the group has given the
// partitions away by then.

import type { Clock } from '@klamm/base/clock';
import { partitionText, type TopicPartition } from '@klamm/protocol/groups/topic-partition';
import type { MembershipOwner } from './membership.ts';

export interface OwnerCallsOptions {
  readonly clock: Clock;
  readonly rebalanceTimeoutMs: number;
  /** The owner took longer than the rebalance timeout to give partitions back. */
  readonly onLate: () => void;
  /** The owner threw. */
  readonly onFailure: (cause: unknown) => void;
}

export class OwnerCalls {
  readonly #owner: MembershipOwner;
  readonly #options: OwnerCallsOptions;
  readonly #held = new Map<string, TopicPartition>();
  #last: Promise<void> = Promise.resolve();
  #losses = 0;

  constructor(owner: MembershipOwner, options: OwnerCallsOptions) {
    this.#owner = owner;
    this.#options = options;
  }

  /** What the owner was given and has not lost or finished giving back. */
  get held(): TopicPartition[] {
    return [...this.#held.values()];
  }

  assigned(partitions: readonly TopicPartition[], reason: string): Promise<void> {
    return this.#call(() => {
      for (const partition of partitions) this.#held.set(partitionText(partition), partition);
      return this.#owner.assigned(partitions, reason);
    });
  }

  /** Resolves when they are given back, or the rebalance timeout is over. */
  revoked(partitions: readonly TopicPartition[], reason: string): Promise<void> {
    return this.#bounded(
      this.#call(async () => {
        await this.#owner.revoked(partitions, reason);
        this.#drop(partitions);
      }),
    );
  }

  /** The same for whatever is held when its turn comes. */
  revokedAll(reason: string): Promise<void> {
    return this.#bounded(
      this.#call(async () => {
        const { held } = this;
        if (held.length > 0) await this.#owner.revoked(held, reason);
        this.#drop(held);
      }),
    );
  }

  /** True from the moment that all is lost until the owner is through with that. */
  get isLosing(): boolean {
    return this.#losses > 0;
  }

  lostAll(reason: string): Promise<void> {
    this.#losses++;
    return this.#call(async () => {
      try {
        const { held } = this;
        this.#drop(held);
        if (held.length > 0) await this.#owner.lost(held, reason);
      } finally {
        this.#losses--;
      }
    });
  }

  #drop(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#held.delete(partitionText(partition));
  }

  #call(call: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(call).catch(this.#options.onFailure);
    return this.#last;
  }

  #bounded(call: Promise<void>): Promise<void> {
    const { clock, rebalanceTimeoutMs, onLate } = this.#options;
    return new Promise((resolve) => {
      const late = (): void => {
        onLate();
        resolve();
      };
      const timer = clock.after(rebalanceTimeoutMs, late, true);
      call.finally(() => {
        timer.cancel();
        resolve();
      });
    });
  }
}

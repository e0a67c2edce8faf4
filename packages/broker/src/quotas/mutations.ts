// The changes that one request asks for, counted against the client's quota of changes (KIP-599). In versions that know
// the error, a change is refused as long as the client owes for earlier ones; in older ones it only waits for its next.

import { ErrorCode } from '@klamm/protocol/error-codes';
import type { RequestContext } from '../dispatch/context.ts';
import { quotaClientOf } from './quota-client.ts';

export const OVER_MUTATION_QUOTA = {
  errorCode: ErrorCode.THROTTLING_QUOTA_EXCEEDED,
  errorMessage:
    'More partitions were created or deleted than the quota of this client allows; try again later.',
} as const;

export class Mutations {
  readonly #context: RequestContext;
  readonly #isStrict: boolean;
  /** For how long the client is to stay away, by all of its changes. */
  throttleTimeMs = 0;

  /** @param strictSince the first version whose clients know the refusal */
  constructor(context: RequestContext, strictSince: number) {
    this.#context = context;
    this.#isStrict = context.apiVersion >= strictSince;
  }

  /** Counts partitions; true where they may be created or deleted. */
  allows(partitions: number): boolean {
    const { quotas } = this.#context.broker;
    if (!quotas.isActive) return true;
    const outcome = quotas.change(quotaClientOf(this.#context), partitions, this.#isStrict);
    this.throttleTimeMs = Math.max(this.throttleTimeMs, outcome.throttleMs);
    return !outcome.isRefused;
  }
}

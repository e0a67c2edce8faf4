// How long to wait before the next attempt: longer each time, and never the same for two clients.

import type { Random } from '@klamm/base/random';

export interface BackOff {
  /** The wait after the first failure, in ms. */
  readonly firstMs: number;
  /** The longest wait, in ms. */
  readonly mostMs: number;
}

const JITTER = 0.2;

/** Milliseconds to wait after `failures` failures in a row (1 and up): doubling, give or take a fifth. */
export function backOffMs({ firstMs, mostMs }: BackOff, failures: number, random: Random): number {
  const wait = Math.min(mostMs, firstMs * 2 ** Math.min(failures - 1, 30));
  return wait * (1 - JITTER + 2 * JITTER * random());
}

// Draws what befalls the programs of a test next.

import type { Random } from '@klamm/base/random';

/** How likely it is beside the others, what it is called in the log, and what it does. */
export type Fate = readonly [weight: number, name: string, strike: () => unknown];

export function drawFate(random: Random, fates: readonly Fate[]): Fate {
  let at = random() * fates.reduce((sum, [weight]) => sum + weight, 0);
  const fate = fates.find(([weight]) => {
    at -= weight;
    return at < 0;
  });
  if (fate === undefined) throw new Error('there are no fates');
  return fate;
}

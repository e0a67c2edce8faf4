// The assignors that can be asked for by name: those of Java's client.

import type { Assignor } from '@klamm/protocol/groups/assignors/assignor';
import { rangeAssignor } from '@klamm/protocol/groups/assignors/range';
import { roundRobinAssignor } from '@klamm/protocol/groups/assignors/round-robin';
import { cooperativeStickyAssignor, stickyAssignor } from '@klamm/protocol/groups/assignors/sticky';
import { invalidOption } from '../option-checks.ts';

const BY_NAME: ReadonlyMap<string, Assignor> = new Map(
  [rangeAssignor, roundRobinAssignor, stickyAssignor, cooperativeStickyAssignor].map((assignor) => [
    assignor.name,
    assignor,
  ]),
);

/** Throws KlammError INVALID_CONFIG for a name that is none. */
export function assignorsByName(assignors: readonly (string | Assignor)[]): Assignor[] {
  if (assignors.length === 0) throw invalidOption('`assignors` is empty; leave it out for the default.');
  return assignors.map((assignor) => {
    if (typeof assignor !== 'string') return assignor;
    const known = BY_NAME.get(assignor);
    if (known !== undefined) return known;
    throw invalidOption(`There is no assignor "${assignor}"; there are ${[...BY_NAME.keys()].join(', ')}.`);
  });
}

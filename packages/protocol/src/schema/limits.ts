// The fewest bytes a field can take on the wire. A decoder holds an array's count against the bytes that are left
// divided by this, before it allocates anything.

import type { Field } from './fields.ts';

const FIXED: Partial<Record<Field<unknown>['kind'], number>> = {
  boolean: 1,
  int8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  bigint64: 8,
  float64: 8,
  uuid: 16,
};

/** The fewest bytes of one value of `field` in a version; 0 only for a struct without fields in an inflexible one. */
export function sizeMin(field: Field<unknown, unknown>, version: number, flexible: boolean): number {
  const fixed = FIXED[field.kind];
  if (fixed !== undefined) return fixed;
  if (field.kind === 'struct' && field.fields !== undefined) {
    if (version >= field.nullableSince) return 1;
    let size = flexible ? 1 : 0;
    for (const inner of Object.values(field.fields)) {
      const present = version >= inner.since && version <= inner.until;
      const isTagged = flexible && version >= inner.taggedSince;
      if (present && !isTagged) size += sizeMin(inner, version, flexible);
    }
    return size;
  }
  if (flexible && !field.inflexible) return 1;
  return field.kind === 'string' ? 2 : 4;
}

// Batches for tests.

import { BatchBuilder, type BatchOptions } from '@klamm/protocol/records/builder';

/** A batch of `count` records whose values are `bytes` long and whose keys say which they are. */
export function batchOf(
  count: number,
  options: BatchOptions & { bytes?: number; label?: string; timestamp?: number } = {},
): Buffer {
  const { bytes = 20, label = 'r', timestamp = 1_750_000_000_000, ...rest } = options;
  const builder = new BatchBuilder();
  for (let i = 0; i < count; i++)
    builder.append(`${label}-${i}`, Buffer.alloc(bytes, label), [], timestamp + i);
  return builder.build(rest);
}

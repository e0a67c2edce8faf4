// Runs of whole batches, as they are read from a log.

import { BATCH_HEADER_BYTES, batchSizeOf, lastOffsetOf, nextBatch } from '@klamm/protocol/records/batch';

/** Bytes of the whole batches at the start of `bytes` that end below `upTo`. */
export function wholeBatches(bytes: Buffer, upTo: number): number {
  let at = 0;
  for (;;) {
    const next = nextBatch(bytes, at, bytes.length);
    if (next < 0 || lastOffsetOf(bytes, at) >= upTo) return at;
    at = next;
  }
}

/** One past the last offset of some whole batches. */
export function endOffsetOf(bytes: Buffer): number {
  let end = 0;
  for (let at = 0; at + BATCH_HEADER_BYTES <= bytes.length; at += batchSizeOf(bytes, at))
    end = lastOffsetOf(bytes, at) + 1;
  return end;
}

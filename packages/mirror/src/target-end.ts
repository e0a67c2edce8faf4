// Where a target partition ends and what its last batch says: all that a mirror needs to go on, read off the log itself.
//
// The mirror writes under its own producer ids only. A batch of it carries its sequence; a marker of it carries, as its
// coordinator epoch, the sequence that the next batch will have, as the number only has to never fall. So one batch at
// the end tells who wrote, and with which sequence to go on: a batch that was sent before and arrives late is one that
// the broker knows, and is not stored twice (KIP-98).

import { messageOf } from '@klamm/base/errors';
import type { RawClient } from '@klamm/client/raw/raw-client';
import { rawFetch } from '@klamm/client/raw/raw-fetch';
import { errorMeaning, kafkaError } from '@klamm/protocol/error-codes';
import {
  forEachBatch,
  isControl,
  lastOffsetOf,
  lastSequenceOf,
  producerEpochOf,
  producerIdOf,
} from '@klamm/protocol/records/batch';
import { controlRecordsOf, endTransactionMarkerOf } from '@klamm/protocol/records/control';
import type { Sender } from './batch-patch.ts';

/** Sequences are int32, as are coordinator epochs: behind this one a producer id is used up. */
export const SEQUENCE_MAX = 0x7fffffff;

export interface TargetEnd {
  readonly start: number;
  readonly end: number;
  /** Who wrote the last batch, and the sequence that its next one has; undefined where the log is empty. */
  readonly last: (Sender & { readonly nextSequence: number }) | undefined;
  /** Offset of the first of the markers that the log ends with; `end` where it ends with records. */
  readonly markersFrom: number;
}

const LOOK_BACK = 1024;
const LOOK_BYTES = 1024 * 1024;
const TIMEOUT_MS = 30_000;

export async function readTargetEnd(
  client: RawClient,
  lane: string,
  topic: string,
  index: number,
): Promise<TargetEnd> {
  const only = { partitions: [index] };
  const [starts, ends] = await Promise.all([
    client.admin.listOffsets(topic, 'earliest', only),
    client.admin.listOffsets(topic, 'latest', only),
  ]);
  const start = starts.get(index) ?? 0;
  const end = ends.get(index) ?? 0;
  if (end <= start) return { start, end, last: undefined, markersFrom: end };
  // A few markers back, so that those the log ends with are seen; else the last batch alone.
  const near = await lastBatches(client, lane, { topic, index, from: Math.max(start, end - LOOK_BACK), end });
  const found = near.reached ? near : await lastBatches(client, lane, { topic, index, from: end - 1, end });
  return { start, end, last: found.last, markersFrom: found.markersFrom };
}

interface Look {
  readonly topic: string;
  readonly index: number;
  readonly from: number;
  readonly end: number;
}

async function lastBatches(
  client: RawClient,
  lane: string,
  { topic, index, from, end }: Look,
): Promise<Pick<TargetEnd, 'last' | 'markersFrom'> & { readonly reached: boolean }> {
  const partition = await client.partition(topic, index);
  const connection = await client.connect(partition.leader, lane);
  const [answer] = await rawFetch(connection, [{ ...partition, offset: from, maxBytes: LOOK_BYTES }], {
    readCommitted: false,
    maxWaitMs: 0,
    maxBytes: LOOK_BYTES,
    timeoutMs: TIMEOUT_MS,
  });
  if (answer === undefined || answer.errorCode !== 0) {
    client.invalidate(topic);
    const code = answer?.errorCode ?? -1;
    throw kafkaError(code, `The end of ${topic}-${index} cannot be read: ${errorMeaning(code)}`);
  }
  const { records } = answer;
  let last: TargetEnd['last'];
  let markersFrom = end;
  let reached = false;
  forEachBatch(records, 0, records.length, (at) => {
    const offset = lastOffsetOf(records, at);
    if (offset >= end) return false;
    const control = isControl(records, at);
    if (!control) markersFrom = end;
    else if (markersFrom === end) markersFrom = offset;
    last = {
      producerId: producerIdOf(records, at),
      producerEpoch: producerEpochOf(records, at),
      nextSequence: control
        ? sequenceIn(records, at)
        : (lastSequenceOf(records, at) + 1) % (SEQUENCE_MAX + 1),
    };
    reached = offset === end - 1;
    return true;
  });
  return { last, markersFrom, reached };
}

function sequenceIn(records: Buffer, at: number): number {
  try {
    const [record] = controlRecordsOf(records, at);
    return (record === undefined ? undefined : endTransactionMarkerOf(record)?.coordinatorEpoch) ?? 0;
  } catch (cause) {
    throw kafkaError(2, `The last marker cannot be read: ${messageOf(cause)}`, { cause });
  }
}

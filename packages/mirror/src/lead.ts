// The beginning of a partition whose source begins behind offset 0, as retention leaves it: the target is brought to that
// offset by records that mean nothing, which are then deleted, so that both begin at the same offset.
//
// This is done once, before anything is copied, and only to an empty log: how far it goes is written down first, so that
// one that was interrupted goes on, and nothing but these records is ever deleted. They are a byte or two each in the
// log, as a batch holds many and is compressed; markers, which stay, take 78.

import type { RawClient, RawPartition } from '@klamm/client/raw/raw-client';
import { rawProduce } from '@klamm/client/raw/raw-produce';
import { errorMeaning, kafkaError } from '@klamm/protocol/error-codes';
import { Compression } from '@klamm/protocol/records/batch';
import { BatchBuilder } from '@klamm/protocol/records/builder';
import { patchBatch, type Sender } from './batch-patch.ts';

const RECORDS_AT_ONCE = 250_000;
/** Compacted topics ask for a key. */
const KEY = Buffer.alloc(0);

export interface Lead {
  readonly place: RawPartition;
  readonly sender: Sender;
  readonly sequence: number;
  /** The target's end, and where it is to be. */
  readonly from: number;
  readonly to: number;
  readonly now: number;
  readonly timeoutMs: number;
}

/** Resolves with the next sequence. Throws KlammError where a batch is refused, or not where it was meant to be. */
export async function writeLead(client: RawClient, lane: string, lead: Lead): Promise<number> {
  const { place, sender, to, now, timeoutMs } = lead;
  const connection = await client.connect(place.leader, lane);
  let full: Buffer | undefined;
  let sequence = lead.sequence;
  for (let at = lead.from; at < to; ) {
    const count = Math.min(RECORDS_AT_ONCE, to - at);
    full ??= meaningless(count, now);
    const records = count === RECORDS_AT_ONCE ? full : meaningless(count, now);
    patchBatch(records, 0, sender, sequence);
    const [answer] = await rawProduce(connection, [{ ...place, records }], timeoutMs);
    const code = answer?.errorCode ?? -1;
    if (code !== 0 || answer?.baseOffset !== at) {
      throw kafkaError(
        code === 0 ? -1 : code,
        `${place.topic}-${place.index} of the target was not brought to offset ${to}: ${answer?.errorMessage || errorMeaning(code)}`,
      );
    }
    at += count;
    sequence += count;
  }
  return sequence;
}

function meaningless(count: number, timestamp: number): Buffer {
  const builder = new BatchBuilder(count * 12);
  for (let i = 0; i < count; i++) builder.append(KEY, null, [], timestamp);
  return builder.build({ compression: Compression.zstd });
}

// A stored batch becomes one that a broker takes from a producer, where it lies: what a log added to it is taken back
// (base offset, leader epoch, the bits of transactions and of compaction), and it gets the producer and sequence by which
// a broker knows it again. Records, compression and timestamps are not looked at.
//
// The transactional bit goes because only batches of committed transactions are written: see docs/mirror.md. The delete
// horizon belongs to the cleaner that set it; the base timestamp that it hides in stays what the records count from.

import {
  ATTRIBUTES_AT,
  attributesOf,
  DELETE_HORIZON_BIT,
  isFreshCount,
  NO_PARTITION_LEADER_EPOCH,
  setBaseOffset,
  setPartitionLeaderEpoch,
  setProducer,
  TRANSACTIONAL_BIT,
  timestampTypeOf,
} from '@klamm/protocol/records/batch';

export interface Sender {
  readonly producerId: number;
  readonly producerEpoch: number;
}

/** True where a producer may send the batch with nothing but its header changed. */
export function isSendable(buffer: Buffer, at: number): boolean {
  // A broker takes no gaps, and would make another time of one that a broker has set.
  return isFreshCount(buffer, at) && timestampTypeOf(buffer, at) === 'createTime';
}

/** Writes into the batch at `at`, and its checksum anew. */
export function patchBatch(buffer: Buffer, at: number, sender: Sender, baseSequence: number): void {
  setBaseOffset(buffer, at, 0);
  setPartitionLeaderEpoch(buffer, at, NO_PARTITION_LEADER_EPOCH);
  const kept = attributesOf(buffer, at) & ~(TRANSACTIONAL_BIT | DELETE_HORIZON_BIT);
  buffer.writeUInt16BE(kept, at + ATTRIBUTES_AT);
  setProducer(buffer, at, sender.producerId, sender.producerEpoch, baseSequence);
}

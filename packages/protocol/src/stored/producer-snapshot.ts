// The content of a partition's `OFFSET.snapshot` files, behind an int16 version: where the sequence of every idempotent
// producer stood at that offset, so that a restart need not read the whole log (KIP-98).
// org.apache.kafka.storage.internals.log.ProducerStateManager.

import { array, int16, int32, int64, uint32 } from '../schema/fields.ts';
import { message } from '../schema/message.ts';

/** The state of a partition's producers. */
export const ProducerSnapshot = message({
  name: 'ProducerSnapshot',
  versions: [1, 1],
  fields: {
    /** CRC-32C of everything behind it. */
    crc: uint32(),
    /** The producers, one by one. */
    producerEntries: array({
      /** Id of the producer, given by InitProducerId (KIP-98). */
      producerId: int64(),
      /** Epoch of the producer; an older one is fenced off. */
      epoch: int16(),
      /** Sequence number of its last record; -1 for none. */
      lastSequence: int32(),
      /** Offset of its last record; -1 for none. */
      lastOffset: int64(),
      /** Records of its last batch, less one. */
      offsetDelta: int32(),
      /** Largest timestamp of its last batch, ms since 1970. */
      timestamp: int64(),
      /** Epoch of the coordinator that wrote its last marker; -1 for none. */
      coordinatorEpoch: int32(),
      /** First offset of its open transaction; -1 for none. */
      currentTxnFirstOffset: int64(),
    }),
  },
});

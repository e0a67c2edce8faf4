// The idempotent producers of a partition: which batch of each came last, so that one sent again is recognised and
// one out of order refused. Behaviour of org.apache.kafka.storage.internals.log.ProducerStateManager and
// ProducerAppendInfo (KIP-98, KIP-360): the last five batches of a producer are remembered.

import { ErrorCode } from '@klamm/protocol/error-codes';
import {
  baseOffsetOf,
  baseSequenceOf,
  isControl,
  isTransactional,
  lastOffsetDeltaOf,
  lastOffsetOf,
  maxTimestampOf,
  NO_PRODUCER_ID,
  producerEpochOf,
  producerIdOf,
} from '@klamm/protocol/records/batch';
import type { ProducerEntry } from '../storage/producer-snapshot.ts';

/** Batches remembered for each producer (ProducerStateEntry.NUM_BATCHES_TO_RETAIN). */
const BATCHES_KEPT = 5;
const SEQUENCES = 2 ** 31;

interface KnownBatch {
  readonly baseSequence: number;
  readonly lastSequence: number;
  readonly lastOffset: number;
  readonly timestamp: number;
}

interface Producer {
  epoch: number;
  batches: KnownBatch[];
  coordinatorEpoch: number;
  currentTxnFirstOffset: number;
}

export type SequenceCheck =
  | { readonly kind: 'next' }
  | {
      readonly kind: 'duplicate';
      readonly baseOffset: number;
      readonly lastOffset: number;
      readonly timestamp: number;
    }
  | { readonly kind: 'refused'; readonly errorCode: number; readonly message: string };

const NEXT: SequenceCheck = { kind: 'next' };

export class Producers {
  readonly #producers = new Map<number, Producer>();

  get size(): number {
    return this.#producers.size;
  }

  /** Judges a batch that a producer sent, before it is appended. */
  check(batch: Buffer): SequenceCheck {
    const producerId = producerIdOf(batch, 0);
    if (producerId === NO_PRODUCER_ID) return NEXT;
    const known = this.#producers.get(producerId);
    if (known === undefined) return NEXT;
    const epoch = producerEpochOf(batch, 0);
    const baseSequence = baseSequenceOf(batch, 0);
    const lastSequence = (baseSequence + lastOffsetDeltaOf(batch, 0)) % SEQUENCES;
    if (epoch < known.epoch) {
      const message = `Producer ${producerId} sent epoch ${epoch}, but epoch ${known.epoch} has begun.`;
      return { kind: 'refused', errorCode: ErrorCode.INVALID_PRODUCER_EPOCH, message };
    }
    if (epoch > known.epoch) {
      return baseSequence === 0 ? NEXT : outOfOrder(producerId, baseSequence, 0);
    }
    const last = known.batches.at(-1);
    if (last === undefined) return NEXT;
    const same = known.batches.find(
      (b) => b.baseSequence === baseSequence && b.lastSequence === lastSequence,
    );
    if (same !== undefined) {
      const baseOffset = same.lastOffset - lastOffsetDeltaOf(batch, 0);
      return { kind: 'duplicate', baseOffset, lastOffset: same.lastOffset, timestamp: same.timestamp };
    }
    const expected = (last.lastSequence + 1) % SEQUENCES;
    return baseSequence === expected ? NEXT : outOfOrder(producerId, baseSequence, expected);
  }

  /** Takes note of a batch at `at` that is in the log. */
  note(buffer: Buffer, at: number): void {
    const producerId = producerIdOf(buffer, at);
    if (producerId === NO_PRODUCER_ID) return;
    const epoch = producerEpochOf(buffer, at);
    let producer = this.#producers.get(producerId);
    if (producer === undefined) {
      producer = { epoch, batches: [], coordinatorEpoch: -1, currentTxnFirstOffset: -1 };
      this.#producers.set(producerId, producer);
    } else if (producer.epoch !== epoch) {
      producer.epoch = epoch;
      producer.batches = [];
    }
    if (isControl(buffer, at)) {
      producer.currentTxnFirstOffset = -1;
      return;
    }
    if (isTransactional(buffer, at) && producer.currentTxnFirstOffset < 0) {
      producer.currentTxnFirstOffset = baseOffsetOf(buffer, at);
    }
    const baseSequence = baseSequenceOf(buffer, at);
    const lastSequence = (baseSequence + lastOffsetDeltaOf(buffer, at)) % SEQUENCES;
    const { batches } = producer;
    batches.push({
      baseSequence,
      lastSequence,
      lastOffset: lastOffsetOf(buffer, at),
      timestamp: maxTimestampOf(buffer, at),
    });
    if (batches.length > BATCHES_KEPT) batches.shift();
  }

  /** The last offset of data of each producer that is known, by producer id. */
  get lastOffsets(): ReadonlyMap<number, number> {
    return new Map(
      Array.from(this.#producers, ([id, { batches }]) => [id, batches.at(-1)?.lastOffset ?? -1]),
    );
  }

  /** First offset of the oldest transaction that is open; undefined where none is. */
  get firstOpenOffset(): number | undefined {
    let first: number | undefined;
    for (const { currentTxnFirstOffset } of this.#producers.values()) {
      if (currentTxnFirstOffset >= 0 && (first === undefined || currentTxnFirstOffset < first))
        first = currentTxnFirstOffset;
    }
    return first;
  }

  clear(): void {
    this.#producers.clear();
  }

  /** Forgets producers whose last batch is older than `before` (`producer.id.expiration.ms`). */
  expire(before: number): void {
    for (const [id, { batches, currentTxnFirstOffset }] of this.#producers) {
      if (currentTxnFirstOffset < 0 && (batches.at(-1)?.timestamp ?? 0) < before) this.#producers.delete(id);
    }
  }

  entries(): ProducerEntry[] {
    return [...this.#producers].map(
      ([producerId, { epoch, batches, coordinatorEpoch, currentTxnFirstOffset }]) => {
        const last = batches.at(-1);
        const delta =
          last === undefined ? 0 : (last.lastSequence - last.baseSequence + SEQUENCES) % SEQUENCES;
        return {
          producerId,
          epoch,
          lastSequence: last?.lastSequence ?? -1,
          lastOffset: last?.lastOffset ?? -1,
          offsetDelta: delta,
          timestamp: last?.timestamp ?? -1,
          coordinatorEpoch,
          currentTxnFirstOffset,
        };
      },
    );
  }

  load(entries: readonly ProducerEntry[]): void {
    for (const entry of entries) {
      const { producerId, epoch, lastSequence, lastOffset, offsetDelta, timestamp } = entry;
      const baseSequence = (lastSequence - offsetDelta + SEQUENCES) % SEQUENCES;
      this.#producers.set(producerId, {
        epoch,
        batches: lastSequence < 0 ? [] : [{ baseSequence, lastSequence, lastOffset, timestamp }],
        coordinatorEpoch: entry.coordinatorEpoch,
        currentTxnFirstOffset: entry.currentTxnFirstOffset,
      });
    }
  }
}

function outOfOrder(producerId: number, sequence: number, expected: number): SequenceCheck {
  const message = `Producer ${producerId} sent sequence ${sequence} where ${expected} was expected.`;
  return { kind: 'refused', errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, message };
}

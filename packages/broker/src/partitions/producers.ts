// The idempotent and transactional producers of a partition: which batch of each came last, so that one sent again is
// recognised and one out of order refused, and where its open transaction began. Behaviour of
// org.apache.kafka.storage.internals.log.ProducerStateManager and ProducerAppendInfo (KIP-98, KIP-360, KIP-890): the
// last five batches of a producer are remembered.

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
import { controlRecordsOf, endTransactionMarkerOf } from '@klamm/protocol/records/control';
import type { LastBatch } from '../storage/compaction/compactor.ts';
import type { ProducerEntry } from '../storage/producer-snapshot.ts';
import { OpenTransactions } from './open-transactions.ts';

/** Batches remembered for each producer (ProducerStateEntry.NUM_BATCHES_TO_RETAIN). */
const BATCHES_KEPT = 5;
const SEQUENCES = 2 ** 31;
/** The sequence of what a coordinator writes for a producer, such as offsets. */
const NO_SEQUENCE = -1;

interface KnownBatch {
  readonly baseSequence: number;
  readonly lastSequence: number;
  readonly lastOffset: number;
  readonly timestamp: number;
}

interface Producer {
  epoch: number;
  batches: KnownBatch[];
  /** Of its last batch or marker, ms since 1970. */
  timestamp: number;
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

type Refused = Extract<SequenceCheck, { kind: 'refused' }>;

/** How the transaction of a producer is to end in a partition. */
export interface TransactionMarker {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly committed: boolean;
  readonly coordinatorEpoch: number;
  /** Whether each transaction has an epoch of its own, which its marker ends (KIP-890): transaction.version 2. */
  readonly epochPerTransaction: boolean;
}

/** A transaction that wrote to the partition and has ended. */
export interface EndedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
  /** Offset of the marker. */
  readonly lastOffset: number;
  readonly lastStableOffset: number;
  readonly committed: boolean;
}

const NEXT: SequenceCheck = { kind: 'next' };

export class Producers {
  #producers = new Map<number, Producer>();
  #transactions = new OpenTransactions();

  get transactions(): OpenTransactions {
    return this.#transactions;
  }

  get size(): number {
    return this.#producers.size;
  }

  /**
   * Judges a batch that a producer sent, before it is appended.
   *
   * @param epochPerTransaction whether the producer's sequence starts anew with each transaction (KIP-890)
   */
  check(batch: Buffer, epochPerTransaction: boolean): SequenceCheck {
    const producerId = producerIdOf(batch, 0);
    if (producerId === NO_PRODUCER_ID) return NEXT;
    const known = this.#producers.get(producerId);
    const epoch = producerEpochOf(batch, 0);
    const baseSequence = baseSequenceOf(batch, 0);
    // Who is not known may have been forgotten, but not in the middle of a transaction.
    if (known === undefined) {
      return epochPerTransaction && baseSequence !== 0 ? outOfOrder(producerId, baseSequence, 0) : NEXT;
    }
    if (epoch < known.epoch) return staleEpoch(producerId, epoch, known.epoch);
    const sequence = this.#checkSequence(known, batch, producerId, epoch, baseSequence);
    if (sequence.kind === 'next' && known.currentTxnFirstOffset >= 0 && !isTransactional(batch, 0)) {
      const message = `Producer ${producerId} has a transaction open here, and sent a batch outside of it.`;
      return { kind: 'refused', errorCode: ErrorCode.INVALID_TXN_STATE, message };
    }
    return sequence;
  }

  #checkSequence(
    known: Producer,
    batch: Buffer,
    producerId: number,
    epoch: number,
    baseSequence: number,
  ): SequenceCheck {
    if (epoch > known.epoch) return baseSequence === 0 ? NEXT : outOfOrder(producerId, baseSequence, 0);
    const lastSequence = (baseSequence + lastOffsetDeltaOf(batch, 0)) % SEQUENCES;
    const same = known.batches.find(
      (b) => b.baseSequence === baseSequence && b.lastSequence === lastSequence,
    );
    if (same !== undefined) {
      const baseOffset = same.lastOffset - lastOffsetDeltaOf(batch, 0);
      return { kind: 'duplicate', baseOffset, lastOffset: same.lastOffset, timestamp: same.timestamp };
    }
    // A marker begins an epoch, too: its first batch has yet to come.
    const expected = ((known.batches.at(-1)?.lastSequence ?? NO_SEQUENCE) + 1) % SEQUENCES;
    return baseSequence === expected ? NEXT : outOfOrder(producerId, baseSequence, expected);
  }

  /** What speaks against a batch that a coordinator writes for a producer, which has no sequence. */
  checkEpoch(producerId: number, epoch: number): Refused | undefined {
    const known = this.#producers.get(producerId);
    return known !== undefined && epoch < known.epoch
      ? staleEpoch(producerId, epoch, known.epoch)
      : undefined;
  }

  /** What speaks against a marker, before it is appended. */
  checkMarker(marker: TransactionMarker): Refused | undefined {
    const { producerId, producerEpoch, coordinatorEpoch, epochPerTransaction } = marker;
    const known = this.#producers.get(producerId);
    if (known === undefined) return undefined;
    const isOpen = known.currentTxnFirstOffset >= 0;
    // The marker of an epoch that is over already could end the next transaction (KIP-1228).
    const lowest = epochPerTransaction && isOpen ? known.epoch + 1 : known.epoch;
    if (producerEpoch < lowest) return staleEpoch(producerId, producerEpoch, known.epoch);
    if (coordinatorEpoch < known.coordinatorEpoch) {
      const message = `A marker for producer ${producerId} is of coordinator epoch ${coordinatorEpoch}, but one of ${known.coordinatorEpoch} has written here.`;
      return { kind: 'refused', errorCode: ErrorCode.TRANSACTION_COORDINATOR_FENCED, message };
    }
    return undefined;
  }

  /** Whether a transaction of this producer, in this epoch, has written to the partition and is open. */
  hasOpen(producerId: number, epoch: number): boolean {
    const known = this.#producers.get(producerId);
    return known !== undefined && known.currentTxnFirstOffset >= 0 && known.epoch === epoch;
  }

  /** Takes note of a batch at `at` that is in the log, and returns the transaction that it ended. */
  note(buffer: Buffer, at: number): EndedTransaction | undefined {
    const producerId = producerIdOf(buffer, at);
    if (producerId === NO_PRODUCER_ID) return undefined;
    if (isControl(buffer, at)) return this.#noteMarker(buffer, at, producerId);
    const producer = this.#producerOf(producerId, producerEpochOf(buffer, at));
    if (isTransactional(buffer, at) && producer.currentTxnFirstOffset < 0) {
      producer.currentTxnFirstOffset = baseOffsetOf(buffer, at);
      this.transactions.begin(producer.currentTxnFirstOffset, producerId);
    }
    const baseSequence = baseSequenceOf(buffer, at);
    const lastSequence =
      baseSequence === NO_SEQUENCE ? NO_SEQUENCE : (baseSequence + lastOffsetDeltaOf(buffer, at)) % SEQUENCES;
    const timestamp = maxTimestampOf(buffer, at);
    producer.timestamp = timestamp;
    producer.batches.push({ baseSequence, lastSequence, lastOffset: lastOffsetOf(buffer, at), timestamp });
    if (producer.batches.length > BATCHES_KEPT) producer.batches.shift();
    return undefined;
  }

  #noteMarker(buffer: Buffer, at: number, producerId: number): EndedTransaction | undefined {
    const [record] = controlRecordsOf(buffer, at);
    const marker = record === undefined ? undefined : endTransactionMarkerOf(record);
    // Compaction leaves the empty batch of a marker whose transaction is gone.
    if (record === undefined || marker === undefined) return undefined;
    const producer = this.#producerOf(producerId, producerEpochOf(buffer, at));
    producer.coordinatorEpoch = marker.coordinatorEpoch;
    producer.timestamp = record.timestamp;
    const firstOffset = producer.currentTxnFirstOffset;
    if (firstOffset < 0) return undefined;
    producer.currentTxnFirstOffset = -1;
    const lastOffset = record.offset;
    this.transactions.end(firstOffset, lastOffset);
    const lastStableOffset = this.transactions.firstOpen ?? lastOffset + 1;
    return { producerId, firstOffset, lastOffset, lastStableOffset, committed: marker.committed };
  }

  #producerOf(producerId: number, epoch: number): Producer {
    let producer = this.#producers.get(producerId);
    if (producer === undefined) {
      producer = { epoch, batches: [], timestamp: -1, coordinatorEpoch: -1, currentTxnFirstOffset: -1 };
      this.#producers.set(producerId, producer);
    } else if (producer.epoch !== epoch) {
      producer.epoch = epoch;
      producer.batches = [];
    }
    return producer;
  }

  /** The last batch of each producer that is known, by producer id. */
  get lastBatches(): ReadonlyMap<number, LastBatch> {
    return new Map(
      Array.from(this.#producers, ([id, { batches, epoch }]) => [
        id,
        { lastOffset: batches.at(-1)?.lastOffset ?? -1, epoch },
      ]),
    );
  }

  clear(): void {
    this.#producers.clear();
    this.transactions.clear();
  }

  /** The same, on its own from here on. */
  copy(): Producers {
    const copy = new Producers();
    for (const [id, producer] of this.#producers)
      copy.#producers.set(id, { ...producer, batches: [...producer.batches] });
    copy.#transactions = this.#transactions.copy();
    return copy;
  }

  /** Becomes what another is, which must not be used any more. */
  become(other: Producers): void {
    this.#producers = other.#producers;
    this.#transactions = other.#transactions;
  }

  /** Forgets producers whose last batch is older than `before` (`producer.id.expiration.ms`). */
  expire(before: number): void {
    for (const [id, { timestamp, currentTxnFirstOffset }] of this.#producers) {
      if (currentTxnFirstOffset < 0 && timestamp < before) this.#producers.delete(id);
    }
  }

  entries(): ProducerEntry[] {
    return [...this.#producers].map(([producerId, producer]) => {
      const { epoch, batches, timestamp, coordinatorEpoch, currentTxnFirstOffset } = producer;
      const last = batches.at(-1);
      return {
        producerId,
        epoch,
        lastSequence: last?.lastSequence ?? -1,
        lastOffset: last?.lastOffset ?? -1,
        offsetDelta: last === undefined ? 0 : (last.lastSequence - last.baseSequence + SEQUENCES) % SEQUENCES,
        timestamp,
        coordinatorEpoch,
        currentTxnFirstOffset,
      };
    });
  }

  load(entries: readonly ProducerEntry[]): void {
    for (const entry of entries) {
      const { producerId, epoch, lastSequence, lastOffset, offsetDelta, timestamp } = entry;
      const baseSequence =
        lastSequence < 0 ? NO_SEQUENCE : (lastSequence - offsetDelta + SEQUENCES) % SEQUENCES;
      this.#producers.set(producerId, {
        epoch,
        batches: lastOffset < 0 ? [] : [{ baseSequence, lastSequence, lastOffset, timestamp }],
        timestamp,
        coordinatorEpoch: entry.coordinatorEpoch,
        currentTxnFirstOffset: entry.currentTxnFirstOffset,
      });
    }
    const open = entries.filter(({ currentTxnFirstOffset }) => currentTxnFirstOffset >= 0);
    for (const entry of open.sort((a, b) => a.currentTxnFirstOffset - b.currentTxnFirstOffset))
      this.transactions.begin(entry.currentTxnFirstOffset, entry.producerId);
  }
}

function staleEpoch(producerId: number, epoch: number, current: number): Refused {
  const message = `Producer ${producerId} sent epoch ${epoch}, but epoch ${current} has begun.`;
  return { kind: 'refused', errorCode: ErrorCode.INVALID_PRODUCER_EPOCH, message };
}

function outOfOrder(producerId: number, sequence: number, expected: number): Refused {
  const message = `Producer ${producerId} sent sequence ${sequence} where ${expected} was expected.`;
  return { kind: 'refused', errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, message };
}

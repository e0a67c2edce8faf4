// What compaction must know of transactions, as it reads a log from its start: whose data was aborted and goes, and which
// markers have nothing left that they are needed for. org.apache.kafka.storage.internals.log.CleanedTransactionMetadata.

import { isControl, isTransactional, lastOffsetOf, producerIdOf } from '@klamm/protocol/records/batch';
import { ControlType, controlRecordsOf } from '@klamm/protocol/records/control';
import type { AbortedTransaction } from '../txn-index.ts';

export class CleanedTransactions {
  /** By first offset, those to come. */
  readonly #ahead: AbortedTransaction[];
  /** Open at the place that is read, by producer: whether data of it was seen. */
  readonly #aborting = new Map<number, { transaction: AbortedTransaction; hasData: boolean }>();
  readonly #committing = new Set<number>();
  /** Those whose markers are still needed: for the new index. */
  retained: AbortedTransaction[] = [];

  /** @param aborted all that have data in what is read: the marker of one may lie in a later segment, or beyond */
  constructor(aborted: readonly AbortedTransaction[]) {
    this.#ahead = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset);
  }

  /** Whether the batch is data of an aborted transaction, or a marker that nothing in the log needs. */
  isObsolete(bytes: Buffer, at: number): boolean {
    if (!isTransactional(bytes, at)) return false;
    const lastOffset = lastOffsetOf(bytes, at);
    while (this.#ahead[0] !== undefined && this.#ahead[0].firstOffset <= lastOffset) {
      const transaction = this.#ahead.shift() as AbortedTransaction;
      this.#aborting.set(transaction.producerId, { transaction, hasData: false });
    }
    const producerId = producerIdOf(bytes, at);
    const aborting = this.#aborting.get(producerId);
    if (!isControl(bytes, at)) {
      if (aborting === undefined) this.#committing.add(producerId);
      else aborting.hasData = true;
      return aborting !== undefined;
    }
    const [marker] = controlRecordsOf(bytes, at);
    // A marker of which only the header is left was cleaned before.
    if (marker === undefined) return true;
    if (marker.type === ControlType.COMMIT) return !this.#committing.delete(producerId);
    if (marker.type !== ControlType.ABORT) return false;
    this.#aborting.delete(producerId);
    if (aborting?.hasData !== true) return true;
    this.retained.push(aborting.transaction);
    return false;
  }
}

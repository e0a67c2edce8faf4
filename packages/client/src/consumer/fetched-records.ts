// The records of one partition in one Fetch answer, read one after the other.
//
// Batches are checked (checksum, lengths) when reached, decompressed when large off the event loop, and opened by a
// cursor: nothing is allocated per record but the message itself. Control batches, records before the position and,
// where only committed ones are wanted, those of aborted transactions (KIP-98) are passed over.

import type { KlammError } from '@klamm/base/errors';
import { ErrorCode, kafkaError } from '@klamm/protocol/error-codes';
import {
  Compression,
  checkBatch,
  compressionOf,
  isControl,
  isTransactional,
  lastOffsetOf,
  nextBatch,
  producerIdOf,
} from '@klamm/protocol/records/batch';
import { decompressRecordsAsync } from '@klamm/protocol/records/compression';
import { ControlType, controlRecordsOf } from '@klamm/protocol/records/control';
import { RecordCursor } from '@klamm/protocol/records/record';
import type { PartitionState } from './partition-state.ts';

export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}

export class FetchedRecords<M> {
  readonly partition: PartitionState;
  readonly generation: number;
  readonly bytes: number;
  readonly #messageOf: (cursor: RecordCursor) => M;
  readonly #buffer: Buffer;
  readonly #cursor = new RecordCursor();
  /** Transactions that were aborted, by first offset; null where everything is wanted. */
  readonly #aborted: AbortedTransaction[] | null;
  readonly #aborting = new Set<number>();
  #at = 0;
  #isOpen = false;
  #lastOffset = -1;
  #opening: Promise<void> | undefined;

  /** @param messageOf what the program gets of the record that the cursor stands on */
  constructor(
    partition: PartitionState,
    messageOf: (cursor: RecordCursor) => M,
    buffer: Buffer,
    aborted: readonly AbortedTransaction[] | null,
  ) {
    this.partition = partition;
    this.generation = partition.generation;
    this.bytes = buffer.length;
    this.#messageOf = messageOf;
    this.#buffer = buffer;
    this.#aborted = aborted === null ? null : [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
  }

  /** There where `read` could not go on at once: resolves when it can. */
  get opening(): Promise<void> | undefined {
    return this.#opening;
  }

  /** True where a seek has made these records worthless. */
  get isStale(): boolean {
    return this.generation !== this.partition.generation;
  }

  /**
   * The next record, and the partition's position behind it; undefined at the end, or where `opening` has to be
   * awaited first.
   *
   * @throws KlammError CORRUPT_MESSAGE, UNSUPPORTED_COMPRESSION_TYPE
   */
  read(): M | undefined {
    const { partition } = this;
    const cursor = this.#cursor;
    for (;;) {
      if (this.#isOpen) {
        while (cursor.next()) {
          const { offset } = cursor;
          if (offset < partition.position) continue;
          if (partition.endOffset >= 0 && offset >= partition.endOffset) return this.#end();
          partition.position = offset + 1;
          return this.#messageOf(cursor);
        }
        this.#isOpen = false;
        this.#passed();
      }
      if (!this.#openNext()) return undefined;
    }
  }

  /** All records of the next batch; undefined as for `read`. */
  readBatch(): M[] | undefined {
    const first = this.read();
    if (first === undefined) return undefined;
    const messages = [first];
    while (this.#cursor.recordsLeft > 0) {
      const message = this.read();
      if (message === undefined) break;
      messages.push(message);
    }
    return messages;
  }

  #end(): undefined {
    this.#isOpen = false;
    this.#at = this.#buffer.length;
    return undefined;
  }

  #passed(): void {
    const { partition } = this;
    if (this.#lastOffset >= partition.position) partition.position = this.#lastOffset + 1;
  }

  /** Opens the next batch with records for the program; false where there is none, or not yet. */
  #openNext(): boolean {
    const buffer = this.#buffer;
    const end = buffer.length;
    for (;;) {
      if (this.#opening !== undefined) return false;
      const at = this.#at;
      const check = at >= end ? 'truncated' : checkBatch(buffer, at, end);
      // An answer may end in the middle of a batch, which then comes again.
      if (check === 'truncated') return false;
      if (check !== 'ok') throw this.#corrupt(check);
      this.#at = nextBatch(buffer, at, end);
      this.#lastOffset = lastOffsetOf(buffer, at);
      const isUnwanted = this.#isUnwanted(at);
      if (this.#lastOffset < this.partition.position) continue;
      if (isUnwanted) {
        this.#passed();
        continue;
      }
      if (compressionOf(buffer, at) === Compression.none) {
        this.#cursor.open(buffer, at);
        this.#isOpen = true;
        return true;
      }
      this.#decompress(at);
    }
  }

  #decompress(at: number): void {
    this.#opening = decompressRecordsAsync(this.#buffer, at).then((records) => {
      this.#opening = undefined;
      this.#cursor.open(this.#buffer, at, records);
      this.#isOpen = true;
    });
    // Whoever reads on is told; a partition may be paused for good before.
    this.#opening.catch(() => {});
  }

  #isUnwanted(at: number): boolean {
    const buffer = this.#buffer;
    const aborted = this.#aborted;
    const isMarker = isControl(buffer, at);
    if (aborted === null || !isTransactional(buffer, at)) return isMarker;
    const producerId = producerIdOf(buffer, at);
    while (aborted[0] !== undefined && aborted[0].firstOffset <= this.#lastOffset) {
      this.#aborting.add((aborted.shift() as AbortedTransaction).producerId);
    }
    if (isMarker) {
      if (controlRecordsOf(buffer, at)[0]?.type === ControlType.ABORT) this.#aborting.delete(producerId);
      return true;
    }
    return this.#aborting.has(producerId);
  }

  #corrupt(check: string): KlammError {
    const { topic, index, position } = this.partition;
    return kafkaError(
      ErrorCode.CORRUPT_MESSAGE,
      `The batch of ${topic}-${index} at or after offset ${position} is damaged (${check}); seek past it, or look at the broker's disk.`,
    );
  }
}

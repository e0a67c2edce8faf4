// What was fetched of a source partition, cut into what is to be written: batches, and holes between them.
//
// A hole is a range of offsets at which the source has nothing for readers of committed records: transaction markers,
// aborted transactions, and what compaction or retention took. Batches are handed on as they are. Only those that no
// producer could send are built anew, with their records' offsets, timestamps, headers and compression: batches that
// compaction thinned out, and those of a topic with message.timestamp.type=LogAppendTime. The aborted transactions come
// with the fetched bytes, as for Kafka's consumers (KIP-98; CompletedFetch).

import { ErrorCode, kafkaError } from '@klamm/protocol/error-codes';
import {
  baseOffsetOf,
  batchSizeOf,
  type Compression,
  compressionOf,
  forEachBatch,
  isControl,
  isTransactional,
  lastOffsetOf,
  MAGIC,
  magicOf,
  producerIdOf,
} from '@klamm/protocol/records/batch';
import { BatchBuilder } from '@klamm/protocol/records/builder';
import { decompressRecords } from '@klamm/protocol/records/compression';
import { ControlType, controlRecordsOf } from '@klamm/protocol/records/control';
import { RecordCursor } from '@klamm/protocol/records/record';
import { isSendable } from './batch-patch.ts';

export interface BatchPiece {
  readonly kind: 'batch';
  /** Source offset of the first record; there is a record at each of `count` offsets from it. */
  readonly offset: number;
  readonly count: number;
  readonly records: Buffer;
}

export interface HolePiece {
  readonly kind: 'hole';
  /** First source offset of the hole, and how many there are. */
  readonly offset: number;
  readonly count: number;
  /** Source offsets at which a transaction was committed. */
  readonly commits: readonly number[];
}

export type Piece = BatchPiece | HolePiece;

export interface Aborted {
  readonly producerId: number;
  readonly firstOffset: number;
}

export const endOf = ({ offset, count }: Piece): number => offset + count;

/**
 * The pieces from `position` on, without a gap between one and the next; whatever is before it is left out.
 *
 * @param aborted the aborted transactions that the answer of the fetch named
 * @throws KlammError UNSUPPORTED_FOR_MESSAGE_FORMAT for records of before Kafka 0.11
 */
export function cutPieces(records: Buffer, position: number, aborted: readonly Aborted[]): Piece[] {
  const pieces = new PieceList(position);
  const waiting = [...aborted].sort((a, b) => b.firstOffset - a.firstOffset);
  const open = new Set<number>();
  forEachBatch(records, 0, records.length, (at) => {
    if (magicOf(records, at) !== MAGIC) {
      throw kafkaError(
        ErrorCode.UNSUPPORTED_FOR_MESSAGE_FORMAT,
        `There are records of before Kafka 0.11 (message format ${magicOf(records, at)}), which Kafka 4 does not take either.`,
      );
    }
    const last = lastOffsetOf(records, at);
    while ((waiting.at(-1)?.firstOffset ?? Number.POSITIVE_INFINITY) <= last) {
      open.add((waiting.pop() as Aborted).producerId);
    }
    const producerId = producerIdOf(records, at);
    if (isControl(records, at)) {
      const isCommit = markerOf(records, at) === ControlType.COMMIT;
      if (!isCommit) open.delete(producerId);
      pieces.hole(last + 1, isCommit ? last : undefined);
    } else if (isTransactional(records, at) && open.has(producerId)) pieces.hole(last + 1);
    else pieces.data(records, at);
    return true;
  });
  return pieces.list;
}

/** The type of a marker; undefined for the empty batch that compaction leaves of one. */
function markerOf(records: Buffer, at: number): number | undefined {
  return controlRecordsOf(records, at)[0]?.type;
}

class PieceList {
  readonly list: Piece[] = [];
  #next: number;

  constructor(position: number) {
    this.#next = position;
  }

  /** Nothing is up to `end`. */
  hole(end: number, commit?: number): void {
    if (end <= this.#next) return;
    const commits = commit === undefined ? [] : [commit];
    const before = this.list.at(-1);
    if (before?.kind === 'hole') {
      const { offset } = before;
      this.list[this.list.length - 1] = {
        kind: 'hole',
        offset,
        count: end - offset,
        commits: [...before.commits, ...commits],
      };
    } else this.list.push({ kind: 'hole', offset: this.#next, count: end - this.#next, commits });
    this.#next = end;
  }

  data(buffer: Buffer, at: number): void {
    const base = baseOffsetOf(buffer, at);
    const last = lastOffsetOf(buffer, at);
    if (last < this.#next) return;
    this.hole(base);
    if (base === this.#next && isSendable(buffer, at)) {
      this.#batch(buffer.subarray(at, at + batchSizeOf(buffer, at)), last - base + 1);
    } else this.#rebuild(buffer, at);
    // Compaction may have removed the last of a batch.
    this.hole(last + 1);
  }

  #batch(records: Buffer, count: number): void {
    this.list.push({ kind: 'batch', offset: this.#next, count, records });
    this.#next += count;
  }

  /** Each run of records without a gap becomes a batch. */
  #rebuild(buffer: Buffer, at: number): void {
    const cursor = new RecordCursor();
    cursor.open(buffer, at, decompressRecords(buffer, at));
    const compression = compressionOf(buffer, at) as Compression;
    const builder = new BatchBuilder();
    const flush = (): void => {
      if (builder.count === 0) return;
      this.#batch(builder.build({ compression }), builder.count);
      builder.reset();
    };
    while (cursor.next()) {
      if (cursor.offset < this.#next) continue;
      if (cursor.offset > this.#next + builder.count) flush();
      this.hole(cursor.offset - builder.count);
      builder.append(cursor.key(), cursor.value(), cursor.headers(), cursor.timestamp);
    }
    flush();
  }
}

// What a partition holds, as a count and a checksum for each range of offsets: of the records that readers of committed
// records see, with offset, timestamp, key, value and headers, however they are batched and compressed.

import type { RawClient } from '@klamm/client/raw/raw-client';
import { rawFetch } from '@klamm/client/raw/raw-fetch';
import { ErrorCode, errorMeaning, isRetriable, kafkaError } from '@klamm/protocol/error-codes';
import { baseOffsetOf } from '@klamm/protocol/records/batch';
import { decompressRecords } from '@klamm/protocol/records/compression';
import { RecordCursor } from '@klamm/protocol/records/record';
import { crc32c } from '@klamm/protocol/wire/crc32c';
import { isCompacted } from './compacted.ts';
import { type BatchPiece, cutPieces, endOf } from './pieces.ts';

export interface Digest {
  readonly count: number;
  /** 64 bits in hexadecimal. */
  readonly checksum: string;
}

export interface DigestTask {
  readonly topic: string;
  readonly index: number;
  /** The first offset to read, and the one to stop before. */
  readonly from: number;
  readonly to: number;
  /** The offset that counts for the digest. */
  readonly sourceOffset: (offset: number) => number;
  readonly rangeSize: number;
}

/** Called for each record that is read; the cursor stands on it. */
export type RecordVisitor = (offset: number, cursor: RecordCursor) => void;

const FETCH_BYTES = 4 * 1024 * 1024;
const TIMEOUT_MS = 30_000;
/** How long a broker may take to have records ready that it does have. */
const WAIT_MS = 500;
const EMPTY_MAX = 10;

/** Digests by number of the range: that of offset n is n / rangeSize. */
export async function digestPartition(
  client: RawClient,
  lane: string,
  task: DigestTask,
): Promise<Map<number, Digest>> {
  const sums = new Map<number, Sum>();
  const record: RecordVisitor = (offset, cursor) => {
    const source = task.sourceOffset(offset);
    const range = Math.floor(source / task.rangeSize);
    let sum = sums.get(range);
    if (sum === undefined) {
      sum = new Sum();
      sums.set(range, sum);
    }
    sum.add(source, cursor);
  };
  await readPartition(client, lane, task, record);
  return new Map(Array.from(sums, ([range, sum]) => [range, sum.digest]));
}

/** Visits the committed records of a range. */
export async function readPartition(
  client: RawClient,
  lane: string,
  { topic, index, from, to }: Pick<DigestTask, 'topic' | 'index' | 'from' | 'to'>,
  visit: RecordVisitor,
): Promise<void> {
  const cursor = new RecordCursor();
  let maxBytes = FETCH_BYTES;
  let empty = 0;
  for (let at = from; at < to; ) {
    const answer = await client.retry(async () => {
      const place = await client.partition(topic, index);
      const connection = await client.connect(place.leader, lane);
      const [found] = await rawFetch(connection, [{ ...place, offset: at, maxBytes }], {
        readCommitted: true,
        maxWaitMs: WAIT_MS,
        maxBytes,
        timeoutMs: TIMEOUT_MS,
      });
      const code = found?.errorCode ?? -1;
      if (found !== undefined && code === 0) return found;
      if (isRetriable(code)) client.invalidate(topic);
      throw kafkaError(code, `${topic}-${index} cannot be read at offset ${at}: ${errorMeaning(code)}`);
    });
    const pieces = cutPieces(answer.records, at, answer.aborted);
    for (const piece of pieces) if (piece.kind === 'batch') visitBatch(cursor, piece, to, visit);
    const last = pieces.at(-1);
    if (last !== undefined) at = endOf(last);
    else if (answer.records.length > 0) maxBytes *= 2;
    else if (answer.lastStableOffset <= at || (await isCompacted(client.admin, topic))) return;
    else if (++empty > EMPTY_MAX)
      throw kafkaError(ErrorCode.REQUEST_TIMED_OUT, `${topic}-${index} gives nothing at offset ${at}.`);
  }
}

function visitBatch(cursor: RecordCursor, piece: BatchPiece, to: number, visit: RecordVisitor): void {
  const { records, offset } = piece;
  cursor.open(records, 0, decompressRecords(records, 0));
  const shift = offset - baseOffsetOf(records, 0);
  while (cursor.next()) {
    const at = cursor.offset + shift;
    if (at < to) visit(at, cursor);
  }
}

/** The checksum of one record's key, value and headers. */
export function contentOf(cursor: RecordCursor): number {
  return crc32c(cursor.buffer, cursor.keyAt, cursor.recordEnd) ^ (cursor.keySize + 1);
}

class Sum {
  #count = 0;
  #low = 0x811c9dc5;
  #high = 0x01000193;

  add(offset: number, cursor: RecordCursor): void {
    this.#count++;
    this.#mix(offset);
    this.#mix(cursor.timestamp);
    this.#mix(contentOf(cursor));
  }

  get digest(): Digest {
    const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');
    return { count: this.#count, checksum: hex(this.#high) + hex(this.#low) };
  }

  #mix(value: number): void {
    const low = value >>> 0;
    const high = Math.floor(value / 2 ** 32) | 0;
    this.#low = Math.imul(this.#low ^ low, 0x01000193) ^ high;
    this.#high = Math.imul(this.#high + this.#low, 0x85ebca6b) ^ (this.#high >>> 13);
  }
}

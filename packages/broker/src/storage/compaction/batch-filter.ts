// What is left of a batch: all of it, some records, only its header, or nothing.
//
// Records keep their offsets and a batch its first and last, so that readers find what they look for and producers go on
// with their sequences. A batch that holds tombstones, or a marker that is no longer needed, is given the time from
// which on these go (its delete horizon, KIP-534), which takes the place of its base timestamp.
// org.apache.kafka.common.record.MemoryRecords.filterTo, org.apache.kafka.storage.internals.log.Cleaner.

import {
  ATTRIBUTES_AT,
  attributesOf,
  BASE_TIMESTAMP_AT,
  BATCH_HEADER_BYTES,
  baseOffsetOf,
  baseTimestampOf,
  batchSizeOf,
  COMPRESSION_MASK,
  Compression,
  compressionOf,
  DELETE_HORIZON_BIT,
  hasDeleteHorizon,
  isControl,
  LENGTH_AT,
  LOG_OVERHEAD,
  MAX_TIMESTAMP_AT,
  maxTimestampOf,
  NO_TIMESTAMP,
  RECORD_COUNT_AT,
  recordCountOf,
  setInt64At,
  timestampTypeOf,
  writeCrc,
} from '@klamm/protocol/records/batch';
import { compress, decompressRecords } from '@klamm/protocol/records/compression';
import { RecordCursor } from '@klamm/protocol/records/record';
import { writeRecord } from '@klamm/protocol/records/record-writer';
import type { OffsetMap } from './offset-map.ts';

export interface FilterRules {
  readonly map: OffsetMap;
  readonly nowMs: number;
  /** `delete.retention.ms`. */
  readonly deleteRetentionMs: number;
}

export interface BatchFate {
  /** Data of an aborted transaction, or a marker that nothing needs. */
  readonly isObsolete: boolean;
  /** It stays, be it without records: a producer's sequences are known by it, or it is the last one of the pass. */
  readonly staysEmpty: boolean;
}

const cursor = new RecordCursor();
const NOTHING = Buffer.alloc(0);

/** The batch as it stays, which may be in its own memory; the same bytes where nothing changes, empty where nothing is left. */
export function filteredBatch(batch: Buffer, fate: BatchFate, rules: FilterRules): Buffer {
  const horizonMs = hasDeleteHorizon(batch, 0) ? baseTimestampOf(batch, 0) : undefined;
  const isMarker = isControl(batch, 0);
  if (fate.isObsolete) {
    if (isMarker && (horizonMs === undefined || rules.nowMs < horizonMs)) {
      return horizonMs === undefined ? withHorizon(batch, rules) : batch;
    }
    return fate.staysEmpty ? emptied(batch) : NOTHING;
  }
  if (isMarker) return batch;
  return filteredRecords(batch, fate, rules, horizonMs);
}

function filteredRecords(
  batch: Buffer,
  { staysEmpty }: BatchFate,
  { map, nowMs, deleteRetentionMs }: FilterRules,
  horizonMs: number | undefined,
): Buffer {
  const areTombstonesKept = horizonMs === undefined || nowMs < horizonMs;
  const isKept = (): boolean => {
    const { offset, keySize } = cursor;
    if (offset > map.latestOffset) return true;
    if (keySize < 0 || offset < map.get(cursor.buffer, cursor.keyAt, keySize)) return false;
    return cursor.valueSize >= 0 || areTombstonesKept;
  };
  const kept = keptOf(batch, isKept);
  const newHorizonMs = horizonMs ?? (kept.hasTombstones ? nowMs + deleteRetentionMs : undefined);
  if (kept.count === 0) return staysEmpty ? emptied(batch) : NOTHING;
  if (newHorizonMs === horizonMs) {
    if (kept.count === recordCountOf(batch, 0)) return batch;
    // The broker's own time is in the header, and records may say another.
    if (timestampTypeOf(batch, 0) !== 'logAppendTime') return shortened(batch, kept);
  }
  return rebuilt(batch, newHorizonMs, kept.count, isKept);
}

/** What stays of a batch. */
interface Kept {
  readonly count: number;
  readonly hasTombstones: boolean;
  readonly maxTimestamp: number;
  /** The bytes, decompressed, that the records are in. */
  readonly bytes: Buffer;
  /** Where in them kept neighbours begin and end, in turn. */
  readonly runs: readonly number[];
  readonly runBytes: number;
}

function keptOf(batch: Buffer, isKept: () => boolean): Kept {
  const isCompressed = open(batch);
  const runs: number[] = [];
  let count = 0;
  let runBytes = 0;
  let hasTombstones = false;
  let maxTimestamp = NO_TIMESTAMP;
  for (let at = isCompressed ? 0 : BATCH_HEADER_BYTES; cursor.next(); at = cursor.recordEnd) {
    if (!isKept()) continue;
    count++;
    runBytes += cursor.recordEnd - at;
    hasTombstones ||= cursor.valueSize < 0;
    if (cursor.timestamp > maxTimestamp) maxTimestamp = cursor.timestamp;
    if (runs.length > 0 && runs[runs.length - 1] === at) runs[runs.length - 1] = cursor.recordEnd;
    else runs.push(at, cursor.recordEnd);
  }
  return { count, hasTombstones, maxTimestamp, bytes: cursor.buffer, runs, runBytes };
}

function open(batch: Buffer): boolean {
  const isCompressed = compressionOf(batch, 0) !== Compression.none;
  cursor.open(batch, 0, isCompressed ? decompressRecords(batch, 0) : undefined);
  return isCompressed;
}

/** The batch with the records that stay, byte for byte: they count from what they counted from before. */
function shortened(batch: Buffer, { count, maxTimestamp, bytes, runs, runBytes }: Kept): Buffer {
  const compression = compressionOf(batch, 0);
  const isPlain = compression === Compression.none;
  // Records that are not compressed only move to the front.
  const records = isPlain ? batch.subarray(BATCH_HEADER_BYTES) : Buffer.allocUnsafe(runBytes);
  for (let i = 0, to = 0; i < runs.length; i += 2) to += bytes.copy(records, to, runs[i], runs[i + 1]);
  const whole = isPlain
    ? batch.subarray(0, BATCH_HEADER_BYTES + runBytes)
    : Buffer.concat([batch.subarray(0, BATCH_HEADER_BYTES), compress(compression as Compression, records)]);
  setInt64At(whole, MAX_TIMESTAMP_AT, maxTimestamp);
  whole.writeInt32BE(count, RECORD_COUNT_AT);
  return sealed(whole);
}

/** The batch with the records that `isKept`, each at its offset and its time. */
function rebuilt(batch: Buffer, horizonMs: number | undefined, kept: number, isKept: () => boolean): Buffer {
  open(batch);
  const baseOffset = baseOffsetOf(batch, 0);
  const baseTimestamp = horizonMs ?? baseTimestampOf(batch, 0);
  const isAppendTime = timestampTypeOf(batch, 0) === 'logAppendTime';
  const records: Buffer[] = [];
  let maxTimestamp = NO_TIMESTAMP;
  while (cursor.next()) {
    if (!isKept()) continue;
    maxTimestamp = Math.max(maxTimestamp, cursor.timestamp);
    // The broker's own time is in the header, whatever a record says.
    const timestampDelta = isAppendTime ? 0 : cursor.timestamp - baseTimestamp;
    records.push(writeRecord(cursor, cursor.offset - baseOffset, timestampDelta));
  }
  const plain = Buffer.concat(records);
  const compression = compressionOf(batch, 0);
  const body = compression === Compression.none ? plain : compress(compression as Compression, plain);
  const header = Buffer.from(batch.subarray(0, BATCH_HEADER_BYTES));
  if (horizonMs !== undefined)
    header.writeUInt16BE(attributesOf(batch, 0) | DELETE_HORIZON_BIT, ATTRIBUTES_AT);
  setInt64At(header, BASE_TIMESTAMP_AT, baseTimestamp);
  if (!isAppendTime) setInt64At(header, MAX_TIMESTAMP_AT, maxTimestamp);
  header.writeInt32BE(kept, RECORD_COUNT_AT);
  return sealed(Buffer.concat([header, body]));
}

/** A marker with the time from which on it goes: the record's own time stays what it was. */
function withHorizon(batch: Buffer, { nowMs, deleteRetentionMs }: FilterRules): Buffer {
  return rebuilt(batch, nowMs + deleteRetentionMs, recordCountOf(batch, 0), () => true);
}

/** The header alone: the last word of a producer, without records. */
function emptied(batch: Buffer): Buffer {
  if (recordCountOf(batch, 0) === 0 && batchSizeOf(batch, 0) === BATCH_HEADER_BYTES) return batch;
  const header = Buffer.from(batch.subarray(0, BATCH_HEADER_BYTES));
  header.writeInt32BE(0, RECORD_COUNT_AT);
  // Nothing is compressed, and nothing is left to go later.
  header.writeUInt16BE(attributesOf(batch, 0) & ~(COMPRESSION_MASK | DELETE_HORIZON_BIT), ATTRIBUTES_AT);
  setInt64At(header, BASE_TIMESTAMP_AT, maxTimestampOf(batch, 0));
  return sealed(header);
}

/** Writes the length and the checksum down. */
function sealed(batch: Buffer): Buffer {
  batch.writeInt32BE(batch.length - LOG_OVERHEAD, LENGTH_AT);
  writeCrc(batch, 0);
  return batch;
}

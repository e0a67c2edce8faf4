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
  /** The last batch that a producer wrote, which its sequences are known by. */
  readonly isLastOfProducer: boolean;
}

const cursor = new RecordCursor();
const NOTHING = Buffer.alloc(0);

/** The batch as it stays; the same bytes where nothing changes, empty where nothing is left. */
export function filteredBatch(batch: Buffer, fate: BatchFate, rules: FilterRules): Buffer {
  const horizonMs = hasDeleteHorizon(batch, 0) ? baseTimestampOf(batch, 0) : undefined;
  const isMarker = isControl(batch, 0);
  if (fate.isObsolete) {
    if (isMarker && (horizonMs === undefined || rules.nowMs < horizonMs)) {
      return horizonMs === undefined ? withHorizon(batch, rules) : batch;
    }
    return fate.isLastOfProducer ? emptied(batch) : NOTHING;
  }
  if (isMarker) return batch;
  return filteredRecords(batch, fate, rules, horizonMs);
}

function filteredRecords(
  batch: Buffer,
  { isLastOfProducer }: BatchFate,
  { map, nowMs, deleteRetentionMs }: FilterRules,
  horizonMs: number | undefined,
): Buffer {
  const isCompressed = compressionOf(batch, 0) !== Compression.none;
  const open = (): void => cursor.open(batch, 0, isCompressed ? decompressRecords(batch, 0) : undefined);
  let kept = 0;
  let hasTombstones = false;
  const isKept = (): boolean => {
    if (cursor.offset > map.latestOffset) return true;
    const key = cursor.key();
    if (key === null || cursor.offset < map.get(key)) return false;
    return cursor.valueSize >= 0 || horizonMs === undefined || nowMs < horizonMs;
  };
  open();
  while (cursor.next()) {
    if (!isKept()) continue;
    kept++;
    hasTombstones ||= cursor.valueSize < 0;
  }
  const newHorizonMs = horizonMs ?? (hasTombstones ? nowMs + deleteRetentionMs : undefined);
  if (kept === 0) return isLastOfProducer ? emptied(batch) : NOTHING;
  if (kept === recordCountOf(batch, 0) && newHorizonMs === horizonMs) return batch;
  open();
  return rebuilt(batch, newHorizonMs, kept, isKept);
}

/** The batch with the records that `isKept`, each at its offset and its time. */
function rebuilt(batch: Buffer, horizonMs: number | undefined, kept: number, isKept: () => boolean): Buffer {
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
  return finished(header, body);
}

/** A marker with the time from which on it goes: the record's own time stays what it was. */
function withHorizon(batch: Buffer, { nowMs, deleteRetentionMs }: FilterRules): Buffer {
  cursor.open(batch, 0);
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
  return finished(header, NOTHING);
}

function finished(header: Buffer, body: Buffer): Buffer {
  const whole = Buffer.concat([header, body]);
  whole.writeInt32BE(whole.length - LOG_OVERHEAD, LENGTH_AT);
  writeCrc(whole, 0);
  return whole;
}

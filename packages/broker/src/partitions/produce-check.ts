// What a broker asks of a batch before it stores it, and the rare cases in which it rewrites one. Behaviour of
// org.apache.kafka.storage.internals.log.LogValidator and ProduceRequest.validateRecords: one batch, of magic 2,
// whole, in size, with sequential records and timestamps in range.
//
// An uncompressed batch's records are walked here, without an object per record; a compressed batch is trusted
// inside, behind its checksum, unless the topic makes the broker open it (other compression, compaction).

import type { KlammError } from '@klamm/base/errors';
import { ErrorCode } from '@klamm/protocol/error-codes';
import {
  type BatchCheck,
  baseOffsetOf,
  baseSequenceOf,
  baseTimestampOf,
  batchSizeOf,
  Compression,
  checkBatch,
  compressionOf,
  isControl,
  isFreshCount,
  isTransactional,
  maxTimestampOf,
  NO_TIMESTAMP,
  producerEpochOf,
  producerIdOf,
} from '@klamm/protocol/records/batch';
import { BatchBuilder } from '@klamm/protocol/records/builder';
import { decompressRecords } from '@klamm/protocol/records/compression';
import { RecordCursor } from '@klamm/protocol/records/record';

export interface ProduceConfig {
  /** `max.message.bytes`. */
  readonly maxMessageBytes: number;
  /** `compression.type`; undefined for `producer`, which keeps what came. */
  readonly compression: Compression | undefined;
  readonly logAppendTime: boolean;
  /** `message.timestamp.before.max.ms`, `message.timestamp.after.max.ms`. */
  readonly timestampBeforeMaxMs: number;
  readonly timestampAfterMaxMs: number;
  /** True where `cleanup.policy` has `compact`: every record needs a key. */
  readonly compacted: boolean;
}

export interface RecordError {
  readonly batchIndex: number;
  readonly batchIndexErrorMessage: string | null;
}

export interface Refusal {
  readonly errorCode: number;
  readonly errorMessage: string;
  readonly recordErrors?: readonly RecordError[];
}

const cursor = new RecordCursor();

/** Null where the batch may be appended as it is (or as `rewritten` makes it). */
export function refusalOf(records: Buffer | null, config: ProduceConfig, now: number): Refusal | null {
  if (records === null || records.length === 0)
    return refuse('INVALID_RECORD', 'The request has no record batch for the partition.');
  const check = checkBatch(records, 0, records.length);
  if (check !== 'ok') return damaged(check);
  if (batchSizeOf(records, 0) !== records.length) {
    return refuse(
      'INVALID_RECORD',
      'The request has more than one record batch for the partition; exactly one is allowed.',
    );
  }
  if (records.length > config.maxMessageBytes) {
    const message = `The batch has ${records.length} bytes; the topic allows ${config.maxMessageBytes} (max.message.bytes).`;
    return refuse('MESSAGE_TOO_LARGE', message);
  }
  if (isControl(records, 0)) return refuse('INVALID_RECORD', 'Control batches are written by brokers only.');
  if (isTransactional(records, 0) && producerIdOf(records, 0) < 0)
    return refuse('INVALID_RECORD', 'The batch is part of a transaction, but names no producer id.');
  if (!isFreshCount(records, 0))
    return refuse('INVALID_RECORD', 'The batch has gaps between the offsets of its records.');
  if (producerIdOf(records, 0) >= 0 && (producerEpochOf(records, 0) < 0 || baseSequenceOf(records, 0) < 0)) {
    return refuse('INVALID_RECORD', 'The batch names a producer id, but no epoch or sequence.');
  }
  return timestampRefusal(records, config, now) ?? recordRefusal(records, config);
}

function timestampRefusal(records: Buffer, config: ProduceConfig, now: number): Refusal | null {
  if (config.logAppendTime) return null;
  const newest = maxTimestampOf(records, 0);
  const oldest = baseTimestampOf(records, 0);
  if (newest !== NO_TIMESTAMP && newest - now > config.timestampAfterMaxMs) {
    const message = `A timestamp (${newest}) lies further ahead than message.timestamp.after.max.ms (${config.timestampAfterMaxMs}) allows.`;
    return refuse('INVALID_TIMESTAMP', message);
  }
  if (oldest !== NO_TIMESTAMP && now - oldest > config.timestampBeforeMaxMs) {
    const message = `A timestamp (${oldest}) lies further back than message.timestamp.before.max.ms (${config.timestampBeforeMaxMs}) allows.`;
    return refuse('INVALID_TIMESTAMP', message);
  }
  return null;
}

function recordRefusal(records: Buffer, config: ProduceConfig): Refusal | null {
  const isCompressed = compressionOf(records, 0) !== Compression.none;
  if (isCompressed && !config.compacted) return null;
  try {
    cursor.open(records, 0, isCompressed ? decompressRecords(records, 0) : undefined);
    const baseOffset = baseOffsetOf(records, 0);
    let index = 0;
    while (cursor.next()) {
      if (cursor.offset !== baseOffset + index) {
        return refuse(
          'INVALID_RECORD',
          `Record ${index} of the batch is numbered ${cursor.offset - baseOffset}.`,
        );
      }
      if (config.compacted && cursor.keySize < 0) {
        const message = 'A compacted topic takes no record without a key.';
        const recordErrors = [{ batchIndex: index, batchIndexErrorMessage: message }];
        return { ...refuse('INVALID_RECORD', message), recordErrors };
      }
      index++;
    }
    return null;
  } catch (error) {
    return { errorCode: (error as KlammError).errorCode, errorMessage: (error as KlammError).message };
  }
}

/** The batch in the topic's compression; itself where it is in that already. */
export function inCompression(batch: Buffer, compression: Compression | undefined): Buffer {
  if (compression === undefined || compressionOf(batch, 0) === compression) return batch;
  const plain = decompressRecords(batch, 0);
  const builder = new BatchBuilder((plain?.length ?? batch.length) + 128);
  const records = new RecordCursor();
  records.open(batch, 0, plain);
  while (records.next()) builder.append(records.key(), records.value(), records.headers(), records.timestamp);
  return builder.build({
    compression,
    producerId: producerIdOf(batch, 0),
    producerEpoch: producerEpochOf(batch, 0),
    baseSequence: baseSequenceOf(batch, 0),
    transactional: isTransactional(batch, 0),
  });
}

const DAMAGE: Record<Exclude<BatchCheck, 'ok'>, string> = {
  truncated: 'it is cut off',
  badLength: 'its length is not one a batch can have',
  unsupportedMagic: 'its format is not the one of Kafka 0.11 and later',
  badCrc: 'its checksum does not fit its content',
  badCompression: 'its compression is unknown',
  badCount: 'its record count contradicts its size',
  badNumber: 'an offset, producer id or timestamp is out of range',
};

function damaged(check: Exclude<BatchCheck, 'ok'>): Refusal {
  const name =
    check === 'unsupportedMagic'
      ? 'UNSUPPORTED_FOR_MESSAGE_FORMAT'
      : check === 'badNumber'
        ? 'INVALID_RECORD'
        : check === 'badCompression'
          ? 'UNSUPPORTED_COMPRESSION_TYPE'
          : 'CORRUPT_MESSAGE';
  return refuse(name, `The record batch is not in order: ${DAMAGE[check]}.`);
}

function refuse(name: keyof typeof ErrorCode, errorMessage: string): Refusal {
  return { errorCode: ErrorCode[name], errorMessage };
}

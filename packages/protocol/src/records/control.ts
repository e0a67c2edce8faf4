// Control records: what brokers write into a log for each other and for the machinery of consumers.
//
// A control batch has the control bit set and is never compressed; each record's key is a version and a type, its
// value belongs to the type. The end-transaction markers are read and written here; the values of the KRaft types
// are schema messages, which this file carries as bytes. KIP-98, KIP-595, KIP-630, KIP-853;
// org.apache.kafka.common.record.ControlRecordType and EndTransactionMarker.

import { ErrorCode, kafkaError } from '../error-codes.ts';
import { NO_SEQUENCE } from './batch.ts';
import { BatchBuilder, type BatchOptions } from './builder.ts';
import { RecordCursor } from './record.ts';

/** The types of control records by name. */
export const ControlType = {
  ABORT: 0,
  COMMIT: 1,
  LEADER_CHANGE: 2,
  SNAPSHOT_HEADER: 3,
  SNAPSHOT_FOOTER: 4,
  KRAFT_VERSION: 5,
  KRAFT_VOTERS: 6,
} as const;
export type ControlType = (typeof ControlType)[keyof typeof ControlType];

const KEY_VERSION = 0;
const KEY_BYTES = 4;
const MARKER_VERSION = 0;
const MARKER_BYTES = 6;

/** A control record as it is stored. */
export interface ControlRecord {
  readonly offset: number;
  readonly timestamp: number;
  /** A `ControlType`, or a number that a later Kafka gave a meaning. */
  readonly type: number;
  /** What belongs to the type; a view of the batch's bytes. */
  readonly value: Buffer | null;
}

/** How a transaction ended in a partition. */
export interface EndTransactionMarker {
  readonly committed: boolean;
  /** The epoch of the transaction coordinator that decided it. */
  readonly coordinatorEpoch: number;
}

/** The key of a control record of this type. */
export function controlKey(type: ControlType): Buffer {
  const key = Buffer.alloc(KEY_BYTES);
  key.writeInt16BE(KEY_VERSION, 0);
  key.writeInt16BE(type, 2);
  return key;
}

/**
 * The type in a control record's key: a `ControlType`, or a number unknown to this version, which a reader skips.
 *
 * @throws KlammError CORRUPT_MESSAGE where it is no such key
 */
export function controlTypeOf(key: Buffer | null): number {
  // A later version may append fields, but not move these two.
  if (key === null || key.length < KEY_BYTES || key.readInt16BE(0) < 0) {
    throw kafkaError(
      ErrorCode.CORRUPT_MESSAGE,
      `A control record has a key of ${key?.length ?? 0} bytes that names no type.`,
    );
  }
  return key.readInt16BE(2);
}

/**
 * A batch of control records, all with one timestamp.
 *
 * @param records each one's type and the bytes of its value
 * @param timestamp milliseconds since the epoch
 * @param options the header's other fields; producer and epoch where the batch belongs to a transaction
 */
export function buildControlBatch(
  records: readonly { readonly type: ControlType; readonly value: Uint8Array }[],
  timestamp: number,
  options: Omit<BatchOptions, 'control' | 'compression' | 'compressionLevel'> = {},
): Buffer {
  const builder = new BatchBuilder();
  for (const { type, value } of records) builder.append(controlKey(type), value, [], timestamp);
  return builder.build({ ...options, control: true });
}

/** The batch that ends the open transaction of a producer in one partition. */
export function buildEndTransactionBatch(
  marker: EndTransactionMarker,
  timestamp: number,
  producer: { readonly producerId: number; readonly producerEpoch: number },
  place: { readonly baseOffset?: number; readonly partitionLeaderEpoch?: number } = {},
): Buffer {
  const value = Buffer.alloc(MARKER_BYTES);
  value.writeInt16BE(MARKER_VERSION, 0);
  value.writeInt32BE(marker.coordinatorEpoch, 2);
  return buildControlBatch(
    [{ type: marker.committed ? ControlType.COMMIT : ControlType.ABORT, value }],
    timestamp,
    { ...place, ...producer, baseSequence: NO_SEQUENCE, transactional: true },
  );
}

/**
 * The marker in a control record of type COMMIT or ABORT; undefined for another type.
 *
 * @throws KlammError CORRUPT_MESSAGE where the value is too short to be one
 */
export function endTransactionMarkerOf(record: ControlRecord): EndTransactionMarker | undefined {
  const { type, value } = record;
  if (type !== ControlType.COMMIT && type !== ControlType.ABORT) return undefined;
  if (value === null || value.length < MARKER_BYTES || value.readInt16BE(0) < 0) {
    throw kafkaError(
      ErrorCode.CORRUPT_MESSAGE,
      `The end-transaction marker at offset ${record.offset} has a value of ${value?.length ?? 0} bytes, not ${MARKER_BYTES}.`,
    );
  }
  return { committed: type === ControlType.COMMIT, coordinatorEpoch: value.readInt32BE(2) };
}

/**
 * The records of the control batch at `at`, which must be whole (`checkBatch`) and have the control bit.
 *
 * @throws KlammError CORRUPT_MESSAGE where a record or its key is damaged
 */
export function controlRecordsOf(buffer: Buffer, at: number): ControlRecord[] {
  const records: ControlRecord[] = [];
  const cursor = new RecordCursor();
  cursor.open(buffer, at);
  while (cursor.next()) {
    records.push({
      offset: cursor.offset,
      timestamp: cursor.timestamp,
      type: controlTypeOf(cursor.key()),
      value: cursor.value(),
    });
  }
  return records;
}

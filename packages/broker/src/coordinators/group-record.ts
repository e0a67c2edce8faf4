// A record of `__consumer_offsets` as the group machines write and replay it, and its bytes.
//
// Machines deal in decoded records only; the runtime turns them into one batch per step.
// org.apache.kafka.coordinator.group.GroupCoordinatorRecordHelpers.

import type { Encodable, Fields } from '@klamm/protocol/schema/fields';
import type { Message } from '@klamm/protocol/schema/message';
import { groupRecords } from '@klamm/protocol/stored/group';
import {
  decodeRecord,
  encodeRecordKey,
  encodeRecordValue,
  type KeyedRecord,
} from '@klamm/protocol/stored/keyed-record';

/** A record with its key; a `value` of null is a tombstone. */
export type GroupRecord = KeyedRecord<typeof groupRecords>;

/** The record of one type, such as `GroupRecordOf<2>` for a classic group. */
export type GroupRecordOf<T extends GroupRecord['type']> = Extract<GroupRecord, { type: T }>;

export interface RecordBytes {
  readonly key: Buffer;
  readonly value: Buffer | null;
}

/**
 * Versions in which values are written where it is not the newest: Apache Kafka 4 still writes groups as v3, and reads
 * both. undefined: the newest.
 */
const WRITTEN_VERSION: { readonly [type: number]: number | undefined } = { 2: 3 };

export function encodeGroupRecord(record: GroupRecord): RecordBytes {
  const entry: { key: Message; value: Message } = groupRecords[record.type];
  return {
    key: encodeRecordKey(record.type, entry.key, record.key as unknown as Encodable<Fields>),
    value:
      record.value === null
        ? null
        : encodeRecordValue(
            entry.value,
            record.value as unknown as Encodable<Fields>,
            WRITTEN_VERSION[record.type],
          ),
  };
}

/** Undefined for a type that only a newer Kafka knows. Throws ProtocolError where the bytes are damaged. */
export function decodeGroupRecord(key: Buffer, value: Buffer | null): GroupRecord | undefined {
  return decodeRecord(groupRecords, key, value);
}

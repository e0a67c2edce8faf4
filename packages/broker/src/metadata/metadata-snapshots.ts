// What Apache Kafka leaves beside the metadata log: snapshots, which stand for the records before them (KIP-630), and what
// `kafka-storage format` leaves for the first start (`bootstrap.checkpoint`). Klamm reads both, and writes neither.

import { ErrorCode, kafkaError } from '@klamm/protocol/error-codes';
import { checkBatch, forEachBatch, isControl } from '@klamm/protocol/records/batch';
import { recordsOf } from '@klamm/protocol/records/record';
import type { Disk } from '../storage/disk.ts';

const SNAPSHOT_FILE = /^(\d{20})-(\d{10})\.checkpoint$/;
const BOOTSTRAP_FILE = 'bootstrap.checkpoint';

export interface Snapshot {
  /** Holds the effect of all below. */
  readonly endOffset: number;
  readonly epoch: number;
  readonly bytes: Buffer;
}

/**
 * The newest snapshot in the directory of the metadata log. Apache Kafka writes one an hour and drops what the log holds
 * before it in time; a directory that it formatted and never ran has no more than one at offset 0. Throws
 * KAFKA_STORAGE_ERROR where it is damaged.
 */
export function newestSnapshot(disk: Disk, path: string): Snapshot | undefined {
  if (!disk.exists(path)) return undefined;
  const name = disk
    .list(path)
    .filter((file) => SNAPSHOT_FILE.test(file))
    .sort()
    .at(-1);
  if (name === undefined) return undefined;
  const [, endOffset, epoch] = SNAPSHOT_FILE.exec(name) ?? [];
  return { endOffset: Number(endOffset), epoch: Number(epoch), bytes: wholeFile(disk, `${path}/${name}`) };
}

/**
 * The records that a formatted directory wants its metadata log to begin with: levels of features, first users. None where
 * there is no such file. Throws KAFKA_STORAGE_ERROR where it is damaged.
 */
export function formattedRecords(disk: Disk, dataDirectory: string): Buffer[] {
  const path = `${dataDirectory}/${BOOTSTRAP_FILE}`;
  if (!disk.exists(path)) return [];
  const bytes = wholeFile(disk, path);
  const records: Buffer[] = [];
  forEachBatch(bytes, 0, bytes.length, (at) => {
    if (!isControl(bytes, at))
      for (const { value } of recordsOf(bytes, at)) if (value !== null) records.push(value);
    return true;
  });
  return records;
}

function wholeFile(disk: Disk, path: string): Buffer {
  const bytes = disk.readFile(path);
  const whole = forEachBatch(bytes, 0, bytes.length, (at) => checkBatch(bytes, at, bytes.length) === 'ok');
  if (whole === bytes.length) return bytes;
  throw kafkaError(
    ErrorCode.KAFKA_STORAGE_ERROR,
    `The metadata snapshot ${path} is damaged at byte ${whole}. Put back a copy of it before starting the broker.`,
  );
}

// The producer state of a partition on disk: `OFFSET.snapshot` holds, for every idempotent producer, where its
// sequence stood at that offset, so that a restart need not read the whole log. Format of
// org.apache.kafka.storage.internals.log.ProducerStateManager (the ProducerSnapshot schema behind an int16 version
// and a CRC32C of what follows it).

import { codecOf } from '@klamm/protocol/schema/compile';
import { ProducerSnapshot } from '@klamm/protocol/stored/producer-snapshot';
import { crc32c } from '@klamm/protocol/wire/crc32c';
import { Reader } from '@klamm/protocol/wire/reader';
import { Writer } from '@klamm/protocol/wire/writer';

const VERSION = 1;
const CRC_AT = 2;
const BODY_AT = 6;

export interface ProducerEntry {
  readonly producerId: number;
  readonly epoch: number;
  readonly lastSequence: number;
  readonly lastOffset: number;
  readonly offsetDelta: number;
  readonly timestamp: number;
  readonly coordinatorEpoch: number;
  readonly currentTxnFirstOffset: number;
}

export function encodeSnapshot(entries: readonly ProducerEntry[]): Buffer {
  const writer = new Writer(64 + entries.length * 46);
  writer.int16(VERSION);
  codecOf(ProducerSnapshot, VERSION).encode(writer, { crc: 0, producerEntries: entries });
  const bytes = writer.toBuffer();
  bytes.writeUInt32BE(crc32c(bytes, BODY_AT), CRC_AT);
  return bytes;
}

/** The entries of a snapshot file; null where it is damaged or of another version. */
export function decodeSnapshot(bytes: Buffer): readonly ProducerEntry[] | null {
  if (bytes.length < BODY_AT || bytes.readInt16BE(0) !== VERSION) return null;
  if (bytes.readUInt32BE(CRC_AT) !== crc32c(bytes, BODY_AT)) return null;
  try {
    return codecOf(ProducerSnapshot, VERSION).decode(new Reader(bytes, CRC_AT)).producerEntries;
  } catch {
    return null;
  }
}

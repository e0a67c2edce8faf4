// Which partition a record goes to, where the program does not say.
//
// With a key: murmur2 of its bytes, as Java's client does, so that programs in different languages agree. Without:
// one partition until its batch is sent, then another by chance, so that batches are large and partitions share
// (KIP-480, KIP-794). Partitions without a leader, or with one that is not to be reached, are passed over where there is a
// choice.

import type { Random } from '@klamm/base/random';
import { murmur2, toPositive } from '@klamm/protocol/murmur2';
import type { HeaderInput, RecordBytes } from '@klamm/protocol/records/builder';
import type { PartitionMetadata, TopicMetadata } from '../metadata-cache.ts';

export interface PartitionerInput {
  readonly topic: string;
  readonly key: RecordBytes;
  readonly value: RecordBytes;
  readonly headers: readonly HeaderInput[];
}

/** Returns the index of one of `partitions`. */
export type Partitioner = (record: PartitionerInput, partitions: readonly PartitionMetadata[]) => number;

const SCRATCH = Buffer.allocUnsafe(1024);

/** The partition of a key among `count`. */
export function partitionOfKey(key: Uint8Array | string, count: number): number {
  if (count === 1) return 0;
  return toPositive(murmur2(bytesOf(key))) % count;
}

/**
 * Another partition each time, those with a leader that works first.
 *
 * @param isAmiss whether a leader cannot be reached, or does not answer
 */
export function partitionByChance(
  topic: TopicMetadata,
  random: Random,
  isAmiss: (leader: number) => boolean,
): number {
  const { partitions } = topic;
  if (partitions.length === 1) return 0;
  const amiss = new Map<number, boolean>();
  for (const { leader } of partitions) {
    if (!amiss.has(leader)) amiss.set(leader, leader < 0 || isAmiss(leader));
  }
  const led = partitions.filter(({ leader }) => amiss.get(leader) === false);
  const among = led.length > 0 ? led : partitions;
  return among[Math.floor(random() * among.length)]?.index ?? 0;
}

/** The partitions in turn, whatever the key. */
export function roundRobin(): Partitioner {
  let next = 0;
  return (_record, partitions) => next++ % partitions.length;
}

function bytesOf(key: Uint8Array | string): Uint8Array {
  if (typeof key !== 'string') return key;
  if (key.length * 3 > SCRATCH.length) return Buffer.from(key);
  return SCRATCH.subarray(0, SCRATCH.write(key));
}

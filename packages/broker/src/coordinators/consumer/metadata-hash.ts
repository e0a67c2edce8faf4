// Tells by one number whether the topics of a group have come, gone or grown (org.apache.kafka.coordinator.group.Utils).
// It is Apache Kafka's own number, which the group's record keeps: whichever broker opens the data directory next finds
// nothing changed where nothing has. Racks count too there, where a broker has one; Klamm's brokers have none.

import type { TopicImage } from '../../metadata/image.ts';
import { xxh3 } from './xxh3.ts';

interface TopicHash {
  readonly partitions: number;
  readonly hash: bigint;
}

/** A topic's hash is asked for with each change of each group, and changes when it grows. */
const KNOWN = new WeakMap<TopicImage, TopicHash>();

/** @param topics in order of name; signed, as the record has it. 0 for none */
export function metadataHash(topics: readonly TopicImage[]): bigint {
  if (topics.length === 0) return 0n;
  const bytes = Buffer.allocUnsafe(8 * topics.length);
  for (const [i, topic] of topics.entries()) bytes.writeBigUInt64LE(topicHash(topic), 8 * i);
  return BigInt.asIntN(64, xxh3(bytes));
}

function topicHash(topic: TopicImage): bigint {
  const partitions = topic.partitions.length;
  const known = KNOWN.get(topic);
  if (known?.partitions === partitions) return known.hash;
  const hash = xxh3(hashedBytes(topic, partitions));
  KNOWN.set(topic, { partitions, hash });
  return hash;
}

/** A version, the two halves of the id, the name and its length, the count, and each partition; little-endian. */
function hashedBytes({ id, name }: TopicImage, partitions: number): Buffer {
  const bytes = Buffer.alloc(1 + 16 + 2 * name.length + 4 + 4 + 4 * partitions);
  const uuid = Buffer.from(id, 'base64url');
  bytes.writeBigUInt64LE(uuid.readBigUInt64BE(0), 1);
  bytes.writeBigUInt64LE(uuid.readBigUInt64BE(8), 9);
  let at = 17 + bytes.write(name, 17, 'utf16le');
  at = bytes.writeInt32LE(name.length, at);
  at = bytes.writeInt32LE(partitions, at);
  for (let i = 0; i < partitions; i++) at = bytes.writeInt32LE(i, at);
  return bytes;
}

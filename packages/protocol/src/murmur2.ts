// The hash that maps a record's key to a partition: murmur2 as in org.apache.kafka.common.utils.Utils, bit for bit,
// so that clients in different languages agree on where a key lives. It must not know how many partitions there are.

const SEED = 0x9747b28c;
const M = 0x5bd1e995;

/** The hash of `key` as a signed 32-bit integer. */
export function murmur2(key: Uint8Array): number {
  const { length } = key;
  const wholeEnd = length & ~3;
  let hash = SEED ^ length;
  for (let at = 0; at < wholeEnd; at += 4) {
    let word =
      (key[at] as number) |
      ((key[at + 1] as number) << 8) |
      ((key[at + 2] as number) << 16) |
      ((key[at + 3] as number) << 24);
    word = Math.imul(word, M);
    word ^= word >>> 24;
    hash = Math.imul(hash, M) ^ Math.imul(word, M);
  }
  const rest = length & 3;
  if (rest >= 3) hash ^= (key[wholeEnd + 2] as number) << 16;
  if (rest >= 2) hash ^= (key[wholeEnd + 1] as number) << 8;
  if (rest >= 1) hash = Math.imul(hash ^ (key[wholeEnd] as number), M);
  hash = Math.imul(hash ^ (hash >>> 13), M);
  return (hash ^ (hash >>> 15)) | 0;
}

/** Clears the sign bit, as Kafka's partitioners do before they take the remainder. Not the absolute value. */
export function toPositive(hash: number): number {
  return hash & 0x7fffffff;
}

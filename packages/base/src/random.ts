// The only source of chance, so that a test can replay it.

import { randomBytes } from 'node:crypto';

/** Returns the next number in [0, 1). */
export type Random = () => number;

export const systemRandom: Random = Math.random;

/** A repeatable source of chance (mulberry32): the same seed gives the same numbers. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The id that Kafka treats as "no id": sixteen zero bytes. */
export const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA';

/**
 * A new id in Kafka's form: a version 4 UUID as 22 characters of URL-safe base64. Never starts with a dash,
 * which a command line would take for a flag, as in org.apache.kafka.common.Uuid.
 */
export function randomUuid(): string {
  for (;;) {
    const bytes = randomBytes(16);
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    const id = bytes.toString('base64url');
    if (!id.startsWith('-')) return id;
  }
}

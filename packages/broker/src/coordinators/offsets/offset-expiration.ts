// When a committed offset is too old (KIP-211): offsets.retention.minutes after the group became empty, or after the
// commit where there is no group or the group no longer reads the topic. Offsets that an open transaction means to
// change stay. org.apache.kafka.coordinator.group.OffsetExpirationConditionImpl.

import type { CommittedOffset } from './committed-offsets.ts';

/** What a group says about the age of its offsets. */
export type OffsetAge =
  /** All of its offsets stay: members use them, or soon will. */
  | { readonly kind: 'kept' }
  /** Each counts from its own commit. */
  | { readonly kind: 'sinceCommit' }
  /** All count from when the group became empty, ms since 1970. */
  | { readonly kind: 'since'; readonly timestamp: number };

export function isOffsetExpired(
  committed: CommittedOffset,
  age: OffsetAge,
  retentionMs: number,
  now: number,
): boolean {
  if (age.kind === 'kept') return false;
  // Clients before v5 chose for themselves.
  if (committed.expireTimestamp >= 0) return now >= committed.expireTimestamp;
  const since = age.kind === 'since' ? age.timestamp : committed.commitTimestamp;
  return now - since >= retentionMs;
}

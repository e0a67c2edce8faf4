// Java's String.hashCode, made positive as org.apache.kafka.common.utils.Utils.abs does: what tells the partition of
// `__consumer_offsets` that keeps a group, and of `__transaction_state` that keeps a transactional id.

/** 0 to 2^31 - 1. */
export function javaHashOf(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash === -(2 ** 31) ? 0 : Math.abs(hash);
}

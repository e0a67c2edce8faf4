// The index of aborted transactions of a segment, in Kafka's format: entries of 34 bytes, a version (int16), the
// producer's id and the first offset, last offset and last stable offset (int64 each)
// (org.apache.kafka.storage.internals.log.TransactionIndex).

const ENTRY_BYTES = 34;

export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly lastStableOffset: number;
}

/** Where those begin that end at `offset` or later; they are sorted by their last offsets. */
export function firstEndingFrom(transactions: readonly AbortedTransaction[], offset: number): number {
  let low = 0;
  let high = transactions.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((transactions[middle] as AbortedTransaction).lastOffset < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Reads an index file as far as it is whole. */
export function parseTxnIndex(bytes: Buffer): AbortedTransaction[] {
  const entries: AbortedTransaction[] = [];
  for (let at = 0; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) {
    entries.push({
      producerId: Number(bytes.readBigInt64BE(at + 2)),
      firstOffset: Number(bytes.readBigInt64BE(at + 10)),
      lastOffset: Number(bytes.readBigInt64BE(at + 18)),
      lastStableOffset: Number(bytes.readBigInt64BE(at + 26)),
    });
  }
  return entries;
}

export function writeTxnIndex(entries: readonly AbortedTransaction[]): Buffer {
  const bytes = Buffer.alloc(entries.length * ENTRY_BYTES);
  for (const [i, { producerId, firstOffset, lastOffset, lastStableOffset }] of entries.entries()) {
    const at = i * ENTRY_BYTES;
    bytes.writeBigInt64BE(BigInt(producerId), at + 2);
    bytes.writeBigInt64BE(BigInt(firstOffset), at + 10);
    bytes.writeBigInt64BE(BigInt(lastOffset), at + 18);
    bytes.writeBigInt64BE(BigInt(lastStableOffset), at + 26);
  }
  return bytes;
}

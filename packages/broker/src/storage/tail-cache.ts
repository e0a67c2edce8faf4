// The newest batches of a log, as they were appended, so that a consumer that keeps up is answered without a read.
//
// Each cache holds at most `LOG_BYTES_MAX`; all caches of a broker share a budget, and a log gives up its own
// oldest batches when the budget is spent. Large batches are views of what the socket delivered and keep its memory;
// small ones are copied, as each would keep a chunk many times its size.

const LOG_BYTES_MAX = 1024 * 1024;
/** What an entry takes beside its bytes, roughly: of small batches there are thousands. */
const ENTRY_BYTES = 200;
/** Larger batches are not copied: it would cost more than the memory around them is worth. */
const COPIED_BYTES_MAX = 16 * 1024;
/** Copies are made into slabs that grow up to this size with what the log has, so that a log with little holds little. */
const SLAB_BYTES_MAX = 64 * 1024;
const SLAB_BYTES_AT_FIRST = 1024;
const NO_SLAB = Buffer.alloc(0);

/** Bytes that all tail caches of one broker may hold together. */
export class TailCacheBudget {
  readonly bytesMax: number;
  bytes = 0;

  constructor(bytesMax = 64 * 1024 * 1024) {
    this.bytesMax = bytesMax;
  }
}

interface CachedBatch {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly bytes: Buffer;
}

export class TailCache {
  readonly #budget: TailCacheBudget;
  #batches: CachedBatch[] = [];
  #bytes = 0;
  #slab: Buffer = NO_SLAB;
  #slabUsed = 0;

  constructor(budget: TailCacheBudget) {
    this.#budget = budget;
  }

  add(baseOffset: number, lastOffset: number, bytes: Buffer): void {
    if (bytes.length > LOG_BYTES_MAX / 2) {
      this.clear();
      return;
    }
    if (this.#budget.bytesMax === 0) return;
    this.#batches.push({ baseOffset, lastOffset, bytes: this.#owned(bytes) });
    this.#grow(sizeOf(bytes));
    while (this.#bytes > LOG_BYTES_MAX || (this.#budget.bytes > this.#budget.bytesMax && this.#bytes > 0)) {
      this.#grow(-sizeOf(this.#batches.shift()?.bytes));
    }
  }

  /** The bytes, in memory that holds little else. */
  #owned(bytes: Buffer): Buffer {
    if (bytes.length > COPIED_BYTES_MAX || bytes.length * 2 > bytes.buffer.byteLength) return bytes;
    if (this.#slab.length - this.#slabUsed < bytes.length) {
      const size = Math.min(SLAB_BYTES_MAX, Math.max(SLAB_BYTES_AT_FIRST, this.#slab.length * 2));
      this.#slab = Buffer.allocUnsafeSlow(Math.max(size, bytes.length));
      this.#slabUsed = 0;
    }
    const copy = this.#slab.subarray(this.#slabUsed, this.#slabUsed + bytes.length);
    this.#slabUsed += bytes.copy(copy);
    return copy;
  }

  /** Batches from the one that holds `offset`, as far as `upTo` and `maxBytes` go; undefined where it is not here. */
  read(offset: number, maxBytes: number, upTo: number, minOneBatch: boolean): Buffer | undefined {
    const batches = this.#batches;
    if (batches.length === 0 || offset < (batches[0] as CachedBatch).baseOffset) return undefined;
    let low = 0;
    let high = batches.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((batches[middle] as CachedBatch).lastOffset < offset) low = middle + 1;
      else high = middle;
    }
    const found: Buffer[] = [];
    let bytes = 0;
    for (let i = low; i < batches.length; i++) {
      const batch = batches[i] as CachedBatch;
      if (batch.lastOffset < offset || batch.lastOffset >= upTo) break;
      if (bytes + batch.bytes.length > maxBytes && !(minOneBatch && found.length === 0)) break;
      found.push(batch.bytes);
      bytes += batch.bytes.length;
    }
    const [first] = found;
    return first !== undefined && found.length === 1 ? first : Buffer.concat(found, bytes);
  }

  /** Forgets batches that end at or beyond `offset`. */
  truncateTo(offset: number): void {
    while ((this.#batches.at(-1)?.lastOffset ?? -1) >= offset)
      this.#grow(-sizeOf(this.#batches.pop()?.bytes));
  }

  clear(): void {
    this.#batches = [];
    this.#slab = NO_SLAB;
    this.#slabUsed = 0;
    this.#grow(-this.#bytes);
  }

  #grow(bytes: number): void {
    this.#bytes += bytes;
    this.#budget.bytes += bytes;
  }
}

const sizeOf = (bytes: Buffer | undefined): number => (bytes === undefined ? 0 : bytes.length + ENTRY_BYTES);

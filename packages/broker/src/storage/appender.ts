// Group commit for one log: what was pushed since the last cycle is written with one vectored write per file and
// made durable with one fdatasync per file, while the next cycle's batches gather.
//
// A cycle starts at the end of the turn in which the first batch was pushed, so that all requests of one chunk of
// a socket share it. Append and flush are two steps: `written` says what is in the page cache, `synced` what is on
// stable storage, and a flush covers every write before it. Under the policy `os` nothing is synced but by `flush`.

import { assert } from '@klamm/base/assert';
import type { Segment } from './segment.ts';

export type FlushPolicy = 'sync' | 'os';

export interface AppenderEvents {
  /** All up to `offset` (exclusive) is in the page cache. */
  written(offset: number): void;
  /** All up to `offset` (exclusive) is on stable storage. */
  synced(offset: number): void;
  /** A write failed; the file is cut back to `goodOffset`, and what was pushed beyond is forgotten. */
  rejected(error: Error, goodOffset: number): void;
  /** The files are in doubt: nothing more may be written, and nothing waiting is acknowledged. */
  offline(error: Error): void;
}

interface PendingWrite {
  readonly segment: Segment;
  readonly buffers: Buffer[];
  bytes: number;
  endOffset: number;
}

export class Appender {
  readonly #policy: FlushPolicy;
  readonly #events: AppenderEvents;
  #pending: PendingWrite[] = [];
  #unsynced = new Set<Segment>();
  #writtenOffset: number;
  #syncedOffset: number;
  #scheduled = false;
  #syncing: Promise<void> | undefined;
  #offline: Error | undefined;

  constructor(policy: FlushPolicy, endOffset: number, events: AppenderEvents) {
    this.#policy = policy;
    this.#events = events;
    this.#writtenOffset = endOffset;
    this.#syncedOffset = endOffset;
  }

  get writtenOffset(): number {
    return this.#writtenOffset;
  }

  get syncedOffset(): number {
    return this.#syncedOffset;
  }

  /** Takes bytes for the end of `segment`; `endOffset` is one past their last offset. */
  push(segment: Segment, bytes: Buffer, endOffset: number): void {
    assert(this.#offline === undefined, 'a batch is pushed to an appender that is offline');
    const last = this.#pending.at(-1);
    if (last?.segment === segment) {
      last.buffers.push(bytes);
      last.bytes += bytes.length;
      last.endOffset = endOffset;
    } else this.#pending.push({ segment, buffers: [bytes], bytes: bytes.length, endOffset });
    this.#schedule();
  }

  /** Resolves when all that was pushed before is on stable storage, whatever the policy; rejects when it cannot be. */
  async flush(): Promise<void> {
    while (
      this.#offline === undefined &&
      (this.#pending.length > 0 || this.#unsynced.size > 0 || this.#syncing !== undefined)
    ) {
      this.#write();
      await this.#sync();
    }
    if (this.#offline !== undefined) throw this.#offline;
  }

  /** A segment that is removed needs no sync any more: asked for one, it would make its file anew. */
  forget(segment: Segment): void {
    this.#unsynced.delete(segment);
  }

  /** Stops at once: what is pending is forgotten. */
  stop(error: Error): void {
    this.#offline ??= error;
    this.#pending = [];
  }

  #schedule(): void {
    // While a sync runs, the next cycle gathers; it starts when the sync ends.
    if (this.#scheduled || (this.#policy === 'sync' && this.#syncing !== undefined)) return;
    this.#scheduled = true;
    process.nextTick(() => {
      this.#scheduled = false;
      this.#cycle();
    });
  }

  #cycle(): void {
    this.#write();
    if (this.#policy === 'sync' && this.#unsynced.size > 0) void this.#sync();
  }

  #write(): void {
    while (this.#pending.length > 0 && this.#offline === undefined) {
      const [write] = this.#pending as [PendingWrite];
      const { segment } = write;
      // A new segment is not begun before the one before it is on stable storage: a power cut leaves no gap.
      if (this.#policy === 'sync' && this.#unsynced.size > 0 && !this.#unsynced.has(segment)) return;
      if (this.#policy === 'sync' && this.#syncing !== undefined) return;
      try {
        segment.file.write(write.buffers, segment.writtenBytes);
      } catch (error) {
        this.#onWriteError(segment, error as NodeJS.ErrnoException);
        return;
      }
      this.#pending.shift();
      segment.writtenBytes += write.bytes;
      this.#unsynced.add(segment);
      this.#writtenOffset = write.endOffset;
      this.#events.written(write.endOffset);
    }
  }

  async #sync(): Promise<void> {
    if (this.#syncing !== undefined) return this.#syncing;
    const segments = [...this.#unsynced];
    const offset = this.#writtenOffset;
    this.#unsynced.clear();
    if (segments.length === 0) return;
    const run = async (): Promise<void> => {
      try {
        await (segments.length === 1
          ? segments[0]?.file.sync()
          : Promise.all(segments.map((s) => s.file.sync())));
      } catch (error) {
        // What the kernel did with the pages after a failed sync is not known: they may be marked clean and lost.
        this.#goOffline(error as Error);
        return;
      } finally {
        this.#syncing = undefined;
      }
      if (this.#offline !== undefined) return;
      this.#syncedOffset = Math.max(this.#syncedOffset, offset);
      this.#events.synced(this.#syncedOffset);
      if (this.#policy === 'sync' && this.#pending.length > 0) this.#cycle();
    };
    this.#syncing = run();
    return this.#syncing;
  }

  #onWriteError(segment: Segment, error: NodeJS.ErrnoException): void {
    const full = error.code === 'ENOSPC' || error.code === 'EDQUOT';
    if (full) {
      try {
        segment.file.truncate(segment.writtenBytes);
        this.#pending = [];
        this.#events.rejected(error, this.#writtenOffset);
        return;
      } catch (truncateError) {
        this.#goOffline(truncateError as Error);
        return;
      }
    }
    this.#goOffline(error);
  }

  #goOffline(error: Error): void {
    if (this.#offline !== undefined) return;
    this.#offline = error;
    this.#pending = [];
    this.#events.offline(error);
  }
}

// A disk that lives in memory: for `--memory` brokers, and, with faults and crashes, for tests.
//
// `crash` gives the disk as a machine would find it after a power cut: what was synced is there; of what was
// written after the last sync a random part is, as with a page cache that wrote back what it liked.

import { KlammError } from '@klamm/base/errors';
import type { Random } from '@klamm/base/random';
import type { Disk, DiskFile } from './disk.ts';

/** Asked before every operation that can fail; what it throws, the operation throws. */
export type FaultHook = (operation: 'write' | 'sync', path: string, bytes: number) => void;

export interface MemoryDisk extends Disk {
  /** Set to make writes and syncs fail. */
  fault: FaultHook | undefined;
  /** The disk after a power cut. The one it came from must not be used any more. */
  crash(random: Random): MemoryDisk;
  /** Bytes of all files. */
  readonly bytes: number;
}

/** An error as node:fs throws it. */
export function diskError(code: 'ENOSPC' | 'EIO', path: string): Error {
  const text = code === 'ENOSPC' ? 'no space left on device' : 'i/o error';
  return Object.assign(new Error(`${code}: ${text}, write '${path}'`), { code });
}

class MemoryFileData {
  bytes = Buffer.alloc(0);
  size = 0;
  /** Bytes and size as of the last sync, kept only as how far they differ: the ranges written since. */
  syncedSize = 0;
  dirty: { at: number; before: Buffer; size: number }[] = [];
  modifiedMs = 0;
}

export interface MemoryDiskOptions {
  /** Time of last change of files, in ms since the epoch. Default: always 0. */
  readonly now?: () => number;
  /** Remember what was not synced, so that `crash` can lose it; costs a copy of every write. Default: false. */
  readonly crashable?: boolean;
}

export function memoryDisk(options: MemoryDiskOptions = {}): MemoryDisk {
  return new Memory(new Map(), new Set(['']), options);
}

class Memory implements MemoryDisk {
  fault: FaultHook | undefined;
  readonly #files: Map<string, MemoryFileData>;
  readonly #directories: Set<string>;
  readonly #options: MemoryDiskOptions;

  constructor(files: Map<string, MemoryFileData>, directories: Set<string>, options: MemoryDiskOptions) {
    this.#files = files;
    this.#directories = directories;
    this.#options = options;
  }

  now(): number {
    return this.#options.now?.() ?? 0;
  }

  get crashable(): boolean {
    return this.#options.crashable === true;
  }

  get bytes(): number {
    let sum = 0;
    for (const file of this.#files.values()) sum += file.size;
    return sum;
  }

  open(path: string): DiskFile {
    let data = this.#files.get(path);
    if (data === undefined) {
      data = new MemoryFileData();
      data.modifiedMs = this.now();
      this.#files.set(path, data);
    }
    return new MemoryFile(path, data, this);
  }

  exists(path: string): boolean {
    return this.#files.has(path) || this.#directories.has(path);
  }

  stat(path: string): { size: number; modifiedMs: number } {
    const data = this.#file(path);
    return { size: data.size, modifiedMs: data.modifiedMs };
  }

  space(): { totalBytes: number; usableBytes: number } {
    return { totalBytes: -1, usableBytes: -1 };
  }

  list(path: string): string[] {
    const prefix = `${path}/`;
    const names = new Set<string>();
    for (const known of [...this.#files.keys(), ...this.#directories]) {
      if (known.startsWith(prefix)) names.add(known.slice(prefix.length).split('/')[0] ?? '');
    }
    return [...names].sort();
  }

  makeDirectory(path: string): void {
    const parts = path.split('/');
    for (let i = 2; i <= parts.length; i++) this.#directories.add(parts.slice(0, i).join('/'));
  }

  readFile(path: string): Buffer {
    const data = this.#file(path);
    return Buffer.from(data.bytes.subarray(0, data.size));
  }

  replaceFile(path: string, content: Buffer | string): void {
    const bytes = Buffer.from(content as string);
    this.fault?.('write', path, bytes.length);
    const data = new MemoryFileData();
    data.bytes = bytes;
    data.size = bytes.length;
    data.syncedSize = bytes.length;
    data.modifiedMs = this.now();
    this.#files.set(path, data);
  }

  syncDirectory(): void {}

  rename(from: string, to: string): void {
    const prefix = `${from}/`;
    for (const [path, data] of [...this.#files]) {
      if (path !== from && !path.startsWith(prefix)) continue;
      this.#files.delete(path);
      this.#files.set(to + path.slice(from.length), data);
    }
    for (const path of [...this.#directories]) {
      if (path !== from && !path.startsWith(prefix)) continue;
      this.#directories.delete(path);
      this.#directories.add(to + path.slice(from.length));
    }
  }

  remove(path: string): void {
    const prefix = `${path}/`;
    for (const known of [...this.#files.keys()]) {
      if (known === path || known.startsWith(prefix)) this.#files.delete(known);
    }
    for (const known of [...this.#directories]) {
      if (known === path || known.startsWith(prefix)) this.#directories.delete(known);
    }
  }

  crash(random: Random): MemoryDisk {
    const files = new Map<string, MemoryFileData>();
    for (const [path, data] of this.#files) {
      const bytes = Buffer.from(data.bytes.subarray(0, data.size));
      let size = data.size;
      // Undo, newest first, each write that the page cache is taken not to have written back.
      for (const write of data.dirty.toReversed()) {
        if (random() < 0.5) continue;
        write.before.copy(bytes, write.at);
        if (random() < 0.5) size = Math.max(data.syncedSize, Math.min(size, write.size));
      }
      const kept = new MemoryFileData();
      kept.bytes = bytes;
      kept.size = size;
      kept.syncedSize = size;
      kept.modifiedMs = data.modifiedMs;
      files.set(path, kept);
    }
    return new Memory(files, new Set(this.#directories), this.#options);
  }

  #file(path: string): MemoryFileData {
    const data = this.#files.get(path);
    if (data === undefined) {
      throw new KlammError(`There is no file ${path}.`, { code: 'ENOENT', retriable: false });
    }
    return data;
  }
}

class MemoryFile implements DiskFile {
  readonly path: string;
  readonly #data: MemoryFileData;
  readonly #disk: Memory;

  constructor(path: string, data: MemoryFileData, disk: Memory) {
    this.path = path;
    this.#data = data;
    this.#disk = disk;
  }

  write(buffers: readonly Buffer[], position: number): void {
    let total = 0;
    for (const buffer of buffers) total += buffer.length;
    try {
      this.#disk.fault?.('write', this.path, total);
    } catch (error) {
      // As a real disk may: half of it is there.
      const half = Buffer.concat(buffers).subarray(0, total >> 1);
      this.#put([half], half.length, position);
      throw error;
    }
    this.#put(buffers, total, position);
  }

  #put(buffers: readonly Buffer[], total: number, position: number): void {
    const data = this.#data;
    const end = position + total;
    if (end > data.bytes.length) {
      const larger = Buffer.alloc(Math.max(end, data.bytes.length * 2, 4096));
      data.bytes.copy(larger, 0, 0, data.size);
      data.bytes = larger;
    }
    if (this.#disk.crashable) {
      data.dirty.push({
        at: position,
        before: Buffer.from(data.bytes.subarray(position, end)),
        size: data.size,
      });
    }
    let at = position;
    for (const buffer of buffers) at += buffer.copy(data.bytes, at);
    data.size = Math.max(data.size, end);
    data.modifiedMs = this.#disk.now();
  }

  read(length: number, position: number, into?: Buffer): Promise<Buffer> {
    const bytes = this.readSync(length, position);
    return Promise.resolve(into === undefined ? bytes : into.subarray(0, bytes.copy(into)));
  }

  readSync(length: number, position: number): Buffer {
    return Buffer.from(this.#data.bytes.subarray(position, Math.min(position + length, this.#data.size)));
  }

  async sync(): Promise<void> {
    const { size } = this.#data;
    this.#disk.fault?.('sync', this.path, 0);
    this.#data.dirty = [];
    this.#data.syncedSize = size;
  }

  truncate(size: number): void {
    const data = this.#data;
    if (size < data.size) data.bytes.fill(0, size, data.size);
    data.size = Math.min(data.size, size);
    data.syncedSize = Math.min(data.syncedSize, size);
  }

  close(): void {}
}

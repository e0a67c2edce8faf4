// What the log needs of a disk, and the real one over node:fs.
//
// Small writes are synchronous: they reach the page cache in microseconds, where an awaited write costs a trip
// through the thread pool. Only what may take long, a sync or a read of cold data, is asynchronous.
// Nothing else in the broker touches files (tests and `--memory` run on disk-memory.ts).

import {
  closeSync,
  existsSync,
  fdatasync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  read,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
  writeSync,
  writevSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** An open file. A write that fails leaves it in doubt: the caller truncates it back or gives it up. */
export interface DiskFile {
  readonly path: string;
  /** Writes all of `buffers`, one after the other, from `position` on. */
  write(buffers: readonly Buffer[], position: number): void;
  /** Up to `length` bytes from `position`; fewer at the end of the file. They are `into`'s where that is given. */
  read(length: number, position: number, into?: Buffer): Promise<Buffer>;
  readSync(length: number, position: number): Buffer;
  /** Resolves when everything written before the call is on stable storage. */
  sync(): Promise<void>;
  truncate(size: number): void;
  /** Nothing may be asked of the file any more; reads and syncs that are under way still end in order. */
  close(): void;
}

export interface Disk {
  /** Opens for reading and writing; creates the file where it is missing. */
  open(path: string): DiskFile;
  exists(path: string): boolean;
  /** Size in bytes and time of last change in ms since the epoch. */
  stat(path: string): { readonly size: number; readonly modifiedMs: number };
  /** Size and free space of the volume that `path` lies on, in bytes; -1 where they are not known. */
  space(path: string): { readonly totalBytes: number; readonly usableBytes: number };
  /** Names in a folder, sorted. */
  list(path: string): string[];
  /** Creates a folder and those above it. */
  makeDirectory(path: string): void;
  readFile(path: string): Buffer;
  /** Replaces a file's content: after a crash it is either the old or the new one, whole. */
  replaceFile(path: string, content: Buffer | string): void;
  /** Makes names created, renamed or removed in a folder durable. */
  syncDirectory(path: string): void;
  rename(from: string, to: string): void;
  /** Removes a file, or a folder with all in it; nothing happens where there is none. */
  remove(path: string): void;
}

class NodeFile implements DiskFile {
  readonly path: string;
  readonly #fd: number;
  #underWay = 0;
  #closing = false;

  constructor(path: string) {
    this.path = path;
    this.#fd = openSync(path, existsSync(path) ? 'r+' : 'w+');
  }

  write(buffers: readonly Buffer[], position: number): void {
    let at = position;
    let rest: Buffer[] = buffers as Buffer[];
    while (rest.length > 0) {
      // IOV_MAX is 1024 on Linux; more buffers in one call are an error.
      const some = rest.length > 1024 ? rest.slice(0, 1024) : rest;
      const [only] = some;
      const written =
        some.length === 1 && only !== undefined
          ? writeSync(this.#fd, only, 0, only.length, at)
          : writevSync(this.#fd, some, at);
      at += written;
      rest = dropBytes(rest, written);
    }
  }

  read(length: number, position: number, into?: Buffer): Promise<Buffer> {
    const buffer = into ?? Buffer.allocUnsafeSlow(length);
    this.#underWay++;
    return new Promise((resolve, reject) => {
      const more = (from: number): void => {
        read(this.#fd, buffer, from, length - from, position + from, (error, count) => {
          if (!error && count > 0 && from + count < length) {
            more(from + count);
            return;
          }
          this.#ended();
          if (error) reject(error);
          else resolve(buffer.subarray(0, from + count));
        });
      };
      more(0);
    });
  }

  readSync(length: number, position: number): Buffer {
    const buffer = Buffer.allocUnsafeSlow(length);
    let from = 0;
    while (from < length) {
      const count = readSync(this.#fd, buffer, from, length - from, position + from);
      if (count === 0) break;
      from += count;
    }
    return buffer.subarray(0, from);
  }

  sync(): Promise<void> {
    this.#underWay++;
    return new Promise((resolve, reject) => {
      fdatasync(this.#fd, (error) => {
        this.#ended();
        if (error) reject(error);
        else resolve();
      });
    });
  }

  truncate(size: number): void {
    ftruncateSync(this.#fd, size);
  }

  // The number of a closed file is given to the next one opened: a read under way would answer with that one's bytes.
  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    if (this.#underWay === 0) closeSync(this.#fd);
  }

  #ended(): void {
    this.#underWay--;
    if (this.#closing && this.#underWay === 0) closeSync(this.#fd);
  }
}

/** What is left of `buffers` when `count` bytes of them have been written. */
export function dropBytes(buffers: readonly Buffer[], count: number): Buffer[] {
  let skipped = 0;
  for (let i = 0; i < buffers.length; i++) {
    const buffer = buffers[i] as Buffer;
    if (skipped + buffer.length > count) return [buffer.subarray(count - skipped), ...buffers.slice(i + 1)];
    skipped += buffer.length;
  }
  return [];
}

/** The metadata log holds what logs in and what opens key stores, as Apache Kafka's does. */
const OWNER_ONLY = { mode: 0o700 };

// Not mkdirSync's own `recursive`: where a folder can never be made (below /proc), it tries again for ever.
function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  const parent = dirname(path);
  if (parent !== path) makeDirectory(parent);
  try {
    mkdirSync(path, OWNER_ONLY);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

export function nodeDisk(): Disk {
  const syncPath = (path: string): void => {
    const fd = openSync(path, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  };
  return {
    open: (path) => new NodeFile(path),
    exists: existsSync,
    stat(path) {
      const { size, mtimeMs } = statSync(path);
      return { size, modifiedMs: Math.floor(mtimeMs) };
    },
    space(path) {
      const { bsize, blocks, bavail } = statfsSync(path);
      return { totalBytes: bsize * blocks, usableBytes: bsize * bavail };
    },
    list: (path) => readdirSync(path).sort(),
    makeDirectory,
    readFile: (path) => readFileSync(path),
    replaceFile(path, content) {
      const next = `${path}.tmp`;
      writeFileSync(next, content, { flush: true });
      renameSync(next, path);
      syncPath(dirname(path));
    },
    syncDirectory: syncPath,
    rename: renameSync,
    remove: (path) => rmSync(path, { recursive: true, force: true }),
  };
}

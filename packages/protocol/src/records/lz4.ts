// LZ4 frames, in JavaScript; large ones off the event loop by the native package lz4-napi where it loads.
//
// Measured on batches of text and JSON, this JavaScript compresses and decompresses faster than a synchronous call
// of the native package, which hands over foreign memory; so native code only earns its place on other threads.
// Frames written here have independent blocks and no checksums: Java's Lz4BlockInputStream refuses dependent
// blocks, and the batch's own CRC covers the bytes. Frames read may be anything the format allows but a
// dictionary; checksums in them are skipped. The size that a frame grows to is known before anything is
// allocated for it. Format: the LZ4 frame format 1.6 and LZ4 block format descriptions.

import { createRequire } from 'node:module';

interface NativeLz4 {
  compressFrame(data: Buffer): Promise<Buffer>;
  decompressFrame(data: Buffer): Promise<Buffer>;
}

const native = loadNative();

const FRAME_MAGIC = 0x184d2204;
const VERSION_MASK = 0xc0;
const VERSION_1 = 0x40;
const BLOCK_INDEPENDENT = 0x20;
const BLOCK_CHECKSUM = 0x10;
const CONTENT_SIZE = 0x08;
const DICTIONARY = 0x01;
const STORED_BLOCK = 0x80000000;

// Bytes per block by the code in the frame descriptor, and the descriptor's checksum for each with flags 0x60.
const BLOCK_BYTES = new Map([
  [4, { bytes: 1 << 16, headerChecksum: 0x82 }],
  [5, { bytes: 1 << 18, headerChecksum: 0xfb }],
  [6, { bytes: 1 << 20, headerChecksum: 0x51 }],
  [7, { bytes: 1 << 22, headerChecksum: 0x73 }],
]);

/** As `compressLz4`, off the event loop where native code does it. */
export async function compressLz4Async(bytes: Buffer): Promise<Buffer> {
  return native === null ? compressLz4(bytes) : native.compressFrame(bytes);
}

/** As `decompressLz4`, off the event loop where native code does it. */
export async function decompressLz4Async(frame: Buffer, maxBytes: number): Promise<Buffer> {
  const size = contentSizeWithin(frame, maxBytes);
  return native === null ? decodeFrame(frame, size) : native.decompressFrame(frame);
}

/** The content of one frame. Throws a RangeError where it is larger than `maxBytes`, an Error where it is no frame. */
export function decompressLz4(frame: Buffer, maxBytes: number): Buffer {
  return decodeFrame(frame, contentSizeWithin(frame, maxBytes));
}

/** `bytes` as one frame. */
export function compressLz4(bytes: Buffer): Buffer {
  const code = bytes.length <= 1 << 16 ? 4 : bytes.length <= 1 << 18 ? 5 : bytes.length <= 1 << 20 ? 6 : 7;
  const kind = BLOCK_BYTES.get(code) ?? { bytes: 1 << 22, headerChecksum: 0x73 };
  const blocks = Math.ceil(bytes.length / kind.bytes);
  const frame = Buffer.allocUnsafe(
    7 + blocks * 8 + 4 + bytes.length + Math.ceil(bytes.length / 255) + blocks * 16,
  );
  frame.writeUInt32LE(FRAME_MAGIC, 0);
  frame[4] = VERSION_1 | BLOCK_INDEPENDENT;
  frame[5] = code << 4;
  frame[6] = kind.headerChecksum;
  let at = 7;
  for (let from = 0; from < bytes.length; from += kind.bytes) {
    const to = Math.min(from + kind.bytes, bytes.length);
    const size = encodeBlock(bytes, from, to, frame, at + 4);
    if (size >= to - from) {
      frame.writeUInt32LE((STORED_BLOCK | (to - from)) >>> 0, at);
      bytes.copy(frame, at + 4, from, to);
      at += 4 + to - from;
    } else {
      frame.writeUInt32LE(size, at);
      at += 4 + size;
    }
  }
  frame.writeUInt32LE(0, at);
  return frame.subarray(0, at + 4);
}

// A loop over bytes beats a call into the engine up to here; measured with bench/codec/records.bench.ts.
const SHORT_COPY = 32;
const LONG_COPY = 64;

interface FrameHeader {
  readonly blocksAt: number;
  readonly blockBytes: number;
  readonly checksumBytes: number;
}

function readFrameHeader(frame: Buffer): FrameHeader {
  if (frame.length < 7 || frame.readUInt32LE(0) !== FRAME_MAGIC) throw new Error('this is no LZ4 frame');
  const flags = frame[4] as number;
  if ((flags & VERSION_MASK) !== VERSION_1) throw new Error('the LZ4 frame is of an unknown version');
  if ((flags & DICTIONARY) !== 0) throw new Error('the LZ4 frame needs a dictionary');
  const kind = BLOCK_BYTES.get(((frame[5] as number) >> 4) & 7);
  if (kind === undefined) throw new Error('the LZ4 frame has an unknown block size');
  return {
    blocksAt: 7 + ((flags & CONTENT_SIZE) !== 0 ? 8 : 0),
    blockBytes: kind.bytes,
    checksumBytes: (flags & BLOCK_CHECKSUM) !== 0 ? 4 : 0,
  };
}

/** Calls back for each block; throws where the blocks do not end within the frame. */
function forEachBlock(
  frame: Buffer,
  header: FrameHeader,
  visit: (from: number, to: number, stored: boolean) => void,
): void {
  let at = header.blocksAt;
  for (;;) {
    if (at + 4 > frame.length) throw new Error('the LZ4 frame ends before its end mark');
    const word = frame.readUInt32LE(at);
    at += 4;
    if (word === 0) return;
    const stored = (word & STORED_BLOCK) !== 0;
    const size = word & 0x7fffffff;
    if (size > frame.length - at || size > header.blockBytes)
      throw new Error('an LZ4 block is larger than it may be');
    visit(at, at + size, stored);
    at += size + header.checksumBytes;
  }
}

/** The exact size of the frame's content; a RangeError above `maxBytes`. Decodes nothing. */
function contentSizeWithin(frame: Buffer, maxBytes: number): number {
  const header = readFrameHeader(frame);
  let total = 0;
  forEachBlock(frame, header, (from, to, stored) => {
    const size = stored ? to - from : blockContentSize(frame, from, to);
    if (size > header.blockBytes) throw new Error('an LZ4 block grows larger than its frame allows');
    total += size;
    if (total > maxBytes) throw new RangeError(`it holds more than ${maxBytes} bytes`);
  });
  return total;
}

function blockContentSize(bytes: Buffer, from: number, end: number): number {
  let at = from;
  let size = 0;
  while (at < end) {
    const token = bytes[at++] as number;
    let literals = token >> 4;
    if (literals === 15) {
      let more: number;
      do {
        more = bytes[at++] as number;
        literals += more;
      } while (more === 255 && at < end);
    }
    size += literals;
    at += literals;
    if (at >= end) break;
    at += 2;
    let match = token & 15;
    if (match === 15) {
      let more: number;
      do {
        more = bytes[at++] as number;
        match += more;
      } while (more === 255 && at < end);
    }
    size += match + 4;
  }
  if (at !== end) throw new Error('an LZ4 block is cut short');
  return size;
}

function decodeFrame(frame: Buffer, size: number): Buffer {
  const content = Buffer.allocUnsafe(size);
  let filled = 0;
  forEachBlock(frame, readFrameHeader(frame), (from, to, stored) => {
    if (stored) filled += frame.copy(content, filled, from, to);
    else filled = decodeBlock(frame, from, to, content, filled);
  });
  return content;
}

/** Decodes one block to `content` from `filled` on; matches may reach back into earlier blocks. */
function decodeBlock(bytes: Buffer, from: number, end: number, content: Buffer, filled: number): number {
  let at = from;
  let to = filled;
  while (at < end) {
    const token = bytes[at++] as number;
    let literals = token >> 4;
    if (literals === 15) {
      let more: number;
      do {
        more = bytes[at++] as number;
        literals += more;
      } while (more === 255);
    }
    // blockContentSize has been over the same bytes, so neither side can be left here.
    if (literals <= SHORT_COPY) {
      for (let index = 0; index < literals; index++) content[to + index] = bytes[at + index] as number;
    } else bytes.copy(content, to, at, at + literals);
    to += literals;
    at += literals;
    if (at >= end) break;
    const distance = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
    at += 2;
    if (distance === 0 || distance > to) throw new Error('an LZ4 match reaches back before the start');
    let match = token & 15;
    if (match === 15) {
      let more: number;
      do {
        more = bytes[at++] as number;
        match += more;
      } while (more === 255);
    }
    match += 4;
    const source = to - distance;
    if (match > LONG_COPY && distance >= match) content.copyWithin(to, source, source + match);
    else for (let index = 0; index < match; index++) content[to + index] = content[source + index] as number;
    to += match;
  }
  return to;
}

const HASH_BITS = 14;
// The format's rules: the last five bytes are literals, and the last match starts twelve bytes before the end.
const LAST_LITERALS = 5;
const MATCH_START_LIMIT = 12;

// Where each hash was last seen, counted from `seenBase`: one table serves every block, because whatever an earlier
// block left in it lies below the base of the present one.
const seen = new Int32Array(1 << HASH_BITS);
let seenBase = 1;

/** Encodes `[from, end)` as one block to `out` and returns its size, which may exceed that of the input. */
function encodeBlock(bytes: Buffer, from: number, end: number, out: Buffer, outAt: number): number {
  if (seenBase > 0x40000000) {
    seen.fill(0);
    seenBase = 1;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const base = seenBase - from;
  seenBase += end - from;
  let to = outAt;
  let anchor = from;
  let at = from;
  while (at < end - MATCH_START_LIMIT) {
    const word = view.getInt32(at, true);
    const slot = Math.imul(word, 0x9e3779b1) >>> (32 - HASH_BITS);
    const candidate = (seen[slot] as number) - base;
    seen[slot] = at + base;
    if (candidate < from || at - candidate > 0xffff || view.getInt32(candidate, true) !== word) {
      at += 1 + ((at - anchor) >> 6);
      continue;
    }
    let match = 4;
    const matchEnd = end - LAST_LITERALS - at;
    while (
      match + 4 <= matchEnd &&
      view.getInt32(candidate + match, true) === view.getInt32(at + match, true)
    ) {
      match += 4;
    }
    while (match < matchEnd && bytes[candidate + match] === bytes[at + match]) match++;
    to = writeSequence(bytes, anchor, at, at - candidate, match, out, to);
    at += match;
    anchor = at;
  }
  return writeSequence(bytes, anchor, end, 0, 0, out, to) - outAt;
}

/** Literals `[from, until)`, then a match unless `match` is 0. Returns where the next sequence goes. */
function writeSequence(
  bytes: Buffer,
  from: number,
  until: number,
  distance: number,
  match: number,
  out: Buffer,
  outAt: number,
): number {
  const literals = until - from;
  let to = outAt + 1;
  out[outAt] = (Math.min(literals, 15) << 4) | (match === 0 ? 0 : Math.min(match - 4, 15));
  if (literals >= 15) to = writeLength(literals - 15, out, to);
  if (literals <= SHORT_COPY) {
    for (let index = 0; index < literals; index++) out[to + index] = bytes[from + index] as number;
  } else bytes.copy(out, to, from, until);
  to += literals;
  if (match === 0) return to;
  out[to++] = distance & 0xff;
  out[to++] = distance >> 8;
  return match - 4 >= 15 ? writeLength(match - 19, out, to) : to;
}

function writeLength(length: number, out: Buffer, outAt: number): number {
  let to = outAt;
  let rest = length;
  for (; rest >= 255; rest -= 255) out[to++] = 255;
  out[to++] = rest;
  return to;
}

function loadNative(): NativeLz4 | null {
  try {
    return createRequire(import.meta.url)('lz4-napi') as NativeLz4;
  } catch {
    // No binary for this platform; JavaScript does it.
    return null;
  }
}

// Snappy, framed as Java's snappy stream frames it: native where the package snappy loads, JavaScript elsewhere.
//
// Kafka's Java client writes a 16-byte header and then blocks, each with its length (xerial's SnappyOutputStream);
// librdkafka and others send one bare block. Klamm writes the first and reads both. Snappy blocks begin with the
// size they grow to; that number is believed only as far as the block's own bytes could carry it.
// Formats: org.xerial.snappy.SnappyOutputStream, and the Snappy compressed format description.

import { createRequire } from 'node:module';

interface NativeSnappy {
  compressSync(input: Buffer, options: typeof COPIED): Buffer;
  compress(input: Buffer, options: typeof COPIED): Promise<Buffer>;
  uncompressSync(input: Buffer, options: typeof COPIED): Buffer | string;
}

// Copying the result into the engine's own memory is four times faster than handing the foreign memory over.
const COPIED = { copyOutputData: true } as const;

const native = loadNative();

// 0x82 "SNAPPY" 0, then version and oldest compatible version.
const HEADER = Buffer.from('82534e41505059000000000100000001', 'hex');
const MAGIC_BYTES = 8;
const OLDEST_VERSION_AT = 12;
const VERSION = 1;
const MAGIC_WORD = HEADER.readInt32BE(0);

// Java's stream uses 32 KiB; its reader takes any size, and fewer blocks cost fewer calls.
const BLOCK_BYTES = 1 << 16;
// A copy of 64 bytes takes three: no block can grow more than this.
const GROWTH_MAX = 22;

type Codec = (block: Buffer) => Buffer;

const compressBlock: Codec =
  native === null ? compressBlockPortable : (block) => native.compressSync(block, COPIED);
const uncompressBlock: Codec =
  native === null ? uncompressBlockPortable : (block) => native.uncompressSync(block, COPIED) as Buffer;

/** `bytes` in Java's framing. */
export function compressSnappy(bytes: Buffer): Buffer {
  return frame(bytes, compressBlock);
}

/** As `compressSnappy`, always in JavaScript. */
export function compressSnappyPortable(bytes: Buffer): Buffer {
  return frame(bytes, compressBlockPortable);
}

/** As `compressSnappy`, off the event loop where native code does it. */
export async function compressSnappyAsync(bytes: Buffer): Promise<Buffer> {
  if (native === null) return compressSnappyPortable(bytes);
  const parts: Buffer[] = [HEADER];
  for (let from = 0; from < bytes.length; from += BLOCK_BYTES) {
    const block = await native.compress(bytes.subarray(from, from + BLOCK_BYTES), COPIED);
    parts.push(lengthOf(block), block);
  }
  return Buffer.concat(parts);
}

/**
 * What `bytes` hold, in Java's framing or as one bare block. Throws a RangeError where it is larger than
 * `maxBytes`, an Error where it is damaged.
 */
export function decompressSnappy(bytes: Buffer, maxBytes: number): Buffer {
  return unframe(bytes, maxBytes, uncompressBlock);
}

/** As `decompressSnappy`, always in JavaScript. */
export function decompressSnappyPortable(bytes: Buffer, maxBytes: number): Buffer {
  return unframe(bytes, maxBytes, uncompressBlockPortable);
}

function frame(bytes: Buffer, compress: Codec): Buffer {
  const parts: Buffer[] = [HEADER];
  for (let from = 0; from < bytes.length; from += BLOCK_BYTES) {
    const block = compress(bytes.subarray(from, from + BLOCK_BYTES));
    parts.push(lengthOf(block), block);
  }
  return Buffer.concat(parts);
}

function lengthOf(block: Buffer): Buffer {
  const length = Buffer.allocUnsafe(4);
  length.writeInt32BE(block.length, 0);
  return length;
}

function unframe(bytes: Buffer, maxBytes: number, uncompress: Codec): Buffer {
  if (!isFramed(bytes)) {
    contentSizeWithin(bytes, maxBytes);
    return uncompress(bytes);
  }
  const blocks = framedBlocks(bytes);
  let total = 0;
  for (const block of blocks) total += contentSizeWithin(block, maxBytes - total);
  const [only] = blocks;
  return only !== undefined && blocks.length === 1
    ? uncompress(only)
    : Buffer.concat(blocks.map(uncompress), total);
}

function isFramed(bytes: Buffer): boolean {
  return bytes.length >= HEADER.length && bytes.compare(HEADER, 0, MAGIC_BYTES, 0, MAGIC_BYTES) === 0;
}

function framedBlocks(bytes: Buffer): Buffer[] {
  const blocks: Buffer[] = [];
  let at = 0;
  while (at < bytes.length) {
    // A stream may be several streams one after another, each with its header.
    if (bytes.length - at >= HEADER.length && bytes.readInt32BE(at) === MAGIC_WORD) {
      if (bytes.readInt32BE(at + OLDEST_VERSION_AT) > VERSION) {
        throw new Error('the snappy stream is of a version from the future');
      }
      at += HEADER.length;
      continue;
    }
    if (bytes.length - at < 4) throw new Error('the snappy stream is cut short');
    const size = bytes.readInt32BE(at);
    if (size < 0 || size > bytes.length - at - 4) throw new Error('a snappy block goes past the end');
    blocks.push(bytes.subarray(at + 4, at + 4 + size));
    at += 4 + size;
  }
  return blocks;
}

function contentSizeWithin(block: Buffer, maxBytes: number): number {
  const size = preambleOf(block).size;
  if (size > block.length * GROWTH_MAX) throw new Error('a snappy block claims more bytes than it can hold');
  if (size > maxBytes) throw new RangeError(`it holds more than ${maxBytes} bytes`);
  return size;
}

function preambleOf(block: Buffer): { size: number; at: number } {
  let size = 0;
  for (let at = 0; at < 5 && at < block.length; at++) {
    const byte = block[at] as number;
    size += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) return { size, at: at + 1 };
  }
  throw new Error('a snappy block has no size');
}

function uncompressBlockPortable(block: Buffer): Buffer {
  const preamble = preambleOf(block);
  const { size } = preamble;
  const content = Buffer.allocUnsafe(size);
  let { at } = preamble;
  let to = 0;
  while (at < block.length) {
    const tag = block[at++] as number;
    const kind = tag & 3;
    if (kind === 0) {
      let length = tag >> 2;
      if (length >= 60) {
        const width = length - 59;
        if (width > block.length - at) throw new Error('a snappy literal is cut short');
        length = block.readUIntLE(at, width);
        at += width;
      }
      length++;
      if (length > block.length - at || length > size - to) throw new Error('a snappy literal is cut short');
      to += block.copy(content, to, at, at + length);
      at += length;
      continue;
    }
    const width = kind === 3 ? 4 : kind;
    if (width > block.length - at) throw new Error('a snappy copy is cut short');
    const low = block.readUIntLE(at, width);
    at += width;
    const distance = kind === 1 ? ((tag >> 5) << 8) | low : low;
    const length = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    if (distance === 0 || distance > to || length > size - to)
      throw new Error('a snappy copy leaves its block');
    const stop = to + length;
    for (let source = to - distance; to < stop; ) content[to++] = content[source++] as number;
  }
  if (to !== size) throw new Error('a snappy block is shorter than it says');
  return content;
}

const HASH_BITS = 13;

function compressBlockPortable(bytes: Buffer): Buffer {
  const end = bytes.length;
  const out = Buffer.allocUnsafe(5 + end + Math.ceil(end / 6) + 32);
  let to = 0;
  for (let rest = end; ; rest = Math.floor(rest / 128)) {
    out[to++] = rest < 128 ? rest : (rest & 0x7f) | 0x80;
    if (rest < 128) break;
  }
  const table = new Int32Array(1 << HASH_BITS).fill(-1);
  let anchor = 0;
  let at = 0;
  while (at < end - 4) {
    const word = bytes.readInt32LE(at);
    const slot = Math.imul(word, 0x1e35a7bd) >>> (32 - HASH_BITS);
    const candidate = table[slot] as number;
    table[slot] = at;
    if (candidate < 0 || at - candidate > 0xffff || bytes.readInt32LE(candidate) !== word) {
      at += 1 + ((at - anchor) >> 5);
      continue;
    }
    let match = 4;
    while (at + match < end && bytes[candidate + match] === bytes[at + match]) match++;
    to = writeLiteral(bytes, anchor, at, out, to);
    to = writeCopy(at - candidate, match, out, to);
    at += match;
    anchor = at;
  }
  return out.subarray(0, writeLiteral(bytes, anchor, end, out, to));
}

function writeLiteral(bytes: Buffer, from: number, until: number, out: Buffer, outAt: number): number {
  const length = until - from - 1;
  if (length < 0) return outAt;
  let to = outAt;
  if (length < 60) out[to++] = length << 2;
  else {
    const width = length < 0x100 ? 1 : length < 0x10000 ? 2 : length < 0x1000000 ? 3 : 4;
    out[to++] = (59 + width) << 2;
    out.writeUIntLE(length, to, width);
    to += width;
  }
  return to + bytes.copy(out, to, from, until);
}

/** A match of any length as copies of at most 64 bytes, each with a two-byte distance. */
function writeCopy(distance: number, match: number, out: Buffer, outAt: number): number {
  let to = outAt;
  for (let rest = match; rest > 0; ) {
    const length = Math.min(rest, 64);
    out[to] = ((length - 1) << 2) | 2;
    out.writeUInt16LE(distance, to + 1);
    to += 3;
    rest -= length;
  }
  return to;
}

function loadNative(): NativeSnappy | null {
  try {
    return createRequire(import.meta.url)('snappy') as NativeSnappy;
  } catch {
    // No binary for this platform; JavaScript does it.
    return null;
  }
}

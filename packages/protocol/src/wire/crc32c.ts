// CRC-32C (Castagnoli), the checksum of record batches.
//
// Long inputs go to the native package, short ones to a table in JavaScript: a native call costs more than the
// checksum of a small batch. Where no native binary loads (an odd platform, an install without optional
// packages) JavaScript does it all; the results are the same, and a test compares the two. It must not know
// what it is a checksum of. node:zlib's crc32 is another polynomial.

import { createRequire } from 'node:module';

type NativeCrc32c = (input: Uint8Array, seed?: number) => number;

/** From this length on the native call is the faster one; see bench/codec/records.bench.ts. */
const NATIVE_FROM_BYTES = 192;

const nativeCrc32c = loadNative();

/** True where long inputs are checksummed by native code. */
export const hasNativeCrc32c = nativeCrc32c !== null;

/**
 * The CRC-32C of `buffer[start, end)`, in 0 … 2^32 - 1.
 *
 * @param start first byte; default 0
 * @param end one past the last byte; default the buffer's length
 */
export function crc32c(buffer: Uint8Array, start = 0, end = buffer.length): number {
  if (nativeCrc32c === null || end - start < NATIVE_FROM_BYTES) return crc32cPortable(buffer, start, end);
  return nativeCrc32c(start === 0 && end === buffer.length ? buffer : buffer.subarray(start, end));
}

/** As `crc32c`, always in JavaScript: eight bytes a step over eight tables (slicing-by-8). */
export function crc32cPortable(buffer: Uint8Array, start = 0, end = buffer.length): number {
  let crc = -1;
  let at = start;
  const wideEnd = end - 7;
  while (at < wideEnd) {
    const low =
      crc ^
      ((buffer[at] as number) |
        ((buffer[at + 1] as number) << 8) |
        ((buffer[at + 2] as number) << 16) |
        ((buffer[at + 3] as number) << 24));
    crc =
      (TABLES[0x700 + (low & 0xff)] as number) ^
      (TABLES[0x600 + ((low >>> 8) & 0xff)] as number) ^
      (TABLES[0x500 + ((low >>> 16) & 0xff)] as number) ^
      (TABLES[0x400 + (low >>> 24)] as number) ^
      (TABLES[0x300 + (buffer[at + 4] as number)] as number) ^
      (TABLES[0x200 + (buffer[at + 5] as number)] as number) ^
      (TABLES[0x100 + (buffer[at + 6] as number)] as number) ^
      (TABLES[buffer[at + 7] as number] as number);
    at += 8;
  }
  while (at < end) crc = (TABLES[(crc ^ (buffer[at++] as number)) & 0xff] as number) ^ (crc >>> 8);
  return ~crc >>> 0;
}

// Eight tables of 256 in one array: table k gives the effect of a byte that k more bytes follow.
const TABLES = makeTables();

function makeTables(): Int32Array {
  const tables = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) * 0x82f63b78);
    tables[byte] = crc;
  }
  for (let index = 256; index < tables.length; index++) {
    const previous = tables[index - 256] as number;
    tables[index] = (previous >>> 8) ^ (tables[previous & 0xff] as number);
  }
  return tables;
}

function loadNative(): NativeCrc32c | null {
  try {
    const loaded: { crc32c: NativeCrc32c } = createRequire(import.meta.url)('@node-rs/crc32');
    return loaded.crc32c;
  } catch {
    // No binary for this platform; the table does it.
    return null;
  }
}

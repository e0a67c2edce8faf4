// Compresses and decompresses the records of a batch: none, gzip, snappy, lz4, zstd.
//
// What comes in may be damaged or hostile: whatever a codec says of it leaves here as CORRUPT_MESSAGE, and records
// that would grow beyond the given limit as MESSAGE_TOO_LARGE, before the memory is taken. What goes out is what
// Apache Kafka's Java client can read. Levels: KIP-390. It must not know what a record is.

import { promisify } from 'node:util';
// As a namespace: an older Node lacks the zstd functions, and a named import of them would not even load.
import * as zlib from 'node:zlib';
import { KlammError, messageOf } from '@klamm/base/errors';
import { ErrorCode, kafkaError } from '../error-codes.ts';
import { BATCH_HEADER_BYTES, batchSizeOf, Compression, compressionOf } from './batch.ts';
import { compressLz4, compressLz4Async, decompressLz4, decompressLz4Async } from './lz4.ts';
import { compressSnappy, compressSnappyAsync, decompressSnappy } from './snappy.ts';

/** What a batch's records may take when decompressed, where the caller names no limit: 128 MiB. */
export const DECOMPRESSED_BYTES_MAX = 128 * 1024 * 1024;

/** Below this size the asynchronous functions work at once: handing the work over would cost more. */
const ASYNC_FROM_BYTES = 32 * 1024;

const gzip = promisify(zlib.gzip);
const gunzip = promisify(zlib.gunzip);

/** The name of a compression, as `compression.type` writes it. */
export type CompressionName = keyof typeof Compression;

const names = new Map<number, CompressionName>(
  (Object.keys(Compression) as CompressionName[]).map((name) => [Compression[name], name]),
);

/** The name of a compression number; UNSUPPORTED_COMPRESSION_TYPE is thrown for one that has none. */
export function compressionName(compression: number): CompressionName {
  const name = names.get(compression);
  if (name === undefined) throw unknown(compression);
  return name;
}

/**
 * `bytes` compressed. For `none` they are returned as they are.
 *
 * @param level gzip 1 … 9 (default 6), zstd -131072 … 22 (default 3); the others have none
 * @throws KlammError UNSUPPORTED_COMPRESSION_TYPE for an unknown number, or zstd on a Node without it
 */
export function compress(compression: Compression, bytes: Buffer, level?: number): Buffer {
  switch (compression) {
    case Compression.none:
      return bytes;
    case Compression.gzip:
      return zlib.gzipSync(bytes, gzipOptions(level));
    case Compression.snappy:
      return compressSnappy(bytes);
    case Compression.lz4:
      return compressLz4(bytes);
    case Compression.zstd:
      requireZstd();
      return zlib.zstdCompressSync(bytes, zstdOptions(level));
    default:
      throw unknown(compression);
  }
}

/** As `compress`; large inputs are compressed off the event loop. `bytes` must not change until it is done. */
export async function compressAsync(
  compression: Compression,
  bytes: Buffer,
  level?: number,
): Promise<Buffer> {
  if (bytes.length < ASYNC_FROM_BYTES) return compress(compression, bytes, level);
  switch (compression) {
    case Compression.gzip:
      return gzip(bytes, gzipOptions(level));
    case Compression.snappy:
      return compressSnappyAsync(bytes);
    case Compression.lz4:
      return compressLz4Async(bytes);
    case Compression.zstd:
      requireZstd();
      return promisify(zlib.zstdCompress)(bytes, zstdOptions(level));
    default:
      return compress(compression, bytes, level);
  }
}

/**
 * `bytes` decompressed. For `none` they are returned as they are.
 *
 * @param compression a batch's compression bits; any number is allowed
 * @param maxBytes the most bytes that may come out
 * @throws KlammError CORRUPT_MESSAGE, MESSAGE_TOO_LARGE (more than `maxBytes`) or UNSUPPORTED_COMPRESSION_TYPE
 */
export function decompress(compression: number, bytes: Buffer, maxBytes = DECOMPRESSED_BYTES_MAX): Buffer {
  try {
    switch (compression) {
      case Compression.none:
        return bytes;
      case Compression.gzip:
        return zlib.gunzipSync(bytes, { maxOutputLength: maxBytes });
      case Compression.snappy:
        return decompressSnappy(bytes, maxBytes);
      case Compression.lz4:
        return decompressLz4(bytes, maxBytes);
      case Compression.zstd:
        requireZstd();
        return zlib.zstdDecompressSync(bytes, { maxOutputLength: maxBytes });
      default:
        throw unknown(compression);
    }
  } catch (cause) {
    throw refusal(compression, cause, maxBytes);
  }
}

/** As `decompress`; large inputs other than snappy, which is quick, are decompressed off the event loop. `bytes` must not change until it is done. */
export async function decompressAsync(
  compression: number,
  bytes: Buffer,
  maxBytes = DECOMPRESSED_BYTES_MAX,
): Promise<Buffer> {
  if (bytes.length < ASYNC_FROM_BYTES) return decompress(compression, bytes, maxBytes);
  try {
    switch (compression) {
      case Compression.gzip:
        return await gunzip(bytes, { maxOutputLength: maxBytes });
      case Compression.lz4:
        return await decompressLz4Async(bytes, maxBytes);
      case Compression.zstd:
        requireZstd();
        return await promisify(zlib.zstdDecompress)(bytes, { maxOutputLength: maxBytes });
      default:
        return decompress(compression, bytes, maxBytes);
    }
  } catch (cause) {
    throw refusal(compression, cause, maxBytes);
  }
}

/** The decompressed records of the whole batch at `at`; undefined where it is not compressed. */
export function decompressRecords(
  buffer: Buffer,
  at: number,
  maxBytes = DECOMPRESSED_BYTES_MAX,
): Buffer | undefined {
  const compression = compressionOf(buffer, at);
  return compression === Compression.none
    ? undefined
    : decompress(compression, compressedAt(buffer, at), maxBytes);
}

/** As `decompressRecords`; large batches are decompressed off the event loop. */
export async function decompressRecordsAsync(
  buffer: Buffer,
  at: number,
  maxBytes = DECOMPRESSED_BYTES_MAX,
): Promise<Buffer | undefined> {
  const compression = compressionOf(buffer, at);
  return compression === Compression.none
    ? undefined
    : decompressAsync(compression, compressedAt(buffer, at), maxBytes);
}

function compressedAt(buffer: Buffer, at: number): Buffer {
  return buffer.subarray(at + BATCH_HEADER_BYTES, at + batchSizeOf(buffer, at));
}

function gzipOptions(level: number | undefined): zlib.ZlibOptions {
  return level === undefined ? {} : { level };
}

function zstdOptions(level: number | undefined): zlib.ZstdOptions {
  return level === undefined ? {} : { params: { [zlib.constants.ZSTD_c_compressionLevel]: level } };
}

function requireZstd(): void {
  if (zlib.zstdCompressSync !== undefined) return;
  throw kafkaError(
    ErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
    `zstd needs Node.js 22.15 or later, and this is ${process.version}; use lz4, or a newer Node.js.`,
  );
}

function unknown(compression: number): KlammError {
  return kafkaError(
    ErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
    `${compression} is not a compression: none 0, gzip 1, snappy 2, lz4 3 and zstd 4 are.`,
  );
}

function refusal(compression: number, cause: unknown, maxBytes: number): KlammError {
  if (cause instanceof KlammError) return cause;
  const name = names.get(compression) ?? `${compression}`;
  if (cause instanceof RangeError) {
    return kafkaError(
      ErrorCode.MESSAGE_TOO_LARGE,
      `The ${name}-compressed records grow beyond the ${maxBytes} bytes that are allowed.`,
      { cause },
    );
  }
  return kafkaError(
    ErrorCode.CORRUPT_MESSAGE,
    `The ${name}-compressed records cannot be decompressed: ${messageOf(cause)}.`,
    { cause },
  );
}

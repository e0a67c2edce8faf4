import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as zlib from 'node:zlib';
import { KlammError } from '@klamm/base/errors';
import { seededRandom } from '@klamm/base/random';
import fc from 'fast-check';
import { Compression } from './batch.ts';
import {
  type CompressionName,
  compress,
  compressAsync,
  compressionName,
  decompress,
  decompressAsync,
} from './compression.ts';
import { compressLz4, compressLz4Async, decompressLz4, decompressLz4Async } from './lz4.ts';
import { compressSnappyPortable, decompressSnappyPortable } from './snappy.ts';

const NAMES = Object.keys(Compression) as CompressionName[];
const CODECS = NAMES.filter((name) => name !== 'none');

/** Bytes with runs, repeats at all distances and noise in them. */
function mixedBytes(size: number, seed: number): Buffer {
  const random = seededRandom(seed);
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; ) {
    const length = Math.min(size - at, 1 + Math.floor(random() ** 3 * 400));
    const kind = random();
    if (kind < 0.3 || at === 0) for (let i = 0; i < length; i++) bytes[at + i] = Math.floor(random() * 256);
    else if (kind < 0.6) bytes.fill(Math.floor(random() * 256), at, at + length);
    else {
      const from = Math.floor(random() * at);
      for (let i = 0; i < length; i++) bytes[at + i] = bytes[from + i] as number;
    }
    at += length;
  }
  return bytes;
}

const SAMPLES: readonly Buffer[] = [
  Buffer.alloc(0),
  Buffer.from('a'),
  Buffer.from('The quick brown fox, the quick brown fox.'),
  Buffer.alloc(5000, 'klamm '),
  mixedBytes(300, 1),
  mixedBytes(65_536, 2),
  mixedBytes(65_537, 3),
  mixedBytes(300_000, 4),
  mixedBytes(1_300_000, 5),
];

test('every compression gives back what went in, at once and asynchronously', async () => {
  for (const name of NAMES) {
    for (const sample of SAMPLES) {
      const compressed = compress(Compression[name], sample);
      assert.ok(decompress(Compression[name], compressed).equals(sample), `${name} ${sample.length}`);
      const later = await compressAsync(Compression[name], sample);
      assert.ok((await decompressAsync(Compression[name], later)).equals(sample), `${name} ${sample.length}`);
    }
  }
});

test('JavaScript and native code read what the other wrote', async () => {
  for (const sample of SAMPLES) {
    const lz4 = compressLz4(sample);
    assert.ok(decompressLz4(lz4, sample.length).equals(sample));
    assert.ok((await decompressLz4Async(lz4, sample.length)).equals(sample));
    assert.ok(decompressLz4(await compressLz4Async(sample), sample.length).equals(sample));
    const snappy = compressSnappyPortable(sample);
    assert.ok(decompress(Compression.snappy, snappy).equals(sample));
    assert.ok(decompressSnappyPortable(snappy, sample.length).equals(sample));
    assert.ok(decompressSnappyPortable(compress(Compression.snappy, sample), sample.length).equals(sample));
  }
});

test('the encoders written in JavaScript compress', () => {
  const sample = Buffer.alloc(100_000, 'a line of a log file that repeats itself\n');
  assert.ok(compressLz4(sample).length < 2000);
  assert.ok(compressSnappyPortable(sample).length < 10_000);
});

test('any bytes survive the encoders written in JavaScript', async () => {
  const bytes = fc
    .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 40 })), {
      maxLength: 12,
    })
    .map((runs) => Buffer.concat(runs.map(([run, times]) => Buffer.concat(Array(times).fill(run)))));
  await fc.assert(
    fc.asyncProperty(bytes, async (sample) => {
      assert.ok(decompressLz4(compressLz4(sample), sample.length).equals(sample));
      assert.ok((await decompressLz4Async(compressLz4(sample), sample.length)).equals(sample));
      assert.ok(decompressSnappyPortable(compressSnappyPortable(sample), sample.length).equals(sample));
      assert.ok(decompress(Compression.snappy, compressSnappyPortable(sample)).equals(sample));
    }),
    { numRuns: 100 },
  );
});

test("an lz4 frame is one that Java's reader accepts: version 1, independent blocks, no dictionary", async () => {
  for (const sample of SAMPLES) {
    const native = await compressLz4Async(sample);
    const portable = compressLz4(sample);
    for (const frame of [native, portable]) {
      assert.equal(frame.readUInt32LE(0), 0x184d2204);
      assert.equal((frame[4] as number) & 0xe1, 0x60);
    }
    // The descriptor's checksum depends on flags and block size, so equal ones must have equal checksums.
    if (native[4] === portable[4] && native[5] === portable[5]) assert.equal(portable[6], native[6]);
  }
});

test('an lz4 frame with linked blocks, checksums and content size is read', () => {
  // Flags: linked blocks, block checksums, content size, content checksum; two blocks, the second copies from the first.
  const frame = Buffer.from(
    '04224d18' +
      '5c40' +
      '1000000000000000' +
      '00' + // 16 bytes of content; the descriptor's checksum is not looked at
      '09000080' +
      '6b6c616d6d2d6b6c61' +
      '00000000' + // stored: "klamm-kla"
      '05000000' +
      '02060010' +
      '2e' +
      '00000000' + // match of 6 bytes, 6 back; then the literal "."
      '00000000' +
      '00000000',
    'hex',
  );
  assert.equal(decompressLz4(frame, 100).toString(), 'klamm-klamm-kla.');
});

test('a bare snappy block and several streams in one are read', () => {
  const sample = mixedBytes(3000, 9);
  const framed = compress(Compression.snappy, sample);
  const bare = framed.subarray(20);
  assert.ok(decompress(Compression.snappy, bare).equals(sample));
  assert.ok(decompressSnappyPortable(bare, sample.length).equals(sample));
  const twice = decompress(Compression.snappy, Buffer.concat([framed, framed]));
  assert.ok(twice.equals(Buffer.concat([sample, sample])));
});

test("the snappy framing is that of Java's stream", () => {
  const framed = compress(Compression.snappy, Buffer.from('abc'));
  assert.equal(framed.subarray(0, 16).toString('hex'), '82534e41505059000000000100000001');
  assert.equal(framed.readInt32BE(16), framed.length - 20);
});

test('records that grow beyond the limit are refused, and exactly the limit is not', async () => {
  const sample = Buffer.alloc(1_000_000, 'x');
  for (const name of CODECS) {
    const compressed = compress(Compression[name], sample);
    assert.equal(decompress(Compression[name], compressed, sample.length).length, sample.length);
    const refused = { code: 'MESSAGE_TOO_LARGE', message: new RegExp(name) };
    assert.throws(() => decompress(Compression[name], compressed, sample.length - 1), refused);
    await assert.rejects(decompressAsync(Compression[name], compressed, sample.length - 1), refused);
  }
});

test('a size that a snappy block could not grow to is refused before it is allocated', () => {
  const liar = Buffer.from('ffffffff07' + '0061', 'hex');
  assert.throws(() => decompress(Compression.snappy, liar, 2 ** 32), { code: 'CORRUPT_MESSAGE' });
});

test('damaged and truncated bytes are refused with an error that names the compression', () => {
  const sample = mixedBytes(2000, 11);
  for (const name of CODECS) {
    const compressed = compress(Compression[name], sample);
    for (let end = 0; end < compressed.length; end++) {
      try {
        const content = decompress(Compression[name], compressed.subarray(0, end));
        assert.ok(content.length < sample.length || content.equals(sample), `${name} cut at ${end}`);
      } catch (thrown) {
        assert.ok(thrown instanceof KlammError, `${name} cut at ${end}`);
        assert.equal(thrown.code, 'CORRUPT_MESSAGE');
        assert.match(thrown.message, new RegExp(name));
      }
    }
    assert.throws(
      () => decompress(Compression[name], compressed.subarray(0, compressed.length >> 1)),
      KlammError,
    );
  }
});

test('no bytes make a decoder do more than refuse', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.nat(299),
      fc.constantFrom(...CODECS),
      (noise, at, name) => {
        const mutated = compress(Compression[name], SAMPLES[3] as Buffer);
        noise.forEach((byte, index) => {
          if (index < 3) mutated[(at * (index + 1)) % mutated.length] = byte;
        });
        for (const input of [Buffer.from(noise), mutated]) {
          for (const decode of [
            () => decompress(Compression[name], input, 10_000),
            () => decompressSnappyPortable(input, 10_000),
          ]) {
            try {
              assert.ok(decode().length <= 10_000);
            } catch (thrown) {
              assert.ok(thrown instanceof Error && thrown.name !== 'AssertionError');
            }
          }
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('a level changes the size, and a compression that does not exist is refused by name', () => {
  const sample = mixedBytes(100_000, 12);
  for (const name of ['gzip', 'zstd'] as const) {
    assert.ok(compress(Compression[name], sample, 9).length < compress(Compression[name], sample, 1).length);
  }
  assert.throws(() => decompress(5, sample), { code: 'UNSUPPORTED_COMPRESSION_TYPE' });
  assert.throws(() => compressionName(7), { code: 'UNSUPPORTED_COMPRESSION_TYPE' });
  assert.equal(compressionName(4), 'zstd');
});

test("gzip and zstd are the formats of those names, for other people's readers", () => {
  const sample = Buffer.from('plain');
  assert.equal(zlib.gunzipSync(compress(Compression.gzip, sample)).toString(), 'plain');
  assert.equal(compress(Compression.zstd, sample).readUInt32LE(0), 0xfd2fb528);
});

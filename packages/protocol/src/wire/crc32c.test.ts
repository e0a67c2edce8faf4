import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { crc32c, crc32cPortable, hasNativeCrc32c } from './crc32c.ts';

// RFC 3720, appendix B.4, and the customary check value.
const KNOWN: readonly [name: string, input: Buffer, crc: number][] = [
  ['nothing', Buffer.alloc(0), 0],
  ['123456789', Buffer.from('123456789'), 0xe3069283],
  ['32 zero bytes', Buffer.alloc(32), 0x8a9136aa],
  ['32 bytes of ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
  ['32 ascending bytes', Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e],
];

test('known checksums', () => {
  for (const [name, input, crc] of KNOWN) {
    assert.equal(crc32c(input), crc, name);
    assert.equal(crc32cPortable(input), crc, name);
  }
});

test('native and portable agree at every length and position', { skip: !hasNativeCrc32c }, () => {
  const bytes = Buffer.from(Array.from({ length: 1200 }, (_, i) => (i * 167 + (i >> 3)) & 0xff));
  for (let length = 0; length <= 1100; length++) {
    const start = length % 9;
    assert.equal(crc32c(bytes, start, start + length), crc32cPortable(bytes, start, start + length));
  }
});

test('a range gives the checksum of exactly its bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), fc.nat(2000), fc.nat(2000), (bytes, a, b) => {
      const start = Math.min(a, b, bytes.length);
      const end = Math.min(Math.max(a, b), bytes.length);
      const alone = crc32cPortable(Uint8Array.from(bytes.subarray(start, end)));
      assert.equal(crc32c(bytes, start, end), alone);
      assert.equal(crc32cPortable(bytes, start, end), alone);
    }),
    { numRuns: 200 },
  );
});

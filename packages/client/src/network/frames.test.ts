import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FrameReader } from './frames.ts';

test('frames come out whole, however the bytes are cut', () => {
  const bodies = fc.array(fc.uint8Array({ minLength: 4, maxLength: 50 }), { maxLength: 10 });
  fc.assert(
    fc.property(bodies, fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), (frames, cuts) => {
      const stream = Buffer.concat(
        frames.flatMap((frame) => {
          const length = Buffer.alloc(4);
          length.writeInt32BE(frame.length);
          return [length, frame];
        }),
      );
      const seen: Buffer[] = [];
      const reader = new FrameReader(50, (frame) => seen.push(frame));
      for (let at = 0, cut = 0; at < stream.length; cut++) {
        const size = cuts[cut % cuts.length] as number;
        const chunk = Buffer.from(stream.subarray(at, at + size));
        reader.push(chunk);
        // The socket reads its next bytes into the same memory.
        chunk.fill(0xee);
        at += size;
      }
      assert.deepEqual(
        seen,
        frames.map((frame) => Buffer.from(frame)),
      );
    }),
  );
});

test('lengths that no frame has are refused before memory is taken', () => {
  for (const length of [-1, 0, 3, 51, 0x7fffffff]) {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(length);
    const reader = new FrameReader(50, () => assert.fail('there is no frame'));
    assert.throws(() => reader.push(bytes), { code: 'CORRUPT_MESSAGE' }, `${length}`);
  }
});

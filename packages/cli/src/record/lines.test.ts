import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import fc from 'fast-check';
import { linesOf } from './lines.ts';

async function lines(chunks: readonly Buffer[]): Promise<string[]> {
  const all: string[] = [];
  for await (const some of linesOf(Readable.from(chunks))) all.push(...some.map(String));
  return all;
}

test('lines do not depend on how the text is cut into pieces', async () => {
  const text = Buffer.from('one\ntwo\r\n\nlast, without a line break');
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(text.length), { maxLength: 6 }), async (cuts) => {
      const at = [0, ...cuts.sort((a, b) => a - b), text.length];
      const chunks = at.slice(1).map((end, i) => text.subarray(at[i], end));
      assert.deepEqual(await lines(chunks), ['one', 'two', '', 'last, without a line break']);
    }),
    { numRuns: 50 },
  );
});

test('a line break at the end begins no further line', async () => {
  assert.deepEqual(await lines([Buffer.from('a\nb\n')]), ['a', 'b']);
  assert.deepEqual(await lines([]), []);
});

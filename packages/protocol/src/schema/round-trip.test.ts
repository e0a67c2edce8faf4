// What holds for every message in every version, whatever it is about: a round trip loses nothing, and damaged
// bytes are refused as what they are.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { seededRandom } from '@klamm/base/random';
import fc from 'fast-check';
import { apis } from '../api/index.ts';
import { messages } from '../messages.ts';
import { ProtocolError } from '../wire/protocol-error.ts';
import { decodeMessage, encodeMessage } from './compile.ts';
import type { Message } from './message.ts';
import { randomMessage } from './random.ts';

const RUNS = 8;

const cases = messages.flatMap((message) => {
  const [first, last] = message.versions;
  return Array.from({ length: last - first + 1 }, (_, i) => ({ message, version: first + i }));
});

/** Decodes what may be damaged: any bytes either are a message or are refused with a ProtocolError. */
function decodeOrRefuse(message: Message, version: number, bytes: Buffer): 'decoded' | 'refused' {
  try {
    decodeMessage(message, version, bytes);
    return 'decoded';
  } catch (error) {
    if (error instanceof ProtocolError) return 'refused';
    throw new Error(`${message.name} v${version} of ${bytes.toString('hex')}`, { cause: error });
  }
}

describe('every message in every version', () => {
  test('is there: 77 APIs under a key each, and what is stored', () => {
    assert.equal(apis.length, 77);
    assert.equal(new Set(apis.map((api) => api.key)).size, 77);
    assert.equal(messages.length, 2 * 77 + 44 + 4 + 2 + 26 + 5 + 1 + 2);
  });

  test('is the same after a round trip, and its bytes are the same when written again', () => {
    for (const { message, version } of cases) {
      const roundTrip = fc.property(fc.integer(), (seed) => {
        const value = randomMessage(message, version, seededRandom(seed));
        const bytes = encodeMessage(message, version, value);
        const decoded = decodeMessage(message, version, bytes);
        assert.deepEqual(decoded, value, `${message.name} v${version}`);
        assert(bytes.equals(encodeMessage(message, version, decoded)), `${message.name} v${version}`);
        assert.deepEqual(
          encodeMessage(message, version, decodeMessage(message, version, bytes, 'bigint')),
          bytes,
        );
      });
      fc.assert(roundTrip, { numRuns: RUNS });
    }
  });

  test('is refused when it is cut off at any byte', () => {
    for (const { message, version } of cases) {
      const value = randomMessage(message, version, seededRandom(version), 1);
      const bytes = encodeMessage(message, version, value);
      for (let length = 0; length < bytes.length; length++) {
        const outcome = decodeOrRefuse(message, version, bytes.subarray(0, length));
        assert.equal(outcome, 'refused', `${message.name} v${version} cut to ${length} of ${bytes.length}`);
      }
    }
  });

  test('is refused when bytes follow it', () => {
    for (const { message, version } of cases) {
      const bytes = encodeMessage(message, version, randomMessage(message, version, seededRandom(1), 1));
      assert.equal(decodeOrRefuse(message, version, Buffer.concat([bytes, Buffer.alloc(1)])), 'refused');
    }
  });

  test('never makes the decoder fail in another way, whatever four bytes are overwritten', () => {
    // The largest lengths and counts, in the old encoding and as varints, a null and noise.
    const patches = ['7fffffff', 'ffffffff', '80000000', 'ffffff7f', '00000000', 'ff01fe02'];
    for (const { message, version } of cases) {
      const bytes = encodeMessage(message, version, randomMessage(message, version, seededRandom(2), 1));
      for (let at = 0; at < Math.min(bytes.length, 160); at++) {
        const patched = Buffer.from(bytes);
        patched.write(patches[at % patches.length] ?? '', at, 'hex');
        decodeOrRefuse(message, version, patched);
      }
    }
  });

  test('encodes from nothing given as all defaults', () => {
    for (const { message, version } of cases) {
      const decoded = decodeMessage(message, version, encodeMessage(message, version, {}));
      assert.deepEqual(encodeMessage(message, version, decoded), encodeMessage(message, version, {}));
    }
  });
});

// A broker that says what it is told to.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sleep, systemClock } from '@klamm/base/clock';
import { silentLogger } from '@klamm/base/logger';
import type { RawClient } from '@klamm/client/raw/raw-client';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { BatchBuilder } from '@klamm/protocol/records/builder';
import { MirroredPartition } from './partition.ts';
import type { Piece } from './pieces.ts';
import { COPY_DEFAULTS } from './settings.ts';
import { SourceReader } from './source-reader.ts';

interface Answer {
  readonly errorCode?: number;
  readonly lastStableOffset: number;
  readonly records?: Buffer;
}

interface Asked {
  readonly fetchOffset: number;
  readonly partitionMaxBytes: number;
}

interface Script {
  /** What a fetch at an offset is answered with. */
  readonly fetch: (offset: number, maxBytes: number) => Answer;
  readonly policy?: string;
  readonly first?: number;
  readonly end?: number;
}

/** Reads from offset `from` until it has offered to `to`, or failed; resolves with the pieces and the error. */
async function read(script: Script, from: number, to: number): Promise<{ pieces: Piece[]; error?: string }> {
  const partition = new MirroredPartition('orders', 0, COPY_DEFAULTS.fetchBytes);
  partition.phase = 'copying';
  partition.fetchOffset = from;
  const request = async (_api: unknown, body: { topics: { partitions: Asked[] }[] }) => {
    const { fetchOffset = 0, partitionMaxBytes = 0 } = body.topics[0]?.partitions[0] ?? {};
    const answer = script.fetch(fetchOffset, partitionMaxBytes);
    const { errorCode = 0, lastStableOffset, records = Buffer.alloc(0) } = answer;
    const told = {
      partitionIndex: 0,
      errorCode,
      highWatermark: lastStableOffset,
      lastStableOffset,
      logStartOffset: 0,
    };
    const partitions = [{ ...told, abortedTransactions: [], records }];
    return { errorCode: 0, responses: [{ topic: 'orders', topicId: '', partitions }] };
  };
  const client = {
    newLane: () => 'lane',
    releaseLane: () => {},
    invalidate: () => {},
    partition: async () => ({ topic: 'orders', topicId: 'id', index: 0, leader: 1 }),
    connect: async () => ({ request }),
    admin: {
      describeConfigs: async () => {
        // Long enough for other requests to be answered first.
        await sleep(systemClock, 20);
        return [{ name: 'cleanup.policy', value: script.policy ?? 'delete' }];
      },
      listOffsets: async (_topic: string, at: string) =>
        new Map([[0, at === 'earliest' ? (script.first ?? 0) : (script.end ?? 0)]]),
    },
  };
  return await new Promise((resolve) => {
    const reader: SourceReader = new SourceReader(
      client as unknown as RawClient,
      { ...COPY_DEFAULTS, clock: systemClock, logger: silentLogger },
      {
        partitions: [partition],
        offered: ({ pieces, fetchOffset }) => {
          if (fetchOffset < to) return;
          reader.close();
          resolve({ pieces });
        },
        failed: ({ pieces }, { message }) => {
          reader.close();
          resolve({ pieces, error: message });
        },
      },
    );
    reader.wake();
  });
}

function batchAt(offset: number): Buffer {
  const builder = new BatchBuilder();
  builder.append('k', 'v');
  return builder.build({ baseOffset: offset });
}

const shapeOf = (pieces: readonly Piece[]): unknown =>
  pieces.map(({ kind, offset, count }) => [kind, offset, count]);

test('what compaction took from the end of a log is a hole', async () => {
  const fetch = (offset: number): Answer => ({
    lastStableOffset: 9,
    ...(offset === 3 ? { records: batchAt(3) } : {}),
  });
  const { pieces } = await read({ fetch, policy: 'compact' }, 3, 9);
  assert.deepEqual(shapeOf(pieces), [
    ['batch', 3, 1],
    ['hole', 4, 5],
  ]);
});

test('a log that is not compacted has no such holes: an empty answer is asked for again', async () => {
  let asked = 0;
  const fetch = (offset: number): Answer => ({
    lastStableOffset: 4,
    ...(++asked > 3 ? { records: batchAt(offset) } : {}),
  });
  const { pieces } = await read({ fetch }, 3, 4);
  assert.deepEqual(shapeOf(pieces), [['batch', 3, 1]]);
});

test('while it is found out whether an empty answer is a hole, nothing else is asked of the partition', async () => {
  const asked: number[] = [];
  const fetch = (offset: number): Answer => {
    asked.push(offset);
    return { lastStableOffset: 9, ...(asked.length > 2 ? { records: batchAt(offset) } : {}) };
  };
  const { pieces } = await read({ fetch, policy: 'compact' }, 3, 10);
  assert.deepEqual(shapeOf(pieces), [
    ['hole', 3, 6],
    ['batch', 9, 1],
  ]);
  assert.deepEqual(asked, [3, 3, 9]);
});

test('a batch that does not fit is asked for with more room', async () => {
  const whole = batchAt(3);
  const fetch = (_offset: number, maxBytes: number): Answer => ({
    lastStableOffset: 4,
    records: maxBytes > 3 * COPY_DEFAULTS.fetchBytes ? whole : whole.subarray(0, 40),
  });
  assert.deepEqual(shapeOf((await read({ fetch }, 3, 4)).pieces), [['batch', 3, 1]]);
});

test('what retention took before it was copied is a hole', async () => {
  const fetch = (offset: number): Answer =>
    offset < 7
      ? { errorCode: ErrorCode.OFFSET_OUT_OF_RANGE, lastStableOffset: -1 }
      : { lastStableOffset: 8, records: batchAt(7) };
  const { pieces } = await read({ fetch, first: 7, end: 8 }, 3, 8);
  assert.deepEqual(shapeOf(pieces), [
    ['hole', 3, 4],
    ['batch', 7, 1],
  ]);
});

test('a source that ends before the target has lost records, and is not gone on with', async () => {
  const fetch = (): Answer => ({ errorCode: ErrorCode.OFFSET_OUT_OF_RANGE, lastStableOffset: -1 });
  const { error } = await read({ fetch, first: 0, end: 2 }, 3, 9);
  assert.match(error ?? '', /target has orders-0 up to 3, and the source ends at 2/);
});

test('a refusal that time does not heal fails the partition, and one that it does is asked for again', async () => {
  const denied = (): Answer => ({ errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED, lastStableOffset: -1 });
  assert.match((await read({ fetch: denied }, 0, 1)).error ?? '', /cannot be read/);
  let asked = 0;
  const moved = (offset: number): Answer =>
    ++asked === 1
      ? { errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER, lastStableOffset: -1 }
      : { lastStableOffset: 1, records: batchAt(offset) };
  assert.deepEqual(shapeOf((await read({ fetch: moved }, 0, 1)).pieces), [['batch', 0, 1]]);
});

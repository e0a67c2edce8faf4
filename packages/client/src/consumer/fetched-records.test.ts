import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  BATCH_HEADER_BYTES,
  LENGTH_AT,
  LOG_OVERHEAD,
  RECORD_COUNT_AT,
  writeCrc,
} from '@klamm/protocol/records/batch';
import { BatchBuilder, type BatchOptions } from '@klamm/protocol/records/builder';
import { buildEndTransactionBatch } from '@klamm/protocol/records/control';
import { type AbortedTransaction, FetchedRecords } from './fetched-records.ts';
import { Message } from './message.ts';
import { PartitionState } from './partition-state.ts';

function batch(values: readonly string[], options: BatchOptions): Buffer {
  const builder = new BatchBuilder();
  for (const value of values) builder.append(null, value, [], 1000);
  return builder.build(options);
}

function fetched(
  bytes: Buffer,
  { position = 0, aborted = null }: { position?: number; aborted?: AbortedTransaction[] | null } = {},
): FetchedRecords<Message> {
  const source = { topic: 't', partition: 0, value: undefined, key: undefined };
  const state = new PartitionState('t', 0, position, 1000);
  return new FetchedRecords(state, (cursor) => new Message(source, cursor), bytes, aborted);
}

async function values(records: FetchedRecords<Message>): Promise<string[]> {
  const seen: string[] = [];
  for (;;) {
    const message: Message | undefined = records.read();
    if (message !== undefined) seen.push(message.text());
    else if (records.opening === undefined) return seen;
    else await records.opening;
  }
}

test('records before the position are passed over, also inside a batch', async () => {
  const bytes = Buffer.concat([
    batch(['a', 'b'], { baseOffset: 10 }),
    batch(['c', 'd', 'e'], { baseOffset: 12, compression: 1 }),
  ]);
  const records = fetched(bytes, { position: 13 });
  assert.deepEqual(await values(records), ['d', 'e']);
  assert.equal(records.partition.position, 15);
});

test('a batch that is cut off ends the answer and is left for the next', async () => {
  const whole = batch(['a'], { baseOffset: 0 });
  for (const cut of [1, 12, 40, 61, 65]) {
    const records = fetched(Buffer.concat([whole, batch(['b'], { baseOffset: 1 }).subarray(0, cut)]));
    assert.deepEqual(await values(records), ['a'], `cut at ${cut}`);
    assert.equal(records.partition.position, 1);
  }
});

test('a damaged batch is refused by name, after what is before it', async () => {
  const bad = batch(['bad'], { baseOffset: 1 });
  bad[bad.length - 2] = (bad[bad.length - 2] as number) ^ 1;
  const records = fetched(Buffer.concat([batch(['a'], { baseOffset: 0 }), bad]));
  assert.equal(records.read()?.text(), 'a');
  assert.throws(() => records.read(), { code: 'CORRUPT_MESSAGE', message: /t-0 at or after offset 1/ });
});

test('compressed bytes that are damaged are an error, not a crash', async () => {
  const builder = new BatchBuilder();
  builder.append(null, 'x'.repeat(100), [], 0);
  const bytes = builder.build({ compression: 1 });
  bytes.fill(0xff, 61, 70);
  writeCrc(bytes, 0);
  await assert.rejects(values(fetched(bytes)), { code: 'CORRUPT_MESSAGE' });
});

const producer = (producerId: number): BatchOptions => ({
  producerId,
  producerEpoch: 0,
  transactional: true,
});

function marker(producerId: number, baseOffset: number, committed: boolean): Buffer {
  const place = { baseOffset };
  return buildEndTransactionBatch(
    { committed, coordinatorEpoch: 0 },
    0,
    { producerId, producerEpoch: 0 },
    place,
  );
}

const transactions = Buffer.concat([
  batch(['plain'], { baseOffset: 0 }),
  batch(['aborted by 1'], { ...producer(1), baseOffset: 1, baseSequence: 0 }),
  batch(['committed by 2'], { ...producer(2), baseOffset: 2, baseSequence: 0 }),
  marker(2, 3, true),
  batch(['more by 1'], { ...producer(1), baseOffset: 4, baseSequence: 1 }),
  marker(1, 5, false),
  batch(['later by 1'], { ...producer(1), baseOffset: 6, baseSequence: 2 }),
  marker(1, 7, true),
]);

test('read committed passes over aborted transactions, and sees the same producer again later', async () => {
  const records = fetched(transactions, { aborted: [{ producerId: 1, firstOffset: 1 }] });
  assert.deepEqual(await values(records), ['plain', 'committed by 2', 'later by 1']);
  assert.equal(records.partition.position, 8);
});

test('read committed from any offset sees what is committed from there on, and ends behind the last marker', async () => {
  const wanted = [
    [0, 'plain'],
    [2, 'committed by 2'],
    [6, 'later by 1'],
  ] as const;
  for (let position = 0; position < 8; position++) {
    const records = fetched(transactions, { position, aborted: [{ producerId: 1, firstOffset: 1 }] });
    assert.deepEqual(
      await values(records),
      wanted.filter(([offset]) => offset >= position).map(([, value]) => value),
      `from ${position}`,
    );
    assert.equal(records.partition.position, 8);
  }
});

test('what compaction left of a log is read over its gaps, and to its end where the last batch is empty', async () => {
  const last = batch(['gone'], { ...producer(1), baseOffset: 20, baseSequence: 3 });
  const empty = Buffer.from(last.subarray(0, BATCH_HEADER_BYTES));
  empty.writeInt32BE(BATCH_HEADER_BYTES - LOG_OVERHEAD, LENGTH_AT);
  empty.writeInt32BE(0, RECORD_COUNT_AT);
  writeCrc(empty, 0);
  const bytes = Buffer.concat([
    batch(['a'], { baseOffset: 3 }),
    marker(1, 9, true),
    batch(['b'], { ...producer(2), baseOffset: 12, baseSequence: 0 }),
    marker(2, 15, false),
    empty,
  ]);
  const records = fetched(bytes, { aborted: [{ producerId: 2, firstOffset: 10 }] });
  assert.deepEqual(await values(records), ['a']);
  assert.equal(records.partition.position, 21);
});

test('read uncommitted sees all but the markers', async () => {
  assert.deepEqual(await values(fetched(transactions)), [
    'plain',
    'aborted by 1',
    'committed by 2',
    'more by 1',
    'later by 1',
  ]);
});

test('an end offset inside a batch stops there', async () => {
  const records = fetched(batch(['a', 'b', 'c'], { baseOffset: 0 }));
  records.partition.endOffset = 2;
  assert.deepEqual(await values(records), ['a', 'b']);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '@klamm/base/clock';
import { silentLogger } from '@klamm/base/logger';
import { forEachBatch } from '@klamm/protocol/records/batch';
import { BatchBuilder } from '@klamm/protocol/records/builder';
import { recordsOf } from '@klamm/protocol/records/record';
import fc from 'fast-check';
import type { Disk } from '../storage/disk.ts';
import { memoryDisk } from '../storage/disk-memory.ts';
import { openPartition } from '../testing/open-partition.ts';
import { Cleaner } from './cleaner.ts';
import type { Partition } from './partition.ts';

const COMPACTED = {
  'cleanup.policy': 'compact',
  'segment.bytes': '1048576',
  'min.cleanable.dirty.ratio': '0',
  'delete.retention.ms': '1000',
} as const;

interface Kept {
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
}

/** A compacted partition with segments of a few hundred bytes, and a cleaner whose time is the test's. */
async function compacted(disk: Disk = memoryDisk(), mapBytesMax = 1_000_000) {
  const { partition, directory } = await openPartition(COMPACTED, disk);
  partition.log.config = { ...partition.log.config, segmentBytes: 300, indexIntervalBytes: 100 };
  let now = 1_000_000;
  const cleaner = new Cleaner({
    directory,
    clock: { ...systemClock, now: () => now },
    logger: silentLogger,
    partitions: () => [partition],
    checkpoint: () => {},
    limits: { mapBytesMax, bytesPerSecondMax: Number.MAX_VALUE },
    backoffMs: undefined,
  });
  return { partition, directory, cleaner, later: (ms: number) => (now += ms) };
}

function append(
  partition: Partition,
  records: readonly (readonly [key: string, value: string | null])[],
): void {
  const builder = new BatchBuilder();
  for (const [key, value] of records) builder.append(key, value, [{ key: 'h', value: 'x' }], 5000);
  partition.append(builder.build());
}

async function contentOf(partition: Partition): Promise<Kept[]> {
  await partition.settled();
  const kept: Kept[] = [];
  for (let offset = partition.logStartOffset; offset < partition.highWatermark; ) {
    const bytes = await partition.read(offset, 100_000, true, false);
    if (bytes.length === 0) break;
    forEachBatch(bytes, 0, bytes.length, (at) => {
      for (const record of recordsOf(bytes, at)) {
        if (record.offset < offset) continue;
        assert.deepEqual([record.timestamp, record.headers[0]?.key], [5000, 'h'], 'time and headers stay');
        kept.push({
          offset: record.offset,
          key: record.key?.toString() ?? null,
          value: record.value?.toString() ?? null,
        });
        offset = record.offset + 1;
      }
      offset = Math.max(offset, Number(bytes.readBigInt64BE(at)) + bytes.readInt32BE(at + 23) + 1);
      return true;
    });
  }
  return kept;
}

/** What compaction may leave: what is newest below the active segment, and all of the active one. */
function newestOf(all: readonly Kept[], activeBase: number): Kept[] {
  const newest = new Map<string | null, number>();
  for (const { offset, key } of all) if (offset < activeBase) newest.set(key, offset);
  return all.filter(({ offset, key }) => offset >= activeBase || newest.get(key) === offset);
}

const activeBaseOf = (partition: Partition): number => partition.log.segments.at(-1)?.baseOffset ?? 0;
const workload = fc.array(
  fc.array(
    fc.tuple(
      fc.integer({ min: 0, max: 6 }).map((n) => `k${n}`),
      fc.option(fc.string({ maxLength: 20 }), { freq: 5 }),
    ),
    {
      minLength: 1,
      maxLength: 6,
    },
  ),
  { minLength: 1, maxLength: 60 },
);

test('of each key the newest record stays, at its offset, however often the log is compacted', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(workload, { minLength: 1, maxLength: 3 }), async (rounds) => {
      const { partition, cleaner } = await compacted();
      let before: Kept[] = [];
      for (const batches of rounds) {
        const from = partition.logEndOffset;
        for (const batch of batches) append(partition, batch);
        const added = (await contentOf(partition)).filter(({ offset }) => offset >= from);
        before = [...before, ...added];
        await cleaner.clean();
        const after = await contentOf(partition);
        assert.deepEqual(after, newestOf(before, activeBaseOf(partition)));
        before = after;
      }
      assert.equal(
        partition.log.segments.every(
          (segment, i, all) => i === 0 || segment.baseOffset > (all[i - 1]?.baseOffset ?? 0),
        ),
        true,
      );
    }),
    { numRuns: 60 },
  );
});

test('a tombstone stays for delete.retention.ms after it was first compacted, then it goes', async () => {
  const { partition, cleaner, later } = await compacted();
  const fill = (): void => {
    for (let i = 0; i < 20; i++) append(partition, [[`fill${i}`, 'x'.repeat(50)]]);
  };
  append(partition, [['gone', 'value']]);
  append(partition, [['gone', null]]);
  fill();
  await partition.settled();
  await cleaner.clean();
  const has = async () =>
    (await contentOf(partition))
      .filter(({ key }) => key === 'gone')
      .map(({ offset, value }) => [offset, value]);
  assert.deepEqual(await has(), [[1, null]]);
  later(999);
  fill();
  await partition.settled();
  await cleaner.clean();
  assert.deepEqual(await has(), [[1, null]]);
  later(2);
  fill();
  await partition.settled();
  await cleaner.clean();
  assert.deepEqual(await has(), []);
});

test('a map that is full ends the pass; the next goes on behind it, and the outcome is the same', async () => {
  const { partition, cleaner } = await compacted(memoryDisk(), 24 * 20);
  for (let i = 0; i < 200; i++) append(partition, [[`k${i % 50}`, `v${i}`]]);
  const all = await contentOf(partition);
  await cleaner.clean();
  const keys = (await contentOf(partition))
    .filter(({ offset }) => offset < activeBaseOf(partition))
    .map(({ key }) => key);
  assert.ok(keys.length < all.length / 2);
  assert.deepEqual(
    newestOf(await contentOf(partition), activeBaseOf(partition)).map(({ offset }) => offset),
    newestOf(all, activeBaseOf(partition)).map(({ offset }) => offset),
    'nothing that is newest is lost',
  );
});

test('the last batch of a producer stays, though its records go: the producer is known again after a restart', async () => {
  const disk = memoryDisk();
  const { partition, directory, cleaner } = await compacted(disk);
  const builder = new BatchBuilder();
  builder.append('k', 'old', [{ key: 'h', value: 'x' }], 5000);
  partition.append(builder.build({ producerId: 7, producerEpoch: 0, baseSequence: 0 }));
  for (let i = 0; i < 40; i++) append(partition, [['k', `new${i}`]]);
  await partition.settled();
  await cleaner.clean();
  assert.equal(
    (await contentOf(partition)).some(({ value }) => value === 'old'),
    false,
  );
  directory.abandon();
  const again = (await openPartition(COMPACTED, disk)).partition;
  const next = new BatchBuilder();
  next.append('k', 'next', [], 5000);
  const result = again.append(next.build({ producerId: 7, producerEpoch: 0, baseSequence: 1 }));
  assert.equal(result.errorCode, 0);
  const wrong = new BatchBuilder();
  wrong.append('k', 'wrong', [], 5000);
  assert.equal(again.append(wrong.build({ producerId: 7, producerEpoch: 0, baseSequence: 5 })).errorCode, 45);
});

/** A disk that does nothing more after `left` changes of names, as for a process that is killed there. */
function mortalDisk(disk: Disk): { disk: Disk; left: number } {
  const mortal = { left: Number.POSITIVE_INFINITY, disk };
  const changes = new Set(['rename', 'remove', 'syncDirectory', 'replaceFile', 'open']);
  mortal.disk = new Proxy(disk, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        if (changes.has(String(name)) && mortal.left-- <= 0) throw new Error('killed');
        return value.apply(target, args);
      };
    },
  });
  return mortal;
}

test('killed at any step of the swaps, nothing newest is lost, nothing doubled, and the next pass ends the work', async () => {
  let hasEnded = false;
  let steps = 0;
  for (; !hasEnded; steps++) {
    const memory = memoryDisk();
    const mortal = mortalDisk(memory);
    const { partition, directory, cleaner } = await compacted(mortal.disk);
    for (let i = 0; i < 60; i++) append(partition, [[`k${i % 7}`, i % 11 === 0 ? null : `v${i}`]]);
    const before = await contentOf(partition);
    const newest = newestOf(before, activeBaseOf(partition)).map(({ offset }) => offset);
    mortal.left = steps;
    await cleaner.clean();
    hasEnded = mortal.left >= 0;
    mortal.left = Number.POSITIVE_INFINITY;
    directory.abandon();

    const again = await compacted(memory);
    const after = (await contentOf(again.partition)).map(({ offset }) => offset);
    assert.deepEqual(
      after.filter((offset) => newest.includes(offset)),
      newest,
      `killed at step ${steps}`,
    );
    assert.deepEqual(
      after,
      [...new Set(after)].sort((a, b) => a - b),
      `killed at step ${steps}`,
    );
    const leftovers = memory.list(again.partition.path).filter((name) => /\.(cleaned|swap)$/.test(name));
    assert.deepEqual(leftovers, [], `killed at step ${steps}`);
    await again.cleaner.clean();
    const ended = (await contentOf(again.partition)).map(({ offset }) => offset);
    assert.deepEqual(
      ended,
      newestOf(before, activeBaseOf(again.partition)).map(({ offset }) => offset),
    );
    again.directory.abandon();
  }
  assert.ok(steps > 20, `${steps} steps`);
});

test('a pass that deleted records cut short is made up for when there is more', async () => {
  const disk = memoryDisk();
  let whileReading: (() => void) | undefined;
  const open = disk.open.bind(disk);
  disk.open = (path) => {
    const file = open(path);
    const read = file.read.bind(file);
    file.read = (length, position) => {
      whileReading?.();
      return read(length, position);
    };
    return file;
  };
  const { partition, cleaner } = await compacted(disk);
  const fill = async (): Promise<void> => {
    for (let i = 0; i < 20; i++) append(partition, [[`k${i % 3}`, `${i}`.padStart(20)]]);
    await partition.settled();
  };
  await fill();
  whileReading = () => {
    whileReading = undefined;
    partition.deleteRecordsBefore(partition.log.segmentBases[1] ?? 0);
  };
  await cleaner.clean();
  assert.ok(partition.log.segmentBases.length > 3, 'it came to nothing');
  await fill();
  const before = await contentOf(partition);
  const activeBase = activeBaseOf(partition);
  await cleaner.clean();
  assert.deepEqual(await contentOf(partition), newestOf(before, activeBase));
});

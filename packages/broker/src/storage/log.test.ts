import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '@klamm/base/random';
import { baseOffsetOf, Compression, forEachBatch, lastOffsetOf } from '@klamm/protocol/records/batch';
import fc from 'fast-check';
import { batchOf } from '../testing/batches.ts';
import { appendTo, openLog, readFrom } from '../testing/open-log.ts';
import { diskError, memoryDisk } from './disk-memory.ts';

const keys = (records: readonly { key: string }[]): string[] => records.map(({ key }) => key);

test('what is appended is read from every offset, over many segments, with and without the tail cache', async () => {
  for (const tailBytes of [0, 1 << 20]) {
    const disk = memoryDisk();
    const { log } = await openLog(disk, { tailBytes, config: { segmentBytes: 1024 } });
    const expected: string[] = [];
    for (let b = 0; b < 60; b++) {
      const count = 1 + (b % 7);
      appendTo(
        log,
        batchOf(count, { label: `b${b}`, compression: b % 3 === 0 ? Compression.lz4 : Compression.none }),
      );
      for (let i = 0; i < count; i++) expected.push(`b${b}-${i}`);
    }
    await log.flush();
    assert.ok(log.segmentBases.length > 3, 'the log has rolled');
    for (let offset = 0; offset < expected.length; offset += 5) {
      assert.deepEqual(keys(await readFrom(log, offset)), expected.slice(offset), `from offset ${offset}`);
    }
  }
});

test('a read is cut at batches, and gives the first one whole even above its limit', async () => {
  const { log } = await openLog(memoryDisk());
  appendTo(log, batchOf(5, { bytes: 100 }));
  appendTo(log, batchOf(1));
  await log.flush();
  const first = await log.read(0, 10, 6, true);
  assert.equal(first.length, 12 + first.readInt32BE(8));
  assert.equal((await log.read(0, 10, 6, false)).length, 0);
  assert.equal(
    (await log.read(3, 10_000, 6, true)).readBigInt64BE(0),
    0n,
    'an offset inside a batch gives its batch',
  );
});

test('readers see nothing that is not synced; with the policy os nothing that is not written', async () => {
  const disk = memoryDisk();
  const { log } = await openLog(disk);
  appendTo(log, batchOf(3));
  assert.deepEqual([log.endOffset, log.highWatermark], [3, 0]);
  await log.flush();
  assert.equal(log.highWatermark, 3);

  const { log: lazy } = await openLog(memoryDisk(), { flushPolicy: 'os' });
  appendTo(lazy, batchOf(3));
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([lazy.highWatermark, lazy.syncedOffset], [3, 0]);
});

test('closed in order, it opens as it was; indexes and all', async () => {
  const disk = memoryDisk();
  const { log } = await openLog(disk);
  for (let b = 0; b < 40; b++) appendTo(log, batchOf(3, { label: `b${b}` }));
  const bases = log.segmentBases;
  await log.close();
  const { log: again, warnings } = await openLog(disk, { clean: true });
  assert.deepEqual(again.segmentBases, bases);
  assert.equal(again.endOffset, 120);
  assert.equal((await readFrom(again, 0)).length, 120);
  assert.deepEqual(warnings, []);
});

test('after a crash at any moment, all that was synced is there, in order, and nothing is half there', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer(),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 30 }),
      async (seed, sizes) => {
        const random = seededRandom(seed);
        const disk = memoryDisk({ crashable: true });
        const { log } = await openLog(disk);
        const appended: string[] = [];
        for (const [b, count] of sizes.entries()) {
          appendTo(log, batchOf(count, { label: `b${b}`, bytes: 1 + Math.floor(random() * 300) }));
          for (let i = 0; i < count; i++) appended.push(`b${b}-${i}`);
          if (random() < 0.3) await new Promise((resolve) => setImmediate(resolve));
          if (random() < 0.1) await log.flush();
        }
        const acknowledged = log.syncedOffset;
        const { log: after } = await openLog(disk.crash(random));
        const found = await readFrom(after, 0);
        assert.ok(
          found.length >= acknowledged,
          `${acknowledged} were acknowledged, ${found.length} are there`,
        );
        assert.deepEqual(keys(found), appended.slice(0, found.length));
        assert.equal(after.endOffset, found.length);
        // It goes on where it stopped.
        appendTo(after, batchOf(1, { label: 'after' }));
        await after.flush();
        assert.equal((await readFrom(after, found.length))[0]?.key, 'after-0');
      },
    ),
    { numRuns: 150 },
  );
});

const TAILS: Record<string, (whole: Buffer) => Buffer> = {
  'half a batch': (whole) => whole.subarray(0, whole.length >> 1),
  'a few bytes': (whole) => whole.subarray(0, 7),
  zeros: () => Buffer.alloc(5000),
  'a batch with a flipped bit': (whole) => {
    const bytes = Buffer.from(whole);
    bytes[70] = (bytes[70] ?? 0) ^ 1;
    return bytes;
  },
  'a length that lies': (whole) => {
    const bytes = Buffer.from(whole);
    bytes.writeInt32BE(0x7ffffff0, 8);
    return bytes;
  },
  noise: () => Buffer.from(Array.from({ length: 300 }, (_, i) => (i * 73) & 0xff)),
};

for (const [name, tail] of Object.entries(TAILS)) {
  test(`a tail of ${name} is cut off, and the cut is told`, async () => {
    const disk = memoryDisk();
    const { log } = await openLog(disk);
    for (let b = 0; b < 5; b++) appendTo(log, batchOf(2, { label: `b${b}` }));
    await log.close();
    const path = '/data/t-0/00000000000000000000.log';
    const whole = disk.readFile(path);
    const next = batchOf(2);
    next.writeBigInt64BE(10n, 0);
    disk.open(path).write([tail(next)], whole.length);
    const { log: after, warnings } = await openLog(disk);
    assert.equal(after.endOffset, 10);
    assert.equal((await readFrom(after, 0)).length, 10);
    assert.deepEqual(disk.readFile(path), whole);
    assert.match(warnings.join('\n'), /cut \d+ bytes from the end of segment 0/);
  });
}

test('an index that is missing, cut or makes no sense is built anew', async () => {
  for (const damage of ['remove', 'cut', 'noise'] as const) {
    const disk = memoryDisk();
    const { log } = await openLog(disk, { config: { segmentBytes: 1 << 20 } });
    for (let b = 0; b < 50; b++) appendTo(log, batchOf(3, { label: `b${b}` }));
    await log.close();
    const path = '/data/t-0/00000000000000000000.index';
    const sound = disk.readFile(path);
    assert.ok(sound.length > 40);
    disk.remove(path);
    if (damage === 'cut') disk.replaceFile(path, sound.subarray(0, 13));
    if (damage === 'noise') disk.replaceFile(path, Buffer.alloc(sound.length, 0x7f));
    const { log: after } = await openLog(disk, { clean: true, config: { segmentBytes: 1 << 20 } });
    assert.equal((await readFrom(after, 140))[0]?.offset, 140);
    await after.close();
    assert.deepEqual(disk.readFile(path), sound);
  }
});

test('a full disk refuses what does not fit, keeps what was there, and takes more when there is room', async () => {
  const disk = memoryDisk();
  const { log, troubles } = await openLog(disk);
  appendTo(log, batchOf(4, { label: 'before' }));
  await log.flush();
  disk.fault = (operation, path) => {
    if (operation === 'write' && path.endsWith('.log')) throw diskError('ENOSPC', path);
  };
  appendTo(log, batchOf(4, { label: 'lost' }));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(troubles[0]?.kind, 'rejected');
  assert.deepEqual([log.endOffset, log.highWatermark], [4, 4]);
  disk.fault = undefined;
  appendTo(log, batchOf(2, { label: 'after' }));
  await log.flush();
  assert.deepEqual(keys(await readFrom(log, 3)), ['before-3', 'after-0', 'after-1']);
  await log.close();
  const { log: again } = await openLog(disk);
  assert.equal((await readFrom(again, 0)).length, 6);
});

test('a failed sync takes the files out of service: nothing beyond is called durable', async () => {
  const disk = memoryDisk();
  const { log, troubles } = await openLog(disk);
  appendTo(log, batchOf(1));
  await log.flush();
  disk.fault = (operation, path) => {
    if (operation === 'sync') throw diskError('EIO', path);
  };
  appendTo(log, batchOf(1));
  await assert.rejects(log.flush(), /EIO/);
  assert.equal(troubles[0]?.kind, 'offline');
  disk.fault = undefined;
  await assert.rejects(log.flush(), /EIO/, 'it is not tried again on a file in doubt');
  assert.equal(log.highWatermark, 1);
});

test('retention removes the oldest segments by size and by age, never what is not yet durable', async () => {
  const disk = memoryDisk();
  const { log } = await openLog(disk, { config: { retentionBytes: 10_000 } });
  for (let b = 0; b < 100; b++) appendTo(log, batchOf(5, { bytes: 50 }));
  await log.flush();
  log.retain(0);
  assert.ok(
    log.sizeInBytes >= 10_000 && log.sizeInBytes < 10_000 + 4096,
    `${log.sizeInBytes} bytes are left`,
  );
  assert.equal(log.logStartOffset, log.segmentBases[0]);
  log.config = { ...log.config, retentionMs: 1000, retentionBytes: -1 };
  appendTo(log, batchOf(1, { timestamp: 1_750_000_900_000 }));
  await log.flush();
  log.retain(1_750_000_100_000);
  assert.ok(log.logStartOffset < log.endOffset, 'the segment with the young record stays');
  log.retain(1_760_000_000_000);
  assert.equal(log.logStartOffset, log.endOffset);
});

test('with the policy os a log is synced after flush.messages, and after flush.ms', async () => {
  const { log } = await openLog(memoryDisk(), { flushPolicy: 'os', config: { flushMessages: 10 } });
  appendTo(log, batchOf(9));
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([log.highWatermark, log.syncedOffset], [9, 0]);
  appendTo(log, batchOf(1));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(log.syncedOffset, 10);

  const { log: timed } = await openLog(memoryDisk(), { flushPolicy: 'os', config: { flushMs: 1 } });
  appendTo(timed, batchOf(3));
  while (timed.syncedOffset < 3) await new Promise((resolve) => setImmediate(resolve));
  await timed.close();
});

test('a segment that retention removed before it was ever synced does not come back', async () => {
  const disk = memoryDisk();
  const { log } = await openLog(disk, { flushPolicy: 'os', config: { retentionBytes: 5000 } });
  for (let b = 0; b < 100; b++) appendTo(log, batchOf(5, { bytes: 50 }));
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(log.retain(0) > 0);
  const bases = log.segmentBases;
  await log.close();
  const logs = disk.list('/data/t-0').filter((name) => name.endsWith('.log'));
  assert.deepEqual(
    logs.map((name) => Number.parseInt(name, 10)),
    bases,
  );
});

test('a segment that could not be begun leaves nothing that would hide what is appended after it', async () => {
  const disk = memoryDisk();
  const { log } = await openLog(disk, { config: { segmentBytes: 2000 } });
  appendTo(log, batchOf(1, { bytes: 1500 }));
  const open = disk.open.bind(disk);
  disk.open = (path) => {
    if (path.endsWith('1.timeindex')) throw diskError('ENOSPC', path);
    return open(path);
  };
  assert.throws(() => appendTo(log, batchOf(1, { bytes: 1500 })), /ENOSPC/);
  appendTo(log, batchOf(1, { label: 'small' }));
  await log.close();
  const { log: again } = await openLog(disk, { clean: true });
  assert.equal(again.endOffset, 2);
  assert.deepEqual(keys(await readFrom(again, 1)), ['small-0']);
});

test('a batch that a full disk took back leaves no trace in the time index', async () => {
  for (const batches of [1, 12]) {
    const disk = memoryDisk();
    const { log } = await openLog(disk, { config: { segmentBytes: 1 << 20 } });
    const timestamp = 1_750_000_000_000;
    for (let b = 0; b < batches; b++) appendTo(log, batchOf(2, { timestamp: timestamp + b * 10 }));
    await log.flush();
    const before = log.maxTimestamp;
    assert.equal(before.timestamp, timestamp + (batches - 1) * 10 + 1);
    disk.fault = (operation, path) => {
      if (operation === 'write' && path.endsWith('.log')) throw diskError('ENOSPC', path);
    };
    for (let b = 0; b < 8; b++) appendTo(log, batchOf(2, { timestamp: timestamp + 1_000_000 + b }));
    await new Promise((resolve) => setImmediate(resolve));
    disk.fault = undefined;
    assert.equal(log.endOffset, batches * 2);
    assert.deepEqual(log.maxTimestamp, before);
    await log.close();
    const index = disk.readFile('/data/t-0/00000000000000000000.timeindex');
    assert.equal(Number(index.readBigInt64BE(index.length - 12)), before.timestamp);
    assert.equal(index.readInt32BE(index.length - 4), before.offset);
  }
});

test('an index of offsets that makes no sense takes the one of aborted transactions with it at no moment', async () => {
  const disk = memoryDisk();
  const { log } = await openLog(disk);
  for (let b = 0; b < 40; b++) appendTo(log, batchOf(3, { label: `b${b}` }));
  const aborted = { producerId: 7, firstOffset: 2, lastOffset: 4, lastStableOffset: 5 };
  log.noteAborted(aborted);
  log.writeAborted();
  await log.close();
  const recoveryPoint = log.endOffset;
  disk.replaceFile('/data/t-0/00000000000000000000.index', 'nonsense');
  // The first attempt dies before it has read the log again.
  for (const attempt of [1, 2]) {
    const { log: again } = await openLog(disk, { recoveryPoint });
    assert.deepEqual(again.abortedTransactions(0, 10), [aborted], `attempt ${attempt}`);
  }
  // What was never called whole is told by the log alone.
  const { log: doubted } = await openLog(disk, { recoveryPoint: 0 });
  assert.deepEqual(doubted.abortedTransactions(0, 10), []);
  doubted.noteAborted(aborted);
  assert.deepEqual(doubted.abortedTransactions(0, 3), [aborted]);
  assert.deepEqual(doubted.abortedTransactions(5, 10), []);
});

test('a log that is read at once is read in pieces, from the batch that holds the offset on, over segments and large batches', async () => {
  const disk = memoryDisk();
  const { log } = await openLog(disk, { config: { segmentBytes: 12_000_000 } });
  for (let b = 0; b < 60; b++)
    appendTo(log, batchOf(b === 30 ? 5 : 3, { label: `b${b}`, bytes: b === 30 ? 2_000_000 : 150_000 }));
  await log.flush();
  assert.equal(log.segmentBases.length > 2, true);
  for (const [from, upTo] of [
    [0, log.endOffset],
    [50, log.endOffset],
    [94, 97],
    [0, 7],
    [log.endOffset, log.endOffset],
  ] as const) {
    const read: number[] = [];
    for (const bytes of log.readSync(from, upTo)) {
      assert.ok(bytes.length < 11_000_000);
      forEachBatch(bytes, 0, bytes.length, (at) => {
        if (lastOffsetOf(bytes, at) >= from) read.push(baseOffsetOf(bytes, at));
        return true;
      });
    }
    // Batches of three, but for one of five from offset 90 on.
    const expected = Array.from({ length: 60 }, (_, b) => b * 3 + (b > 30 ? 2 : 0)).filter((base) => {
      const last = base + (base === 90 ? 4 : 2);
      return last >= from && last < upTo;
    });
    assert.deepEqual(read, expected, `from ${from} to ${upTo}`);
  }
});

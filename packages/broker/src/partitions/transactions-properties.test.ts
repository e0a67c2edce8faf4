// What a partition makes of transactions, held against a model that keeps everything in one array: where readers of
// committed records stop, whom they are told to leave out, and what is open, through rolls, restarts, power cuts,
// full disks and deleted records.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '@klamm/base/clock';
import { silentLogger } from '@klamm/base/logger';
import { seededRandom } from '@klamm/base/random';
import { errorName } from '@klamm/protocol/error-codes';
import {
  forEachBatch,
  isControl,
  isTransactional,
  lastOffsetOf,
  producerIdOf,
} from '@klamm/protocol/records/batch';
import { ControlType, controlRecordsOf } from '@klamm/protocol/records/control';
import { recordsOf } from '@klamm/protocol/records/record';
import fc from 'fast-check';
import { writeOffsets } from '../storage/checkpoint-files.ts';
import { LOG_START_FILE, type LogDirectory, RECOVERY_POINT_FILE } from '../storage/directory.ts';
import { diskError, type MemoryDisk, memoryDisk } from '../storage/disk-memory.ts';
import { batchOf } from '../testing/batches.ts';
import { openPartition } from '../testing/open-partition.ts';
import { Cleaner } from './cleaner.ts';
import type { Partition } from './partition.ts';

const COMPACTED = {
  'cleanup.policy': 'compact',
  'min.cleanable.dirty.ratio': '0',
  'delete.retention.ms': '500',
} as const;
const PRODUCERS = 4;
/** Producers with an even number have an epoch for each transaction (KIP-890), the others one for all. */
const hasEpochs = (producerId: number): boolean => producerId % 2 === 0;

type Command =
  | { readonly kind: 'append'; readonly producerId: number; readonly count: number; readonly plain: boolean }
  | { readonly kind: 'end'; readonly producerId: number; readonly committed: boolean }
  | { readonly kind: 'flush' | 'checkpoint' | 'restart' | 'compact' }
  | { readonly kind: 'crash'; readonly seed: number }
  | { readonly kind: 'full'; readonly producerId: number }
  | { readonly kind: 'deleteBefore'; readonly share: number };

/** One offset of the log; `ends` is set for the one that is a marker. */
interface Entry {
  readonly producerId: number;
  readonly transactional: boolean;
  readonly label: string;
  readonly ends?: 'commit' | 'abort';
}

interface Producer {
  epoch: number;
  nextSequence: number;
}

/** What the log should be, and what follows from it. */
class Model {
  readonly entries: Entry[] = [];

  truncateTo(offset: number): void {
    this.entries.length = offset;
  }

  /** First offsets of open transactions by producer, and those that have ended. */
  get transactions() {
    const open = new Map<number, number>();
    const ended: { producerId: number; firstOffset: number; lastOffset: number; isAborted: boolean }[] = [];
    for (const [offset, { producerId, transactional, ends }] of this.entries.entries()) {
      if (!transactional) continue;
      const firstOffset = open.get(producerId);
      if (ends === undefined && firstOffset === undefined) open.set(producerId, offset);
      if (ends === undefined || firstOffset === undefined) continue;
      open.delete(producerId);
      ended.push({ producerId, firstOffset, lastOffset: offset, isAborted: ends === 'abort' });
    }
    return { open, ended };
  }

  /** Labels that a reader of committed records sees from an offset on. */
  visibleFrom(from: number): string[] {
    const { open, ended } = this.transactions;
    const end = Math.min(this.entries.length, ...open.values());
    const isAborted = (offset: number, producerId: number): boolean =>
      ended.some(
        (each) =>
          each.isAborted &&
          each.producerId === producerId &&
          each.firstOffset <= offset &&
          offset < each.lastOffset,
      );
    return this.entries.flatMap(({ producerId, transactional, label, ends }, offset) => {
      const isSeen = offset >= from && offset < end && ends === undefined;
      return isSeen && !(transactional && isAborted(offset, producerId)) ? [label] : [];
    });
  }
}

class Run {
  readonly #isCompacted: boolean;
  readonly model = new Model();
  readonly #producers = new Map<number, Producer>();
  #disk: MemoryDisk = memoryDisk({ crashable: true });
  #directory: LogDirectory | undefined;
  #labels = 0;
  #passes = 0;
  partition: Partition | undefined;
  /** As the last checkpoint has it. */
  #startKept = 0;

  constructor(isCompacted: boolean) {
    this.#isCompacted = isCompacted;
  }

  async open(): Promise<Partition> {
    const { partition, directory } = await openPartition(this.#isCompacted ? COMPACTED : {}, this.#disk);
    const small = { segmentBytes: 700, indexIntervalBytes: 200, fileDeleteDelayMs: 0 };
    partition.log.config = { ...partition.log.config, ...small };
    this.partition = partition;
    this.#directory = directory;
    return partition;
  }

  async perform(partition: Partition, command: Command): Promise<Partition> {
    switch (command.kind) {
      case 'append':
        this.#append(partition, command.producerId, command.count, command.plain);
        return partition;
      case 'end':
        this.#end(partition, command.producerId, command.committed);
        return partition;
      case 'flush':
        await partition.flush();
        return partition;
      case 'checkpoint':
        this.#checkpoint(partition);
        return partition;
      case 'compact':
        await this.#compact(partition);
        return partition;
      case 'restart':
        await partition.close();
        this.#checkpoint(partition);
        this.#directory?.close(1);
        return this.open();
      case 'crash':
        return await this.#crash(partition, command.seed);
      case 'full':
        await this.#fill(partition, command.producerId);
        return partition;
      case 'deleteBefore':
        await partition.flush();
        partition.deleteRecordsBefore(Math.floor(command.share * partition.highWatermark));
        return partition;
    }
  }

  async #compact(partition: Partition): Promise<void> {
    await partition.flush();
    assert.ok(this.#directory);
    const cleaner = new Cleaner({
      directory: this.#directory,
      // What is to go after a while goes at the next pass.
      clock: { ...systemClock, now: () => Date.now() + ++this.#passes * 1000 },
      logger: silentLogger,
      partitions: () => [partition],
      checkpoint: () => this.#checkpoint(partition),
      limits: { mapBytesMax: 1_000_000, bytesPerSecondMax: Number.MAX_VALUE },
      backoffMs: undefined,
    });
    await cleaner.clean();
    await cleaner.close();
  }

  #append(partition: Partition, producerId: number, count: number, plain: boolean): void {
    const producer = this.#producers.get(producerId) ?? { epoch: 0, nextSequence: 0 };
    this.#producers.set(producerId, producer);
    const isOpen = this.model.transactions.open.has(producerId);
    const transactional = isOpen || !plain;
    const label = `${this.#labels++}`;
    const send = (baseSequence: number) => {
      const { epoch: producerEpoch } = producer;
      const which = { producerId, producerEpoch, baseSequence, transactional };
      const batch = batchOf(count, { label, timestamp: Date.now(), ...which });
      return partition.append(batch, hasEpochs(producerId) && transactional);
    };
    const isKnown = partition.producers.entries().some((entry) => entry.producerId === producerId);
    if (isKnown)
      assert.equal(errorName(send(producer.nextSequence + 1).errorCode), 'OUT_OF_ORDER_SEQUENCE_NUMBER');
    for (const attempt of ['sent', 'sent again']) {
      const appended = send(producer.nextSequence);
      assert.ok(
        'baseOffset' in appended,
        `${attempt}, a batch was refused: ${errorName(appended.errorCode)}`,
      );
      assert.equal(appended.baseOffset, this.model.entries.length);
    }
    producer.nextSequence += count;
    for (let i = 0; i < count; i++)
      this.model.entries.push({ producerId, transactional, label: `${label}-${i}` });
  }

  #end(partition: Partition, producerId: number, committed: boolean): void {
    const producer = this.#producers.get(producerId);
    if (producer === undefined) return;
    if (hasEpochs(producerId)) {
      producer.epoch++;
      producer.nextSequence = 0;
    }
    const appended = partition.appendMarker({
      producerId,
      producerEpoch: producer.epoch,
      committed,
      coordinatorEpoch: 0,
      epochPerTransaction: hasEpochs(producerId),
    });
    assert.ok('baseOffset' in appended, `a marker was refused: ${errorName(appended.errorCode)}`);
    this.model.entries.push({
      producerId,
      transactional: true,
      label: 'marker',
      ends: committed ? 'commit' : 'abort',
    });
  }

  #checkpoint(partition: Partition): void {
    const one = (offset: number) => [{ topic: 't', index: 0, offset }];
    writeOffsets(this.#disk, `/data/${RECOVERY_POINT_FILE}`, one(partition.recoveryPoint));
    writeOffsets(this.#disk, `/data/${LOG_START_FILE}`, one(partition.logStartOffset));
    this.#startKept = partition.logStartOffset;
  }

  async #crash(partition: Partition, seed: number): Promise<Partition> {
    const { highWatermark, logEndOffset, logStartOffset } = partition;
    partition.abandon();
    this.#directory?.abandon();
    this.#disk = this.#disk.crash(seededRandom(seed));
    const again = await this.open();
    assert.ok(again.logEndOffset >= highWatermark, 'nothing durable is lost');
    assert.ok(again.logEndOffset <= logEndOffset);
    assert.ok(again.logStartOffset >= this.#startKept && again.logStartOffset <= logStartOffset);
    this.#backTo(again);
    return again;
  }

  async #fill(partition: Partition, producerId: number): Promise<void> {
    await partition.flush();
    this.#disk.fault = (operation, path) => {
      if (operation === 'write' && path.endsWith('.log')) throw diskError('ENOSPC', path);
    };
    this.#append(partition, producerId, 2, false);
    this.#end(partition, producerId, false);
    await partition.flush();
    this.#disk.fault = undefined;
    this.#backTo(partition);
  }

  /** Some of the end is gone: the log says what, and the producers must go on from there. */
  #backTo(partition: Partition): void {
    this.model.truncateTo(partition.logEndOffset);
    this.#producers.clear();
    for (const { producerId, epoch, lastSequence } of partition.producers.entries())
      this.#producers.set(producerId, { epoch, nextSequence: lastSequence + 1 });
  }
}

/** What a consumer makes of an answer to its fetch, as Java's CompletedFetch does. */
function seenBy(
  from: number,
  bytes: Buffer,
  aborted: readonly { readonly producerId: number; readonly firstOffset: number }[],
): { labels: string[]; next: number } {
  const ahead = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset);
  const aborting = new Set<number>();
  const labels: string[] = [];
  let next = from;
  forEachBatch(bytes, 0, bytes.length, (at) => {
    next = lastOffsetOf(bytes, at) + 1;
    while (ahead[0] !== undefined && ahead[0].firstOffset <= lastOffsetOf(bytes, at))
      aborting.add(ahead.shift()?.producerId ?? -1);
    const producerId = producerIdOf(bytes, at);
    if (isControl(bytes, at)) {
      if (controlRecordsOf(bytes, at)[0]?.type === ControlType.ABORT) aborting.delete(producerId);
    } else if (!(isTransactional(bytes, at) && aborting.has(producerId))) {
      for (const { offset, key } of recordsOf(bytes, at)) if (offset >= from) labels.push(`${key}`);
    }
    return true;
  });
  return { labels, next };
}

/** Reads what is committed from an offset on, some at a time. */
async function readCommitted(partition: Partition, from: number, maxBytes: number): Promise<string[]> {
  const labels: string[] = [];
  for (let offset = from; ; ) {
    const bytes = await partition.read(offset, maxBytes, true, true);
    if (bytes.length === 0) return labels;
    assert.ok(lastOffsetOf(bytes, 0) >= offset);
    const seen = seenBy(offset, bytes, partition.abortedTransactions(offset, bytes));
    labels.push(...seen.labels);
    offset = seen.next;
  }
}

/** @param isExact whether all that was written is still there, so that the lists of aborted transactions are the model's */
async function hold(partition: Partition, model: Model, isExact: boolean): Promise<void> {
  await partition.flush();
  const { open, ended } = model.transactions;
  const { logStartOffset, logEndOffset } = partition;
  assert.equal(logEndOffset, model.entries.length);
  assert.equal(partition.highWatermark, logEndOffset);
  const lastStable = Math.max(Math.min(logEndOffset, ...open.values()), logStartOffset);
  assert.equal(partition.lastStableOffset, lastStable, 'last stable offset');
  const known = partition.producers
    .entries()
    .filter(({ currentTxnFirstOffset }) => currentTxnFirstOffset >= 0);
  assert.deepEqual(
    new Map(known.map(({ producerId, currentTxnFirstOffset }) => [producerId, currentTxnFirstOffset])),
    new Map(
      [...open].toSorted(
        ([a], [b]) => known.findIndex((k) => k.producerId === a) - known.findIndex((k) => k.producerId === b),
      ),
    ),
    'open transactions',
  );
  const length = logEndOffset - logStartOffset;
  for (const from of [0, 0.3, 0.7, 1].map((share) => logStartOffset + Math.floor(share * length))) {
    const bytes = await partition.read(from, 1 << 20, true, true);
    const to = seenBy(from, bytes, []).next;
    const expected = ended
      .filter(({ isAborted, firstOffset, lastOffset }) => isAborted && lastOffset >= from && firstOffset < to)
      .map(({ producerId, firstOffset }) => `${producerId} from ${firstOffset}`);
    const told = partition
      .abortedTransactions(from, bytes)
      .map(({ producerId, firstOffset }) => `${producerId} from ${firstOffset}`);
    if (isExact && bytes.length > 0) assert.deepEqual(told, expected, `aborted from ${from} to ${to}`);
    assert.deepEqual(await readCommitted(partition, from, 150), model.visibleFrom(from), `read from ${from}`);
  }
}

const producerId = fc.integer({ min: 0, max: PRODUCERS - 1 });
const commands: { weight: number; arbitrary: fc.Arbitrary<Command> }[] = [
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      producerId,
      count: fc.integer({ min: 1, max: 4 }),
      plain: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('end' as const), producerId, committed: fc.boolean() }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('flush' as const, 'checkpoint' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('crash' as const), seed: fc.integer() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('full' as const), producerId }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('deleteBefore' as const),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
];
const compaction = { weight: 2, arbitrary: fc.record({ kind: fc.constant('compact' as const) }) };

for (const isCompacted of [false, true]) {
  const name = isCompacted ? 'also where it is compacted meanwhile' : 'and are told who was aborted';
  test(`whatever happens to a partition, readers see what was committed, all of it and nothing else, ${name}`, async () => {
    const command = fc.oneof(...commands, ...(isCompacted ? [compaction] : []));
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 60 }), async (all) => {
        const run = new Run(isCompacted);
        let partition = await run.open();
        for (const [i, each] of all.entries()) {
          partition = await run.perform(partition, each);
          if (i % 4 === 3 || i === all.length - 1) await hold(partition, run.model, !isCompacted);
        }
      }),
      { numRuns: 200 },
    );
  });
}

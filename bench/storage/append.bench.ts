// The log's micro-benchmark on a real disk: one JSON line per case and flush policy.
//
//     node bench/storage/append.bench.ts [directory]
//
// Batches are 1 KiB unless said otherwise. An append counts when it is below the high watermark: synced under
// `sync`, written under `os`. What a sync costs is the disk's: compare only within one run on one machine.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@klamm/base/clock';
import { silentLogger } from '@klamm/base/logger';
import { partitionConfig, topicConfigRow } from '@klamm/broker/config/topic';
import { Partition } from '@klamm/broker/partitions/partition';
import type { FlushPolicy } from '@klamm/broker/storage/appender';
import { LogDirectory } from '@klamm/broker/storage/directory';
import { nodeDisk } from '@klamm/broker/storage/disk';
import { TailCacheBudget } from '@klamm/broker/storage/tail-cache';
import { BatchBuilder } from '@klamm/protocol/records/builder';

const LONE_APPENDS = 1000;
const CONCURRENT = 100;
const CONCURRENT_ROUNDS = 50;
const LARGE_BATCHES = 2000;
const LARGE_BYTES = 64 * 1024;

function batchOf(bytes: number): Buffer {
  const builder = new BatchBuilder(bytes + 200);
  builder.append(null, Buffer.alloc(bytes - 75, 'k'), [], Date.now());
  return builder.build();
}

/** Appends copies of `template` and resolves when all of them are below the high watermark. */
async function append(partition: Partition, template: Buffer, count: number): Promise<void> {
  let end = 0;
  for (let i = 0; i < count; i++) {
    const result = partition.append(Buffer.from(template));
    if (!('endOffset' in result)) throw new Error(`The append was refused: ${result.errorMessage}`);
    end = result.endOffset;
  }
  await new Promise<void>((resolve, reject) =>
    partition.whenDurable(end, (error) => (error === undefined ? resolve() : reject(error))),
  );
}

async function median(rounds: number, work: () => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[rounds >> 1] ?? 0;
}

async function run(flushPolicy: FlushPolicy, root: string): Promise<void> {
  const report = (name: string, unit: string, value: number): void =>
    console.log(JSON.stringify({ case: name, flushPolicy, unit, value: Number(value.toPrecision(4)) }));
  const processes = { self: `bench ${process.pid}`, isAlive: () => false };
  const directory = LogDirectory.open(nodeDisk(), root, processes, silentLogger, { nodeId: 1 });
  const partition = await Partition.open({
    directory,
    clock: systemClock,
    logger: silentLogger,
    flushPolicy,
    // No tail cache: reads are to come from the files.
    tailBudget: new TailCacheBudget(0),
    topic: 'bench',
    topicId: 'lsHc7ZofSEW-9DvvgwvW_Q',
    index: 0,
    leaderEpoch: 0,
    config: partitionConfig((name) => topicConfigRow(name).default ?? ''),
  });
  const small = batchOf(1024);
  const large = batchOf(LARGE_BYTES);
  await append(partition, small, 100);
  report(
    'a lone append, awaited',
    'ms, median',
    await median(LONE_APPENDS, () => append(partition, small, 1)),
  );
  const together = await median(CONCURRENT_ROUNDS, () => append(partition, small, CONCURRENT));
  report(`${CONCURRENT} appends at once`, 'ms for all, median', together);

  const from = partition.logEndOffset;
  const written = performance.now();
  for (let i = 0; i < LARGE_BATCHES; i += 20) await append(partition, large, 20);
  const megabytes = (LARGE_BATCHES * large.length) / 1e6;
  report('64 KiB batches, 20 in flight', 'MB/s', megabytes / ((performance.now() - written) / 1000));

  const read = performance.now();
  let offset = from;
  while (offset < partition.highWatermark) {
    const bytes = await partition.read(offset, 1024 * 1024, true, false);
    offset += Math.floor(bytes.length / large.length);
  }
  report('read 1 MiB at a time', 'MB/s', megabytes / ((performance.now() - read) / 1000));
  await partition.close();
  directory.close(-1);
}

const parent = process.argv[2] ?? tmpdir();
for (const flushPolicy of ['sync', 'os'] as const) {
  const root = mkdtempSync(join(parent, 'klamm-bench-'));
  try {
    await run(flushPolicy, root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

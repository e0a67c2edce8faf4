// The record codec's micro-benchmark: one JSON line per case.
//
//     node bench/codec/records.bench.ts [rounds]
//
// Each case runs in rounds; the median is what to compare, and only between cases of one run.

import {
  BATCH_HEADER_BYTES,
  Compression,
  checkBatch,
  forEachBatch,
  isCrcValid,
} from '@klamm/protocol/records/batch';
import { BatchBuilder } from '@klamm/protocol/records/builder';
import { compress, decompress } from '@klamm/protocol/records/compression';
import { RecordCursor } from '@klamm/protocol/records/record';
import { crc32c, crc32cPortable, hasNativeCrc32c } from '@klamm/protocol/wire/crc32c';

const ROUNDS = Number(process.argv[2] ?? 7);
const RECORDS = 1000;

let sink = 0;

/** Runs `work` until a round is long enough to time, and prints the median of its rounds. */
function measure(name: string, unit: string, perRun: number, work: () => number): void {
  const runs = Math.max(1, Math.ceil(3_000_000 / Math.max(perRun, 1000)));
  const rates: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const start = performance.now();
    for (let run = 0; run < runs; run++) sink += work();
    // The first round warms the engine up.
    if (round > 0) rates.push((perRun * runs) / ((performance.now() - start) / 1000));
  }
  rates.sort((a, b) => a - b);
  const median = rates[rates.length >> 1] ?? 0;
  console.log(JSON.stringify({ case: name, unit, median: Math.round(median), rounds: ROUNDS }));
}

function build(key: Uint8Array | string | null, value: Uint8Array | string, withHeaders = false): Buffer {
  const builder = new BatchBuilder(16_384);
  const headers = withHeaders ? [{ key: 'trace', value: 'abcdef' }] : [];
  for (let index = 0; index < RECORDS; index++)
    builder.append(key, value, headers, 1_756_600_000_000 + index);
  return builder.build();
}

const text = 'x'.repeat(100);
const bytes = Buffer.from(text);
const large = Buffer.alloc(1024, 'y');

measure('build 100 B text', 'records/s', RECORDS, () => build(null, text).length);
measure('build 100 B bytes', 'records/s', RECORDS, () => build(null, bytes).length);
measure('build 100 B text, key, header', 'records/s', RECORDS, () => build('key-1', text, true).length);
measure('build 1 KiB bytes', 'records/s', RECORDS, () => build(null, large).length);
measure('build and lz4 100 B text', 'records/s', RECORDS, () => {
  const builder = new BatchBuilder(131_072);
  for (let index = 0; index < RECORDS; index++) builder.append(null, text, [], 1_756_600_000_000 + index);
  return builder.build({ compression: Compression.lz4 }).length;
});

const batch = build(null, text);
const headed = build('key-1', text, true);
const cursor = new RecordCursor();

function iterate(buffer: Buffer, use: (cursor: RecordCursor) => number): number {
  cursor.open(buffer, 0);
  let sum = 0;
  while (cursor.next()) sum += use(cursor);
  return sum;
}

measure('iterate 100 B, nothing decoded', 'records/s', RECORDS, () => iterate(batch, (at) => at.valueSize));
measure('iterate 100 B, value as view', 'records/s', RECORDS, () =>
  iterate(batch, (at) => at.value()?.length ?? 0),
);
measure('iterate 100 B, value as text', 'records/s', RECORDS, () =>
  iterate(batch, (at) => at.valueText()?.length ?? 0),
);
measure('iterate 100 B, key, header, all decoded', 'records/s', RECORDS, () =>
  iterate(headed, (at) => at.decode().headers.length),
);

const many = Buffer.concat(Array.from({ length: 200 }, () => build(null, 'small').subarray(0)));
measure('walk batches of 1,000 small records', 'batches/s', 200, () => {
  let count = 0;
  forEachBatch(many, 0, many.length, () => {
    count++;
    return true;
  });
  return count;
});
measure('check a batch of 1,000 x 100 B', 'bytes/s', batch.length, () =>
  checkBatch(batch, 0, batch.length) === 'ok' ? 1 : 0,
);
measure('crc of a batch of 1,000 x 100 B', 'bytes/s', batch.length, () => (isCrcValid(batch, 0) ? 1 : 0));

const block = Buffer.alloc(16_384, 7);
for (const size of [64, 192, 1024, 16_384]) {
  measure(`crc32c ${size} B${hasNativeCrc32c ? '' : ' (no native)'}`, 'bytes/s', size, () =>
    crc32c(block, 0, size),
  );
  measure(`crc32c ${size} B, portable`, 'bytes/s', size, () => crc32cPortable(block, 0, size));
}

const records = build(
  'key-1',
  'The quick brown fox jumps over the lazy dog, again and again and again.',
  true,
).subarray(BATCH_HEADER_BYTES);
for (const name of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
  const compressed = compress(Compression[name], records);
  measure(`compress ${name}`, 'bytes/s', records.length, () => compress(Compression[name], records).length);
  measure(
    `decompress ${name}`,
    'bytes/s',
    records.length,
    () => decompress(Compression[name], compressed).length,
  );
}

if (sink === 0) console.error('nothing was measured');

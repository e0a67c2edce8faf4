// How long a broker takes to compact a log that was never compacted, and what that costs in memory and in the time of
// those who produce meanwhile.
//
// The log is filled while its topic is not compacted yet, by the same requests on every broker; the broker is started
// anew, so that its peak memory is of the compaction alone; then the topic becomes one that is compacted.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Random, seededRandom } from '@klamm/base/random';
import { frame, RawClient } from '@klamm/broker/testing/raw-client';
import { Produce } from '@klamm/protocol/api/00-produce';
import { BatchBuilder } from '@klamm/protocol/records/builder';
import { Kafka } from 'klamm';
import type { Broker } from '../../tests/peers/broker.ts';
import { acknowledged, createTopic, PRODUCE_VERSION, produceFrame } from '../broker/requests.ts';
import { addressOf } from '../harness/contestants.ts';
import { processUsage } from '../harness/process-usage.ts';
import { type Figures, percentile } from '../harness/rounds.ts';

export interface KeyedData {
  readonly bytes: number;
  /** Bytes of each value; a key is 16. */
  readonly valueBytes: number;
  readonly keys: number;
}

const TOPIC = 'keyed';
const RECORDS_PER_BATCH = 100;
const IN_FLIGHT = 4;
const SEGMENT_BYTES = 128 * 1024 * 1024;
const PROBE_EVERY_MS = 5;
const DEADLINE_MS = 300_000;

/** Fills the first broker, and measures the second, which `restart` starts on its data. */
export async function compaction(
  first: Broker,
  restart: () => Promise<Broker>,
  data: KeyedData,
): Promise<Figures> {
  const configs = { 'cleanup.policy': 'delete', 'segment.bytes': SEGMENT_BYTES, 'retention.ms': -1 };
  await using filling = new Kafka({ brokers: first.bootstrap }).admin();
  await filling.createTopic({ name: TOPIC, partitions: 1, configs });
  await fill(first, data);
  await first.stop();

  const broker = await restart();
  const pid = broker.pid ?? 0;
  const directory = broker.dataDirectory ?? '';
  const end = Math.max(...segmentsOf(directory).map((name) => Number.parseInt(name, 10)));
  const probe = await RawClient.open(addressOf(broker).host, addressOf(broker).port);
  await createTopic(probe, 'probe');
  const idle = await answerTimes(probe, async () => wait(1000));
  await using admin = new Kafka({ brokers: broker.bootstrap }).admin();
  const before = processUsage(pid);
  const begun = performance.now();
  let seconds = 0;
  const busy = await answerTimes(probe, async () => {
    const change = { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0.0001' };
    await admin.alterConfigs({ topic: TOPIC }, change);
    await compactedTo(directory, end, begun + DEADLINE_MS);
    seconds = (performance.now() - begun) / 1000;
  });
  probe.close();
  const after = processUsage(pid);
  const kept = segmentsOf(directory).map((name) => statSync(join(directory, `${TOPIC}-0`, name)).size);
  return {
    seconds,
    'CPU s': (after?.cpuSeconds ?? Number.NaN) - (before?.cpuSeconds ?? Number.NaN),
    'peak MB': after?.peakMb ?? Number.NaN,
    'resident MB before': before?.residentMb ?? Number.NaN,
    'kept MB': kept.reduce((sum, size) => sum + size, 0) / 1e6,
    'produce p99 ms before': percentile(idle, 0.99),
    'produce p50 ms meanwhile': percentile(busy, 0.5),
    'produce p99 ms meanwhile': percentile(busy, 0.99),
  };
}

/** The same keys in the same order for everyone, some requests in flight at a time. */
async function fill(broker: Broker, data: KeyedData): Promise<void> {
  const socket = await RawClient.open(addressOf(broker).host, addressOf(broker).port);
  const random = seededRandom(1);
  const sent: Promise<Buffer>[] = [];
  for (let bytes = 0; bytes < data.bytes; ) {
    const request = keyedFrame(random, data);
    bytes += request.length;
    sent.push(socket.send(request));
    if (sent.length >= IN_FLIGHT) acknowledged((await sent.shift()) as Buffer);
  }
  for (const answer of sent) acknowledged(await answer);
  socket.close();
}

function keyedFrame(random: Random, { valueBytes, keys }: KeyedData): Buffer {
  const builder = new BatchBuilder(RECORDS_PER_BATCH * (valueBytes + 40) + 100);
  const value = Buffer.alloc(valueBytes, 'k');
  for (let i = 0; i < RECORDS_PER_BATCH; i++) {
    const key = `key-${Math.floor(random() * keys)}`.padEnd(16);
    builder.append(key, value, [], 1_750_000_000_000);
  }
  return frame(Produce, PRODUCE_VERSION, {
    acks: -1,
    timeoutMs: 30_000,
    topicData: [{ name: TOPIC, partitionData: [{ index: 0, records: builder.build() }] }],
  });
}

const segmentsOf = (directory: string): string[] =>
  readdirSync(join(directory, `${TOPIC}-0`)).filter((name) => name.endsWith('.log'));

async function compactedTo(directory: string, end: number, deadline: number): Promise<void> {
  const file = join(directory, 'cleaner-offset-checkpoint');
  for (;;) {
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    const offset = Number(new RegExp(`^${TOPIC} 0 (\\d+)$`, 'm').exec(text)?.[1] ?? -1);
    if (offset >= end) return;
    if (performance.now() > deadline) throw new Error(`compacted up to ${offset} of ${end} only`);
    await wait(20);
  }
}

/** Milliseconds that single records took, one at a time and sorted, while `work` was under way. */
async function answerTimes(probe: RawClient, work: () => Promise<void>): Promise<number[]> {
  const request = produceFrame('probe', 1, 100);
  const times: number[] = [];
  let isOver = false;
  const working = work().finally(() => {
    isOver = true;
  });
  while (!isOver) {
    const sent = performance.now();
    acknowledged(await probe.send(request));
    times.push(performance.now() - sent);
    await wait(PROBE_EVERY_MS);
  }
  await working;
  return times.sort((a, b) => a - b);
}

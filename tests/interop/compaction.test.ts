// Compaction keeps exactly what Apache Kafka keeps: the same random workload on both, compacted to the end, read by the
// same client, gives the same records at the same offsets. The seed is printed; KLAMM_SEED repeats it.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { type Random, seededRandom } from '@klamm/base/random';
import { Kafka } from '@klamm/client/client';
import { startApacheKafka } from '../peers/apache-kafka.ts';
import type { Broker } from '../peers/broker.ts';
import { getJava } from '../peers/java.ts';
import { startKlamm } from '../peers/klamm.ts';
import { usePeer } from '../peers/peers.ts';

const java = await usePeer(getJava);
const seed = Number(process.env.KLAMM_SEED ?? Date.now() % 1_000_000);
const TOPIC = 'compacted';
const BATCHES = 400;
/** Where the last segment begins is where compaction ends; this many bytes make a handful of segments. */
const SEGMENT_BYTES = 1_048_576;
const DEADLINE_MS = 60_000;
const settings = { 'log.cleaner.backoff.ms': '200', 'log.cleaner.delete.retention.ms': '100' };

interface Workload {
  readonly key: string;
  readonly value: string | null;
  readonly headers?: Record<string, string>;
}

/** Few keys and many, small values and large, and tombstones; a batch each. */
function workloadOf(random: Random): Workload[][] {
  return Array.from({ length: BATCHES }, () =>
    Array.from({ length: 1 + Math.floor(random() * 100) }, () => ({
      key: `k${Math.floor(random() ** 3 * 2000)}`,
      value: random() < 0.1 ? null : 'x'.repeat(Math.floor(random() * 500)),
      ...(random() < 0.1 ? { headers: { h: `${Math.floor(random() * 10)}` } } : {}),
    })),
  );
}

/** Sends each batch by itself, so that both logs have the same batches and segments. */
async function fill(kafka: Kafka, batches: readonly (readonly Workload[])[]): Promise<number> {
  await using admin = kafka.admin();
  const configs = {
    'cleanup.policy': 'compact',
    'segment.bytes': SEGMENT_BYTES,
    'min.cleanable.dirty.ratio': '0.0001',
    'delete.retention.ms': 100,
  };
  await admin.createTopic({ name: TOPIC, partitions: 1, configs });
  await using producer = kafka.producer({ idempotent: false });
  let end = 0;
  for (const batch of batches) {
    const sent = await producer.sendBatch(
      batch.map((record) => ({ topic: TOPIC, timestamp: 1_700_000_000_000, ...record })),
    );
    end = (sent.at(-1)?.offset ?? 0) + 1;
  }
  return end;
}

/** Waits until the log is compacted as far as it goes, and stays so. */
async function compacted(broker: Broker): Promise<number> {
  const file = join(broker.dataDirectory ?? '', 'cleaner-offset-checkpoint');
  const deadline = performance.now() + DEADLINE_MS;
  let last = -1;
  for (let calm = 0; calm < 10; ) {
    await wait(300);
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    const offset = Number(new RegExp(`^${TOPIC} 0 (\\d+)$`, 'm').exec(text)?.[1] ?? -1);
    calm = offset > 0 && offset === last ? calm + 1 : 0;
    last = offset;
    assert.ok(performance.now() < deadline, `compacted up to ${offset} only`);
  }
  return last;
}

async function contentOf(kafka: Kafka): Promise<string[]> {
  const kept: string[] = [];
  for await (const { offset, timestamp, key, value, headers } of kafka.consume({
    topic: TOPIC,
    from: 'earliest',
    toEnd: true,
  })) {
    const notes = headers.map((header) => `${header.key}=${header.value}`).join();
    kept.push(`${offset} ${timestamp} ${key} ${value === null ? 'null' : value.length} ${notes}`);
  }
  return kept;
}

test(`the same is left on both brokers (seed ${seed})`, { skip: java.skip, timeout: 240_000 }, async () => {
  const batches = workloadOf(seededRandom(seed));
  const outcomes: { upTo: number; kept: string[] }[] = [];
  let count = 0;
  for (const start of [() => startKlamm({ settings }), () => startApacheKafka(java.get(), { settings })]) {
    await using broker = await start();
    const kafka = new Kafka({ brokers: broker.bootstrap });
    count = await fill(kafka, batches);
    outcomes.push({ upTo: await compacted(broker), kept: await contentOf(kafka) });
  }
  const [klamm, apache] = outcomes;
  assert.equal(klamm?.upTo, apache?.upTo, 'compacted as far');
  assert.ok((klamm?.kept.length ?? 0) < count / 2, 'something was compacted');
  assert.deepEqual(klamm?.kept, apache?.kept);
});

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

/** Dirty as it may be, a log is left alone; or every log with something to do is compacted. */
const LEFT_ALONE = '1';
const EAGER = '0.0001';

/** Sends each batch by itself, so that both logs have the same batches and segments. */
async function fill(kafka: Kafka, batches: readonly (readonly Workload[])[]): Promise<void> {
  await using producer = kafka.producer({ idempotent: false });
  for (const batch of batches) {
    await producer.sendBatch(
      batch.map((record) => ({ topic: TOPIC, timestamp: 1_700_000_000_000, ...record })),
    );
  }
}

/** Has the log compacted once as far as it goes. How often it is compacted decides which tombstones are left. */
async function compact(kafka: Kafka, broker: Broker, before: number): Promise<number> {
  await using admin = kafka.admin();
  const resource = { topic: TOPIC };
  await admin.alterConfigs(resource, { 'min.cleanable.dirty.ratio': EAGER });
  const file = join(broker.dataDirectory ?? '', 'cleaner-offset-checkpoint');
  const deadline = performance.now() + DEADLINE_MS;
  let last = -1;
  for (let calm = 0; calm < 10; ) {
    await wait(300);
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    const offset = Number(new RegExp(`^${TOPIC} 0 (\\d+)$`, 'm').exec(text)?.[1] ?? -1);
    calm = offset > before && offset === last ? calm + 1 : 0;
    last = offset;
    assert.ok(performance.now() < deadline, `compacted up to ${offset} only`);
  }
  await admin.alterConfigs(resource, { 'min.cleanable.dirty.ratio': LEFT_ALONE });
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
  const outcomes: { upTo: number; kept: string[] }[][] = [];
  for (const start of [() => startKlamm({ settings }), () => startApacheKafka(java.get(), { settings })]) {
    await using broker = await start();
    const kafka = new Kafka({ brokers: broker.bootstrap });
    await using admin = kafka.admin();
    const configs = {
      'cleanup.policy': 'compact',
      'segment.bytes': SEGMENT_BYTES,
      'min.cleanable.dirty.ratio': LEFT_ALONE,
      'delete.retention.ms': 100,
    };
    await admin.createTopic({ name: TOPIC, partitions: 1, configs });
    const stages: { upTo: number; kept: string[] }[] = [];
    // The second time tombstones of the first are old enough to go.
    for (const part of [batches.slice(0, BATCHES / 2), batches.slice(BATCHES / 2)]) {
      await fill(kafka, part);
      const upTo = await compact(kafka, broker, stages.at(-1)?.upTo ?? 0);
      stages.push({ upTo, kept: await contentOf(kafka) });
    }
    outcomes.push(stages);
  }
  const [klamm = [], apache] = outcomes;
  const count = batches.flat().length;
  assert.ok((klamm.at(-1)?.kept.length ?? count) < count / 2, 'something was compacted');
  assert.deepEqual(klamm, apache);
});

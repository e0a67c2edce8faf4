// A broker that is closed and started again under a client at work: nothing is lost, doubled or out of order.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startBroker } from '@klamm/broker/broker';
import { Kafka } from '@klamm/client/client';
import { freePort } from '../peers/ports.ts';

const RECORDS = 3000;
const RESTARTS = 3;

test('producer and consumer work on across restarts of the broker', { timeout: 60_000 }, async (t) => {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'klamm-restart-'));
  t.after(() => rmSync(dataDirectory, { recursive: true, force: true }));
  const port = await freePort();
  const start = () => startBroker({ port, dataDirectory, config: { 'flush.policy': 'os' } });
  let broker = await start();
  t.after(() => broker.close());
  const kafka = new Kafka({ brokers: `127.0.0.1:${port}`, retryBackOff: { firstMs: 10, mostMs: 50 } });
  await using admin = kafka.admin();
  await admin.createTopic('restarted');
  await using producer = kafka.producer();

  const seen: string[] = [];
  const reading = (async () => {
    for await (const message of kafka.consume({ topic: 'restarted', from: 'earliest' })) {
      seen.push(message.text());
      if (seen.length === RECORDS) return;
    }
  })();
  const sending: Promise<unknown>[] = [];
  for (let i = 0; i < RECORDS; i++) {
    sending.push(producer.send({ topic: 'restarted', value: `${i}` }));
    if (i % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
    if (i % Math.ceil(RECORDS / (RESTARTS + 1)) === 500) {
      await broker.close();
      broker = await start();
    }
  }
  await Promise.all(sending);
  await reading;
  assert.deepEqual(
    seen,
    Array.from({ length: RECORDS }, (_, i) => `${i}`),
  );
});

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

test('a transform whose broker is away when it would begin a transaction waits for it, and skips nothing', {
  timeout: 60_000,
}, async (t) => {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'klamm-restart-'));
  t.after(() => rmSync(dataDirectory, { recursive: true, force: true }));
  const port = await freePort();
  const start = () => startBroker({ port, dataDirectory });
  let broker = await start();
  t.after(() => broker.close());
  const kafka = new Kafka({ brokers: `127.0.0.1:${port}` });
  const values = Array.from({ length: 20 }, (_, i) => `${i}`);
  {
    await using producer = kafka.producer();
    await producer.sendBatch(values.map((value) => ({ topic: 'from', value })));
  }
  // A client that gives up soon: what it cannot begin in that time it has to begin later.
  const hasty = new Kafka({
    brokers: `127.0.0.1:${port}`,
    retryTimeoutMs: 20,
    retryBackOff: { firstMs: 5, mostMs: 20 },
  });
  const done = new AbortController();
  const troubles: string[] = [];
  let restarting = Promise.resolve();
  await hasty
    .transform({
      from: { groupId: 'g', topics: 'from' },
      to: { transactionalId: 'x' },
      maxMessages: 1,
      signal: done.signal,
      onAborted: (cause) => void troubles.push((cause as { code: string }).code),
    })
    .run(async (message) => {
      if (message.offset === 7 && troubles.length === 0) {
        await broker.close();
        restarting = new Promise((resolve) => setTimeout(resolve, 300)).then(async () => {
          broker = await start();
        });
      }
      if (message.offset === values.length - 1) done.abort();
      return { topic: 'to', value: message.text() };
    });
  await restarting;
  assert.ok(troubles.length > 0);
  const copied: string[] = [];
  for await (const message of kafka.consume({
    topic: 'to',
    from: 'earliest',
    readCommitted: true,
    toEnd: true,
  })) {
    copied.push(message.text());
  }
  assert.deepEqual(copied, values);
});

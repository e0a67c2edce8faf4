// Each example is run as its reader would run it, against a broker of its own, and its output checked.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Kafka } from 'klamm';
import { startBroker } from 'klamm/broker';

interface Ran {
  readonly code: number | null;
  readonly lines: string[];
  readonly errors: string;
}

/** Runs an example; `whileRunning` may talk to it, and is called with every line it prints. */
async function run(
  name: string,
  args: readonly string[],
  onLine: (line: string, kill: (signal?: NodeJS.Signals) => void) => void = () => {},
): Promise<Ran> {
  const path = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 30_000,
  });
  const lines: string[] = [];
  let errors = '';
  let rest = '';
  const kill = (signal: NodeJS.Signals = 'SIGINT'): void => void child.kill(signal);
  child.stdout.on('data', (chunk) => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts) {
      lines.push(line);
      onLine(line, kill);
    }
  });
  child.stderr.on('data', (chunk) => {
    errors += chunk;
    onLine(String(chunk), kill);
  });
  const [code] = await once(child, 'close');
  return { code, lines, errors };
}

test('sync-producer says where each message is', async () => {
  await using broker = await startBroker({ port: 0 });
  const { code, lines, errors } = await run('sync-producer', [broker.bootstrap, 'orders']);
  assert.deepEqual(
    lines,
    [0, 1, 2, 3, 4].map((offset) => `Message sent to partition 0, offset ${offset}`),
    errors,
  );
  assert.equal(code, 0);
});

test('async-producer hears of every outcome', async () => {
  await using broker = await startBroker({ port: 0 });
  const { code, lines, errors } = await run('async-producer', [broker.bootstrap, 'orders', '5000']);
  assert.deepEqual(lines, ['5000 delivered, 0 failed'], errors);
  assert.equal(code, 0);
});

test('transaction shows both records of a transfer, and neither of one that was aborted', async () => {
  await using broker = await startBroker({ port: 0 });
  const { code, lines, errors } = await run('transaction', [broker.bootstrap, 'accounts']);
  assert.deepEqual(
    lines,
    [
      ['moved 10', 'moved 5', 'not moved: anna has not got 1'],
      ['ben +10', 'anna -10', 'ben +5', 'anna -5', 'end of day'],
    ].flat(),
    errors,
  );
  assert.equal(code, 0);
});

test('secure lets alice read by TLS, and nobody who guesses her password', async () => {
  const { code, lines, errors } = await run('secure', []);
  assert.deepEqual(
    lines,
    ['alice read: for your eyes only', 'a stranger: SASL_AUTHENTICATION_FAILED'],
    errors,
  );
  assert.equal(code, 0);
});

test('partition-consumer reads from the oldest, goes on listening, and stops at Ctrl-C', async () => {
  await using broker = await startBroker({ port: 0 });
  await run('sync-producer', [broker.bootstrap, 'orders']);
  let more: Promise<unknown> | undefined;
  const { code, lines, errors } = await run(
    'partition-consumer',
    [broker.bootstrap, 'orders', '0', 'earliest'],
    (line, kill) => {
      if (line.endsWith('0 4')) more = run('sync-producer', [broker.bootstrap, 'orders']);
      if (line.endsWith('0 9')) kill();
    },
  );
  await more;
  assert.deepEqual(
    lines,
    Array.from({ length: 10 }, (_, offset) => `orders Hello Klamm! Message ${offset % 5} 0 ${offset}`),
    errors,
  );
  assert.equal(code, 0);
  assert.match(errors, /Stopped/);
});

test('partition-consumer reads from an offset, and from the newest only what comes', async () => {
  await using broker = await startBroker({ port: 0 });
  await run('sync-producer', [broker.bootstrap, 'orders']);
  const fromThree = await run('partition-consumer', [broker.bootstrap, 'orders', '0', '3'], (line, kill) => {
    if (line.endsWith('0 4')) kill();
  });
  assert.deepEqual(fromThree.lines, [
    'orders Hello Klamm! Message 3 0 3',
    'orders Hello Klamm! Message 4 0 4',
  ]);
  let more: Promise<unknown> | undefined;
  const newest = await run(
    'partition-consumer',
    [broker.bootstrap, 'orders', '0', 'latest'],
    (line, kill) => {
      if (line.includes('Listening')) more = run('sync-producer', [broker.bootstrap, 'orders']);
      if (line.endsWith('0 9')) kill();
    },
  );
  await more;
  assert.equal(newest.lines[0], 'orders Hello Klamm! Message 0 0 5');
});

test('log-pipeline: two services, one consumer, each service in order', async () => {
  await using broker = await startBroker({ port: 0 });
  const { code, lines, errors } = await run('log-pipeline', [broker.bootstrap, '20']);
  assert.equal(lines.at(-1), 'All logs collected', errors);
  for (const service of ['orders', 'payments']) {
    const own = lines.filter((line) => line.includes(` ${service}: `));
    assert.deepEqual(
      own.map((line) => Number(/request (\d+)/.exec(line)?.[1])),
      Array.from({ length: 20 }, (_, i) => i + 1),
    );
  }
  assert.equal(code, 0);
});

test('topic-admin creates, lists, grows, refuses and deletes', async () => {
  await using broker = await startBroker({ port: 0 });
  const { code, lines, errors } = await run('topic-admin', [broker.bootstrap, 'orders']);
  assert.deepEqual(
    lines.slice(0, 3),
    ['Topic orders created', 'Topics: orders', 'Partitions of orders: 0, 1, 2, 3'],
    errors,
  );
  assert.match(lines[3] ?? '', /^TOPIC_ALREADY_EXISTS: .*orders/);
  assert.equal(lines[4], 'Topic orders deleted, exists: false');
  assert.equal(code, 0);
});

test('group-consumer is set up, reads, is cleaned up at Ctrl-C, and goes on where it was', async () => {
  await using broker = await startBroker({ port: 0 });
  await run('sync-producer', [broker.bootstrap, 'orders']);
  const first = await run('group-consumer', [broker.bootstrap, 'orders', 'readers'], (line, kill) => {
    if (line.endsWith('offset 4')) kill();
  });
  assert.equal(first.lines.length, 5, first.errors);
  assert.equal(first.errors, 'Set up with partitions 0\nCleaned up\nLeft the group\n');
  await run('sync-producer', [broker.bootstrap, 'orders']);
  const second = await run('group-consumer', [broker.bootstrap, 'orders', 'readers'], (line, kill) => {
    if (line.endsWith('offset 9')) kill();
  });
  assert.match(second.lines[0] ?? '', /offset 5$/, 'nothing is read twice');
  assert.deepEqual([first.code, second.code], [0, 0]);
});

test('group-manual-commit commits what it has worked on, and no more', async () => {
  await using broker = await startBroker({ port: 0 });
  await run('sync-producer', [broker.bootstrap, 'orders']);
  const { lines, code, errors } = await run(
    'group-manual-commit',
    [broker.bootstrap, 'orders'],
    (line, kill) => {
      if (line.startsWith('0 4')) kill('SIGKILL');
    },
  );
  assert.deepEqual([code, lines.at(-1)?.startsWith('0 4')], [null, true], errors);
  let isKilled = false;
  const again = await run('group-manual-commit', [broker.bootstrap, 'orders', 'others'], (line, kill) => {
    if (line === 'Committed partition 0' && !isKilled) kill();
    isKilled ||= line === 'Committed partition 0';
  });
  assert.equal(again.code, 0, again.errors);
});

test('group-failover: the second member goes on right behind the first', async () => {
  await using broker = await startBroker({ port: 0 });
  const { code, lines, errors } = await run('group-failover', [broker.bootstrap, 'one']);
  assert.deepEqual(
    lines,
    [
      'The first read message 1',
      'The first read message 2',
      'The first has left',
      'The second read message 3',
    ],
    errors,
  );
  assert.equal(code, 0);
});

test('group-three-members: each of three members reads one of three partitions', async () => {
  await using broker = await startBroker({ port: 0 });
  const { code, lines, errors } = await run('group-three-members', [broker.bootstrap, 'three']);
  const read = lines.map((line) => /^(\w) read message (\d) from partition \2$/.exec(line));
  assert.deepEqual(read.map((match) => match?.[1]).sort(), ['A', 'B', 'C'], errors);
  assert.deepEqual(read.map((match) => match?.[2]).sort(), ['0', '1', '2']);
  assert.equal(code, 0);
});

test('group-resume goes on behind its last commit after kill -9', async () => {
  await using broker = await startBroker({
    port: 0,
    config: { 'group.consumer.session.timeout.ms': '1000', 'group.consumer.heartbeat.interval.ms': '300' },
  });
  await run('sync-producer', [broker.bootstrap, 'orders']);
  const first = await run('group-resume', [broker.bootstrap, 'orders'], (line, kill) => {
    if (line === 'Committed 5 in partition 0') kill('SIGKILL');
  });
  assert.equal(first.code, null, first.errors);
  await run('sync-producer', [broker.bootstrap, 'orders']);
  const second = await run('group-resume', [broker.bootstrap, 'orders'], (line, kill) => {
    if (line === 'Read offset 9') kill();
  });
  assert.equal(second.lines[0], 'Read offset 5', second.errors);
  assert.equal(second.code, 0);
});

test('exactly-once makes one invoice of each order, however often it is killed, and with the broker restarted', async (t) => {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'klamm-example-'));
  t.after(() => rmSync(dataDirectory, { recursive: true, force: true }));
  const config = {
    'group.consumer.session.timeout.ms': '1000',
    'group.consumer.heartbeat.interval.ms': '300',
  };
  let broker = await startBroker({ port: 0, dataDirectory, config });
  const { bootstrap, port } = broker;
  const kafka = new Kafka({ brokers: bootstrap });
  await using producer = kafka.producer();
  let sent = 0;
  const order = (count: number) =>
    producer.sendBatch(Array.from({ length: count }, () => ({ topic: 'orders', value: `order ${sent++}` })));
  for (const orders of [1, 40, 150]) {
    await order(200);
    let read = 0;
    await run('exactly-once', [bootstrap], (line, kill) => {
      if (line.startsWith('Order') && ++read === orders) kill('SIGKILL');
    });
  }
  const last = run('exactly-once', [bootstrap], (line, kill) => {
    if (line === `Order 0/${sent - 1}`) kill();
  });
  await order(200);
  await broker.close();
  broker = await startBroker({ port, dataDirectory, config });
  await order(200);
  const { code, errors } = await last;
  assert.equal(code, 0, errors);

  const invoices: string[] = [];
  for await (const invoice of kafka.consume({
    topic: 'invoices',
    from: 'earliest',
    readCommitted: true,
    toEnd: true,
  })) {
    invoices.push(invoice.text());
  }
  assert.deepEqual(
    invoices,
    Array.from({ length: sent }, (_, i) => `invoice for order ${i}`),
  );
  await broker.close();
});

// Each example is run as its reader would run it, against a broker of its own, and its output checked.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
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
  onLine: (line: string, kill: () => void) => void = () => {},
): Promise<Ran> {
  const path = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 30_000,
  });
  const lines: string[] = [];
  let errors = '';
  let rest = '';
  const kill = (): void => void child.kill('SIGINT');
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

// `klamm log check` and `klamm log hand-over` on directories in every state, without Apache Kafka: what they say, what they
// refuse, and that they change nothing else. What Apache Kafka makes of it is in hand-over.test.ts.

import assert from 'node:assert/strict';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startBroker } from '@klamm/broker/broker';
import { Kafka } from '@klamm/client/client';
import { startKlamm } from '../peers/klamm.ts';
import { type Outcome, runProgram } from '../peers/program.ts';

const BIN = fileURLToPath(new URL('../../packages/klamm/src/bin.ts', import.meta.url));

let folder: string;
let data: string;
let settings: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'klamm-cli-log-'));
  data = join(folder, 'data');
  settings = join(folder, 'data.server.properties');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const klamm = (...args: readonly string[]): Promise<Outcome> =>
  runProgram(process.execPath, [BIN, ...args], { mayFail: true });

async function closedDirectory(): Promise<void> {
  await using broker = await startBroker({ port: 0, dataDirectory: data });
  await broker.createTopic('orders', 3);
}

/** Every file with its size and time: what must not change. */
const filesOf = (path: string): string[] =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name))
    .map((file) => `${file} ${statSync(file).size} ${statSync(file).mtimeMs}`)
    .sort();

test('a directory that was closed in order is told of, and handed over as it is', async () => {
  await closedDirectory();
  const before = filesOf(data);
  const check = await klamm('log', 'check', data, '-o', 'json');
  assert.equal(check.code, 0, check.stderr);
  const told = Object.fromEntries(
    JSON.parse(check.stdout).map(({ what, value }: { what: string; value: unknown }) => [what, value]),
  );
  assert.equal(told.state, 'closed in order');
  assert.equal(told.topics, 1);
  assert.equal(told.partitions, 3);
  assert.match(told.features, /metadata\.version=30, .*kraft\.version=0/);
  assert.match(check.stderr, /In order: Klamm can start on it, and so can Apache Kafka/);

  const dry = await klamm('log', 'hand-over', data, '--dry-run');
  assert.equal(dry.code, 0, dry.stderr);
  assert.ok(!existsSync(settings));
  const done = await klamm('log', 'hand-over', data, '--port', '19092');
  assert.equal(done.code, 0, done.stderr);
  assert.match(done.stderr, new RegExp(`bin/kafka-server-start\\.sh ${settings}\n`));
  assert.match(done.stderr, /klamm cluster upgrade kraft\.version=1 -b 127\.0\.0\.1:19092/);
  assert.match(readFileSync(settings, 'utf8'), /^listeners=PLAINTEXT:\/\/127\.0\.0\.1:19092,CONTROLLER:/m);
  assert.equal(statSync(settings).mode & 0o777, 0o600);
  assert.deepEqual(filesOf(data), before, 'nothing in it changed');

  const again = await klamm('log', 'hand-over', data);
  assert.equal(again.code, 2);
  assert.match(again.stderr, /is there already\. Write over it with --force/);
  assert.equal((await klamm('log', 'hand-over', data, '--force')).code, 0);
  const printed = await klamm('log', 'hand-over', data, '--write', '-', '--quiet');
  assert.equal(printed.stdout, readFileSync(settings, 'utf8'));
  assert.equal(printed.stderr, '');
});

test('a directory whose broker was killed is checked and closed, with what was acknowledged', async () => {
  {
    const broker = await startKlamm({ dataDirectory: data });
    await using producer = new Kafka({ brokers: broker.bootstrap }).producer();
    await producer.send({ topic: 'orders', value: 'acknowledged' });
    const refused = await klamm('log', 'hand-over', data);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, new RegExp(`Klamm runs on it, as process ${broker.pid}`));
    process.kill(broker.pid ?? 0, 'SIGKILL');
    await broker.stop().catch(() => {});
  }
  assert.match((await klamm('log', 'check', data)).stdout, /state +not closed in order/);
  const done = await klamm('log', 'hand-over', data);
  assert.equal(done.code, 0, done.stderr);
  assert.match(done.stderr, /was not closed in order: its logs are checked, and it is closed/);
  assert.match((await klamm('log', 'check', data)).stdout, /state +closed in order/);
  await using broker = await startBroker({ port: 0, dataDirectory: data });
  const values: string[] = [];
  const kafka = new Kafka({ brokers: broker.bootstrap });
  for await (const { value } of kafka.consume({ topic: 'orders', from: 'earliest', toEnd: true }))
    values.push(`${value}`);
  assert.deepEqual(values, ['acknowledged']);
});

test('what Apache Kafka has open, or left open, is neither opened nor handed over, until the user says it is gone', async () => {
  await closedDirectory();
  rmSync(join(data, '.kafka_cleanshutdown'));
  writeFileSync(join(data, '.lock'), '');
  const before = filesOf(data);
  const start = await klamm('start', '--data', data, '--port', '0');
  assert.equal(start.code, 1);
  assert.match(
    start.stderr,
    /Apache Kafka did not close the data directory .*: it still runs there, or was killed/,
  );
  const refused = await klamm('log', 'hand-over', data);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /cannot be handed over\. Apache Kafka runs on it, or was killed/);
  assert.deepEqual(filesOf(data), before);
  rmSync(join(data, '.lock'));
  assert.equal((await klamm('log', 'hand-over', data)).code, 0);
});

test('a partition that is not there is missed', async () => {
  await closedDirectory();
  renameSync(join(data, 'orders-1'), join(folder, 'orders-1'));
  const check = await klamm('log', 'check', data);
  assert.equal(check.code, 1);
  assert.match(check.stderr, /partitions that are not in the directory: orders-1\./);
  const refused = await klamm('log', 'hand-over', data);
  assert.match(
    refused.stderr,
    /cannot be handed over: partitions of which its metadata tells are not there: orders-1/,
  );
});

test('partitions without the metadata that tells of them are not taken for a new cluster', async () => {
  await closedDirectory();
  rmSync(join(data, '__cluster_metadata-0'), { recursive: true });
  for (const line of [
    ['start', '--data', data, '--port', '0'],
    ['log', 'check', data],
  ]) {
    const refused = await klamm(...line);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /holds partitions, orders-0 for one, but no __cluster_metadata-0/);
  }
});

test('folders that are no data directories, and settings of another node, are named', async () => {
  const nothing = await klamm('log', 'check', folder);
  assert.equal(nothing.code, 1);
  assert.match(nothing.stderr, /is no data directory: there is no meta\.properties in it/);
  await closedDirectory();
  const other = await klamm('log', 'hand-over', data, '--set', 'node.id=7');
  assert.equal(other.code, 2);
  assert.match(other.stderr, /The settings are of node 7 \(--set\), and the directory is of node 1/);
});

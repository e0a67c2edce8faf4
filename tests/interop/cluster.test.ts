// `klamm cluster` as a person types it: three nodes of Apache Kafka on this machine, of which one dies and one hangs.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { holderOf } from '@klamm/broker/process-table';
import { clientOptionsFromProperties, Kafka } from 'klamm';
import { findJars, getJava } from '../peers/java.ts';
import { CLUSTER_PORTS } from '../peers/klamm-cluster.ts';
import { usePeer } from '../peers/peers.ts';
import { freePortsFrom } from '../peers/ports.ts';
import { type Outcome, runProgram } from '../peers/program.ts';

const BIN = fileURLToPath(new URL('../../packages/klamm/src/bin.ts', import.meta.url));
const java = await usePeer(getJava);

suite('klamm cluster', { timeout: 240_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'klamm-cluster-'));
  const directory = join(folder, 'three');
  let home: string;
  before(async () => {
    home = join(folder, 'kafka');
    mkdirSync(home);
    if (java.skip === false) symlinkSync(await findJars(), join(home, 'libs'));
  });
  after(async () => {
    await klamm('down');
    rmSync(folder, { recursive: true, force: true });
  });

  const klamm = (command: string, ...args: string[]): Promise<Outcome> =>
    runProgram(process.execPath, [BIN, 'cluster', command, ...args, '--dir', directory], {
      mayFail: true,
      env: { NO_COLOR: '1', KAFKA_HOME: home },
      timeoutMs: 150_000,
    });
  async function done(command: string, ...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await klamm(command, ...args);
    assert.equal(code, 0, stderr);
    return stdout + stderr;
  }
  async function status(): Promise<Record<string, unknown>[]> {
    return JSON.parse((await klamm('status', '-o', 'json')).stdout);
  }
  const statesOf = async (): Promise<unknown[]> => (await status()).map(({ state }) => state);

  test('without Java it says what to install, and makes nothing', async () => {
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    const { code, stderr } = await runProgram(process.execPath, [BIN, 'cluster', 'up', '--dir', directory], {
      mayFail: true,
      env: { PATH: empty, NO_COLOR: '1' },
    });
    assert.equal(code, 1);
    assert.match(stderr, /runs on Java, and there is no `java` here\. Install Java 17 or newer/);
    assert.ok(!existsSync(directory));
  });

  test('a folder that is no Apache Kafka is said to be none', { skip: java.skip }, async () => {
    const { code, stderr } = await runProgram(process.execPath, [BIN, 'cluster', 'up', '--dir', directory], {
      mayFail: true,
      env: { KAFKA_HOME: folder, NO_COLOR: '1' },
    });
    assert.equal(code, 1);
    assert.match(stderr, /KAFKA_HOME is .*, but there is no folder .*libs/);
  });

  test('what is made is for its owner alone, passes the doctor, and is not written over', async () => {
    const port = await freePortsFrom(CLUSTER_PORTS);
    const said = await done('init', '--port', `${port}`, '--heap', '256');
    assert.match(said, /3 nodes of Apache Kafka in /);
    const secret = /"password"="([^"]+)"/.exec(
      readFileSync(join(directory, 'client.properties'), 'utf8'),
    )?.[1];
    assert.ok(secret !== undefined && !said.includes(secret));
    const settings = [1, 2, 3].map((id) => join(directory, `node-${id}`, 'server.properties'));
    for (const path of [...settings, join(directory, 'client.properties'), join(directory, 'certs/ca.key')])
      assert.equal(statSync(path).mode & 0o777, 0o600, path);
    const doctor = await runProgram(process.execPath, [BIN, 'doctor', ...settings], { mayFail: true });
    assert.equal(doctor.code, 0, doctor.stdout);
    assert.equal(doctor.stdout, '');
    const again = await klamm('init');
    assert.equal(again.code, 2);
    assert.match(again.stderr, /is not empty/);
    assert.deepEqual(await statesOf(), ['down', 'down', 'down']);
  });

  test('it is up, one node dies, one hangs, and work goes on', { skip: java.skip }, async () => {
    assert.match(await done('up', '--detach'), /All 3 nodes are up/);
    assert.deepEqual(await statesOf(), ['up', 'up', 'up']);
    const text = readFileSync(join(directory, 'client.properties'), 'utf8');
    const { brokers = '', ...options } = clientOptionsFromProperties(text).options;
    const kafka = new Kafka({ ...options, brokers, retryTimeoutMs: 60_000 });
    await using admin = kafka.admin();
    await admin.createTopic({ name: 'orders', partitions: 3 });
    const topic = await admin.describeTopic('orders');
    assert.deepEqual(
      topic.partitions.map(({ replicas }) => replicas.length),
      [3, 3, 3],
    );
    await using producer = kafka.producer({ deliveryTimeoutMs: 90_000 });
    let sent = 0;
    const send = async (): Promise<void> => {
      for (let i = 0; i < 50; i++)
        await producer.send({ topic: 'orders', partition: i % 3, value: `${sent++}` });
    };
    await send();
    const leader = (await status()).find(({ quorum }) => quorum === 'leader')?.node;
    assert.match(await done('kill', `${leader}`), /was ended/);
    await send();
    const afterDeath = await klamm('status');
    assert.match(afterDeath.stderr, new RegExp(`Not up: ${leader}\\.`));
    assert.match(await done('start', `${leader}`), /is up/);
    // It has to be in sync again before another one is missing.
    while ((await status()).some(({ behind }) => behind !== 0));
    const hanging = (await status()).find(({ quorum }) => quorum === 'leader')?.node;
    assert.match(await done('kill', `${hanging}`, '--signal', 'SIGSTOP'), /hangs/);
    await send();
    assert.match(await done('kill', `${hanging}`, '--signal', 'SIGCONT'), /goes on/);
    const read: number[] = [];
    for await (const message of kafka.consume({ topic: 'orders', from: 'earliest', toEnd: true }))
      read.push(Number(message.text()));
    assert.deepEqual(
      read.sort((a, b) => a - b),
      Array.from({ length: sent }, (_, i) => i),
    );
  });

  test('it is ended in order, and nothing is left running', { skip: java.skip }, async () => {
    const pids = (await status()).map(({ pid }) => Number(pid));
    assert.match(await done('down'), /Ended: 1, 2, 3\. Their data stays\./);
    // A process that runs is named with the time at which it began.
    for (const pid of pids) assert.equal(holderOf(pid), `${pid}`);
    assert.deepEqual(await statesOf(), ['down', 'down', 'down']);
    for (const id of [1, 2, 3])
      assert.ok(existsSync(join(directory, `node-${id}`, 'data', '.kafka_cleanshutdown')), `${id}`);
  });
});

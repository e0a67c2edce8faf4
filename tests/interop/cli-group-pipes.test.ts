// `klamm consume -g` before a reader that is slow, and before one that goes: what came out is committed, nothing else,
// and the group is left.

import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Broker, startBroker } from '@klamm/broker/broker';
import { Kafka } from '@klamm/client/client';

const BIN = fileURLToPath(new URL('../../packages/klamm/src/bin.ts', import.meta.url));
/** More than a pipe holds. */
const RECORDS = 40_000;

suite('klamm consume -g and the reader of its pipe', { timeout: 60_000 }, () => {
  let broker: Broker;
  let kafka: Kafka;
  const children: ChildProcessByStdio<null, Readable, Readable>[] = [];
  before(async () => {
    broker = await startBroker({ port: 0 });
    kafka = new Kafka({ brokers: broker.bootstrap });
    await using admin = kafka.admin();
    await admin.createTopic({ name: 'orders', partitions: 2 });
    await using producer = kafka.producer();
    const values = Array.from({ length: RECORDS }, (_, i) => `${i}`.padStart(99, '.'));
    await producer.sendBatch(values.map((value, i) => ({ topic: 'orders', partition: i % 2, value })));
  });
  after(async () => {
    for (const child of children) child.kill('SIGKILL');
    await broker?.[Symbol.asyncDispose]();
  });

  function consume(groupId: string): ChildProcessByStdio<null, Readable, Readable> {
    const args = [BIN, 'consume', 'orders', '-g', groupId, '-o', 'start', '-b', broker.bootstrap];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stderr.resume();
    children.push(child);
    return child;
  }
  async function outcome(groupId: string) {
    await using admin = kafka.admin();
    const { members } = await admin.describeGroup(groupId);
    const offsets = await admin.groupOffsets(groupId);
    return { members: members.length, committed: offsets.reduce((sum, { offset }) => sum + offset, 0) };
  }

  test('interrupted while the reader is behind, it commits just what comes out', async () => {
    const child = consume('slow');
    await once(child.stdout, 'readable');
    child.kill('SIGINT');
    let bytes = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    assert.deepEqual(await once(child, 'close'), [0, null]);
    assert.ok(bytes > 0 && bytes < RECORDS * 100);
    assert.deepEqual(await outcome('slow'), { members: 0, committed: bytes / 100 });
  });

  test('when the reader goes, the group is left', async () => {
    const child = consume('gone');
    await once(child.stdout, 'readable');
    child.stdout.destroy();
    assert.deepEqual(await once(child, 'close'), [0, null]);
    const { members, committed } = await outcome('gone');
    assert.equal(members, 0);
    assert.ok(committed < RECORDS);
  });
});

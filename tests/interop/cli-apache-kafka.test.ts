// The same commands against a real Apache Kafka. A machine without Java skips it, saying so.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startApacheKafka } from '../peers/apache-kafka.ts';
import { getJava } from '../peers/java.ts';
import { usePeer } from '../peers/peers.ts';
import { runProgram } from '../peers/program.ts';

const BIN = fileURLToPath(new URL('../../packages/klamm/src/bin.ts', import.meta.url));
const java = await usePeer(getJava);

test('topics, records and settings of Apache Kafka 4.3.1', { skip: java.skip }, async () => {
  await using broker = await startApacheKafka(java.get());
  const klamm = async (args: readonly string[], stdin = ''): Promise<string> => {
    const { stdout } = await runProgram(process.execPath, [BIN, ...args, '-b', broker.bootstrap], { stdin });
    return stdout;
  };
  await klamm(['topic', 'create', 'orders', '-p', '2', '-c', 'retention.ms=60000']);
  assert.match(await klamm(['topic', 'config', 'orders', '-o', 'csv']), /^retention\.ms,60000,topic,/m);
  await klamm(['produce', 'orders', '-K', ':', '-P', '1', '-z', 'lz4'], 'a:1\nb:2\nc:3\n');
  assert.equal(
    await klamm(['consume', 'orders', '-o', '+1', '-e', '-p', '1', '-f', '%o %k=%s\\n']),
    '1 b=2\n2 c=3\n',
  );
  await klamm(['topic', 'alter', 'orders', '--set', 'retention.ms=5000']);
  await klamm(['topic', 'add-partitions', 'orders', '--to', '3']);
  const rows = JSON.parse(await klamm(['topic', 'describe', 'orders', '-o', 'json']));
  assert.deepEqual(
    rows.map((row: { endOffset: number }) => row.endOffset),
    [0, 3, 0],
  );
  assert.equal(JSON.parse(await klamm(['cluster', 'info', '-o', 'json'])).length, 1);
  await klamm(['topic', 'delete', 'orders', '--yes']);
  assert.doesNotMatch(await klamm(['topic', 'list']), /orders/);
});

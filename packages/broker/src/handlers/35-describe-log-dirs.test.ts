import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Produce } from '@klamm/protocol/api/00-produce';
import { DescribeLogDirs } from '@klamm/protocol/api/35-describe-log-dirs';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { startBroker } from '../broker.ts';
import { diskError, memoryDisk } from '../storage/disk-memory.ts';
import { batchOf } from '../testing/batches.ts';
import { RawClient } from '../testing/raw-client.ts';

const batch = (): Buffer => batchOf(3, { timestamp: Date.now() });

const produce = (client: RawClient, records: Buffer) =>
  client.request(Produce, 11, {
    acks: -1,
    timeoutMs: 1000,
    topicData: [{ name: 't', partitionData: [{ index: 1, records }] }],
  });

test('the log directory: its partitions with their sizes, and the volume it is on', async (t) => {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'klamm-test-'));
  t.after(() => rmSync(dataDirectory, { recursive: true }));
  await using broker = await startBroker({ port: 0, dataDirectory });
  await broker.createTopic('t', 2);
  await broker.createTopic('u');
  const client = await RawClient.open('127.0.0.1', broker.port);
  const records = batch();
  await produce(client, records);
  const { results } = await client.request(DescribeLogDirs, 5, { topics: null });
  const [directory] = results;
  assert.equal(results.length, 1);
  assert.equal(directory?.logDir, dataDirectory);
  assert.ok(directory.usableBytes > 0 && directory.totalBytes >= directory.usableBytes);
  const sizes = directory.topics.map(({ name, partitions }) => [
    name,
    partitions.map(({ partitionIndex, partitionSize }) => [partitionIndex, partitionSize]),
  ]);
  assert.deepEqual(sizes, [
    [
      't',
      [
        [0, 0],
        [1, records.length],
      ],
    ],
    ['u', [[0, 0]]],
  ]);
  const some = await client.request(DescribeLogDirs, 1, {
    topics: [
      { topic: 't', partitions: [1, 1, 5] },
      { topic: 'missing', partitions: [0] },
    ],
  });
  const named = some.results[0]?.topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex }) => `${name}-${partitionIndex}`),
  );
  assert.deepEqual(named, ['t-1']);
  client.close();
});

test('a directory that went offline is told as such', async () => {
  const disk = memoryDisk();
  await using broker = await startBroker({ port: 0, disk, dataDirectory: '/data' });
  await broker.createTopic('t', 2);
  const client = await RawClient.open('127.0.0.1', broker.port);
  disk.fault = (operation, path) => {
    if (operation === 'sync') throw diskError('EIO', path);
  };
  await produce(client, batch());
  const { results } = await client.request(DescribeLogDirs, 5, { topics: null });
  assert.equal(results[0]?.errorCode, ErrorCode.KAFKA_STORAGE_ERROR);
  client.close();
});

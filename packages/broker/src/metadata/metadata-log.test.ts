import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Metadata } from '@klamm/protocol/api/03-metadata';
import { startBroker } from '../broker.ts';
import { memoryDisk } from '../storage/disk-memory.ts';
import { RawClient } from '../testing/raw-client.ts';

const FOLDER = '/data/__cluster_metadata-0';
const FIRST_SEGMENT = `${FOLDER}/${'0'.repeat(20)}`;

/** A directory with one topic whose metadata log was dropped from its start on, as Apache Kafka does in time. */
async function trimmed() {
  const disk = memoryDisk();
  {
    await using broker = await startBroker({ port: 0, disk, dataDirectory: '/data' });
    await broker.createTopic('old', 2);
  }
  const bytes = disk.readFile(`${FIRST_SEGMENT}.log`);
  let endOffset = 0;
  for (let at = 0; at < bytes.length; at += 12 + bytes.readInt32BE(at + 8)) {
    endOffset = Number(bytes.readBigInt64BE(at)) + bytes.readInt32BE(at + 23) + 1;
  }
  const name = `${endOffset}`.padStart(20, '0');
  for (const ending of ['.log', '.index', '.timeindex']) disk.remove(FIRST_SEGMENT + ending);
  disk.replaceFile(`${FOLDER}/${name}.log`, '');
  return { disk, bytes, snapshot: `${FOLDER}/${name}-0000000001.checkpoint` };
}

async function topicNames(disk: ReturnType<typeof memoryDisk>): Promise<string[]> {
  await using broker = await startBroker({ port: 0, disk, dataDirectory: '/data' });
  const client = await RawClient.open('127.0.0.1', broker.port);
  const { topics } = await client.request(Metadata, 12, { topics: null });
  client.close();
  return topics.map(({ name, partitions }) => `${name} ${partitions.length}`);
}

test('topics that only a snapshot of the metadata log still holds are there, and those after it', async () => {
  const { disk, bytes, snapshot } = await trimmed();
  disk.replaceFile(snapshot, bytes);
  {
    await using broker = await startBroker({ port: 0, disk, dataDirectory: '/data' });
    await broker.createTopic('later');
  }
  assert.deepEqual(await topicNames(disk), ['later 1', 'old 2']);
});

test('a metadata log that lacks its start, without a snapshot of that or with a damaged one, is not opened', async () => {
  const { disk, bytes, snapshot } = await trimmed();
  await assert.rejects(topicNames(disk), /what lies between is missing/);
  const damaged = Buffer.from(bytes);
  damaged.writeUInt8(damaged.readUInt8(damaged.length - 1) ^ 1, damaged.length - 1);
  for (const bad of [damaged, bytes.subarray(0, bytes.length - 1)]) {
    disk.replaceFile(snapshot, bad);
    await assert.rejects(topicNames(disk), /is damaged at byte/);
  }
  disk.replaceFile(snapshot, bytes);
  assert.deepEqual(await topicNames(disk), ['old 2'], 'what was refused was left as it was');
});

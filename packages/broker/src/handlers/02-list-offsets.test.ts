import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '@klamm/base/clock';
import { Produce } from '@klamm/protocol/api/00-produce';
import { ListOffsets } from '@klamm/protocol/api/02-list-offsets';
import { DeleteRecords } from '@klamm/protocol/api/21-delete-records';
import { Compression } from '@klamm/protocol/records/batch';
import { type Broker, startBroker } from '../broker.ts';
import type { Disk, DiskFile } from '../storage/disk.ts';
import { memoryDisk } from '../storage/disk-memory.ts';
import { batchOf } from '../testing/batches.ts';
import { RawClient } from '../testing/raw-client.ts';

// Older records could be deleted for their age.
const START = systemClock.now() - 60_000;

/** A disk in memory on which the syncs of a topic's log wait for `release`. */
function slowDisk(topic: string): { disk: Disk; release: () => void } {
  const disk = memoryDisk();
  const gate = Promise.withResolvers<void>();
  const open = disk.open.bind(disk);
  disk.open = (path): DiskFile => {
    const file = open(path);
    if (!path.includes(`/${topic}-`)) return file;
    const sync = file.sync.bind(file);
    file.sync = () => gate.promise.then(sync);
    return file;
  };
  return { disk, release: gate.resolve };
}

async function produce(client: RawClient, acks: number, records: Buffer): Promise<void> {
  const topicData = [{ name: 't', partitionData: [{ index: 0, records }] }];
  const { responses } = await client.request(Produce, 9, { acks, timeoutMs: 1000, topicData });
  assert.equal(responses[0]?.partitionResponses[0]?.errorCode, 0);
}

async function offsetAt(client: RawClient, timestamp: number): Promise<number | undefined> {
  const topics = [{ name: 't', partitions: [{ partitionIndex: 0, timestamp }] }];
  const { topics: found } = await client.request(ListOffsets, 7, { replicaId: -1, topics });
  return found[0]?.partitions[0]?.offset;
}

const open = (broker: Broker): Promise<RawClient> => RawClient.open('127.0.0.1', broker.port);

test('who was answered before the flush (acks=1) finds what he sent when he asks for offsets or deletes', async () => {
  const { disk, release } = slowDisk('t');
  await using broker = await startBroker({ port: 0, disk, dataDirectory: '/data' });
  await broker.createTopic('t');
  const clients = await Promise.all([open(broker), open(broker), open(broker), open(broker)]);
  const [writer, latest, timed, deleting] = clients;
  assert.ok(writer && latest && timed && deleting);
  await produce(writer, 1, batchOf(5, { timestamp: START }));
  const topics = [{ name: 't', partitions: [{ partitionIndex: 0, offset: 2 }] }];
  const answers = [
    offsetAt(latest, -1),
    offsetAt(timed, START + 3),
    deleting
      .request(DeleteRecords, 2, { timeoutMs: 1000, topics })
      .then((answer) => answer.topics[0]?.partitions[0]?.lowWatermark),
  ];
  // Where the log begins is answered at once; and by then the broker has read the requests above.
  assert.equal(await offsetAt(writer, -2), 0);
  release();
  assert.deepEqual(await Promise.all(answers), [5, 3, 2]);
  for (const client of clients) client.close();
});

test('a time is found in compressed batches', async () => {
  await using broker = await startBroker({ port: 0 });
  await broker.createTopic('t');
  const client = await open(broker);
  let timestamp = START;
  for (const compression of Object.values(Compression)) {
    await produce(client, -1, batchOf(4, { compression, timestamp }));
    timestamp += 1_000;
  }
  const times = Object.values(Compression).map((_, i) => START + 2 + i * 1_000);
  const found = [];
  for (const time of times) found.push(await offsetAt(client, time));
  assert.deepEqual(
    found,
    times.map((_, i) => 4 * i + 2),
  );
  assert.equal(await offsetAt(client, -3), 4 * times.length - 1);
  client.close();
});

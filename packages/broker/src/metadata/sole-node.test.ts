// Directories that Apache Kafka left: which of them one node can serve, and what is said of the others.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setBaseOffset } from '@klamm/protocol/records/batch';
import { BatchBuilder } from '@klamm/protocol/records/builder';
import { buildControlBatch, ControlType } from '@klamm/protocol/records/control';
import { encodeMessage } from '@klamm/protocol/schema/compile';
import { KRaftVersionRecord, VotersRecord } from '@klamm/protocol/stored/control';
import {
  ConfigRecord,
  FeatureLevelRecord,
  PartitionChangeRecord,
  PartitionRecord,
  RegisterBrokerRecord,
  RemoveTopicRecord,
  TopicRecord,
} from '@klamm/protocol/stored/metadata';
import { encodeMetadata } from '@klamm/protocol/stored/metadata-frame';
import { startBroker } from '../broker.ts';
import { memoryDisk } from '../storage/disk-memory.ts';
import { FEATURES } from './bootstrap.ts';

const FOLDER = '/data/__cluster_metadata-0';
const LOG = `${FOLDER}/${'0'.repeat(20)}.log`;
const ORDERS = 'lsHc7ZofSEW-9DvvgwvW_Q';

type MemoryDisk = ReturnType<typeof memoryDisk>;

const start = (disk: MemoryDisk) => startBroker({ port: 0, disk, dataDirectory: '/data' });

async function closed(): Promise<MemoryDisk> {
  const disk = memoryDisk();
  await (await start(disk)).close();
  return disk;
}

/** Adds a batch to the end of the metadata log of a closed directory. */
function add(disk: MemoryDisk, batch: Buffer): void {
  const bytes = disk.readFile(LOG);
  let end = 0;
  for (let at = 0; at < bytes.length; at += 12 + bytes.readInt32BE(at + 8))
    end = Number(bytes.readBigInt64BE(at)) + bytes.readInt32BE(at + 23) + 1;
  setBaseOffset(batch, 0, end);
  disk.replaceFile(LOG, Buffer.concat([bytes, batch]));
}

function addRecords(disk: MemoryDisk, ...records: Buffer[]): void {
  const builder = new BatchBuilder();
  for (const record of records) builder.append(null, record, [], 1);
  add(disk, builder.build());
}

function topic(name: string, topicId: string, replicas: readonly number[]): Buffer[] {
  const directories = replicas.map(() => 'AAAAAAAAAAAAAAAAAAAAAQ');
  return [
    encodeMetadata(TopicRecord, { name, topicId }),
    encodeMetadata(PartitionRecord, {
      partitionId: 0,
      topicId,
      replicas,
      isr: replicas,
      leader: replicas[0] ?? -1,
      leaderEpoch: 0,
      partitionEpoch: 0,
      directories,
    }),
  ];
}

function addVoters(disk: MemoryDisk, kRaftVersion: number, voterIds: readonly number[]): void {
  const voters = voterIds.map((voterId) => ({
    voterId,
    voterDirectoryId: ORDERS,
    endpoints: [{ name: 'CONTROLLER', host: '127.0.0.1', port: 9093 }],
    kRaftVersionFeature: { minSupportedVersion: 0, maxSupportedVersion: 1 },
  }));
  const records = [
    {
      type: ControlType.KRAFT_VERSION,
      value: encodeMessage(KRaftVersionRecord, 0, { version: 0, kRaftVersion }),
    },
    { type: ControlType.KRAFT_VOTERS, value: encodeMessage(VotersRecord, 0, { version: 0, voters }) },
  ];
  add(disk, buildControlBatch(records, 1));
}

async function refusal(disk: MemoryDisk): Promise<string> {
  const error: unknown = await start(disk).then(
    () => undefined,
    (thrown) => thrown,
  );
  assert.ok(error instanceof Error, 'it was opened');
  assert.equal((error as { code?: string }).code, 'DIRECTORY_OF_A_CLUSTER');
  assert.ok(disk.exists('/data/.kafka_cleanshutdown'), 'it is still a directory that was closed in order');
  return error.message;
}

test('replicas on other brokers are a reason not to start, until they are gone', async () => {
  const disk = await closed();
  addRecords(disk, ...topic('orders', ORDERS, [1, 3]));
  assert.match(await refusal(disk), /orders has replicas on broker 3, and Klamm is one node: reassign/);
  addRecords(
    disk,
    encodeMetadata(PartitionChangeRecord, { partitionId: 0, topicId: ORDERS, replicas: [1], isr: [1] }),
  );
  await (await start(disk)).close();
});

test('a topic that was deleted is no reason', async () => {
  const disk = await closed();
  addRecords(disk, ...topic('orders', ORDERS, [2]), encodeMetadata(RemoveTopicRecord, { topicId: ORDERS }));
  await (await start(disk)).close();
});

test('segments in remote storage are a reason', async () => {
  const disk = await closed();
  const tiered = (value: string | null): Buffer =>
    encodeMetadata(ConfigRecord, {
      resourceType: 2,
      resourceName: 'orders',
      name: 'remote.storage.enable',
      value,
    });
  addRecords(disk, ...topic('orders', ORDERS, [1]), tiered('true'));
  assert.match(await refusal(disk), /orders has segments in remote storage/);
  addRecords(disk, tiered(null));
  await (await start(disk)).close();
});

test('a feature, or a level of one, that nobody here knows is a reason', async () => {
  const disk = await closed();
  const level = (name: string, featureLevel: number): Buffer =>
    encodeMetadata(FeatureLevelRecord, { name, featureLevel });
  addRecords(disk, level('metadata.version', 99), level('queue.version', 1));
  assert.match(
    await refusal(disk),
    /metadata\.version is at level 99, and Klamm has 7 to 30: .*; the feature queue\.version is at level 1, and Klamm does not know it/,
  );
  addRecords(disk, level('metadata.version', 30), level('queue.version', 0));
  await (await start(disk)).close();
});

test('a metadata version at which Apache Kafka could not go on with what Klamm writes is a reason', async () => {
  const disk = await closed();
  const level = (featureLevel: number): Buffer =>
    encodeMetadata(FeatureLevelRecord, { name: 'metadata.version', featureLevel });
  addRecords(disk, level(16));
  assert.match(
    await refusal(disk),
    /metadata\.version is at level 16, and Klamm writes what .* from level 17/,
  );
  addRecords(disk, level(17));
  await (await start(disk)).close();
});

test('partitions in several log directories are a reason', async () => {
  const disk = await closed();
  const registration = { brokerId: 1, incarnationId: ORDERS, brokerEpoch: 9, endPoints: [], rack: null };
  const features = FEATURES.map(({ name }) => ({ name, minSupportedVersion: 0, maxSupportedVersion: 30 }));
  const fenced = { fenced: true, inControlledShutdown: false, features };
  const logDirs = [ORDERS, 'AAAAAAAAAAAAAAAAAAAAAQ'];
  addRecords(disk, encodeMetadata(RegisterBrokerRecord, { ...registration, ...fenced, logDirs }));
  assert.match(await refusal(disk), /the broker had 2 log directories/);
});

test('other voters in the quorum are a reason', async () => {
  const disk = await closed();
  addVoters(disk, 1, [1, 2, 3]);
  assert.match(await refusal(disk), /nodes 2, 3 vote in its quorum too; remove them while the cluster runs/);
  addVoters(disk, 1, [2]);
  assert.match(await refusal(disk), /node 1 does not vote in its quorum, but node 2; take the directory of/);
  addVoters(disk, 7, [1]);
  assert.match(await refusal(disk), /kraft\.version is 7, and the newest that Klamm knows is 1/);
  addVoters(disk, 1, [1]);
  await (await start(disk)).close();
});

test('voters of a quorum of fixed ones stand in quorum-state', async () => {
  const disk = await closed();
  const state = JSON.parse(disk.readFile(`${FOLDER}/quorum-state`).toString());
  state.currentVoters.push({ voterId: 2 });
  disk.replaceFile(`${FOLDER}/quorum-state`, JSON.stringify(state));
  assert.match(await refusal(disk), /node 2 votes in its quorum too/);
});

test('a quorum whose voters can change stays one, in its file and its epochs', async () => {
  const disk = await closed();
  addVoters(disk, 1, [1]);
  await (await start(disk)).close();
  const state = JSON.parse(disk.readFile(`${FOLDER}/quorum-state`).toString());
  assert.deepEqual(state, {
    leaderId: 1,
    leaderEpoch: 2,
    votedId: -1,
    votedDirectoryId: 'AAAAAAAAAAAAAAAAAAAAAA',
    data_version: 1,
  });
  await (await start(disk)).close();
});

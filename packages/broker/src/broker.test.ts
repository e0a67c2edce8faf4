// The broker in process, over a real socket.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Produce } from '@klamm/protocol/api/00-produce';
import { Fetch } from '@klamm/protocol/api/01-fetch';
import { ListOffsets } from '@klamm/protocol/api/02-list-offsets';
import { Metadata } from '@klamm/protocol/api/03-metadata';
import { ApiVersions } from '@klamm/protocol/api/18-api-versions';
import { CreateTopics } from '@klamm/protocol/api/19-create-topics';
import { DeleteTopics } from '@klamm/protocol/api/20-delete-topics';
import { InitProducerId } from '@klamm/protocol/api/22-init-producer-id';
import { OffsetForLeaderEpoch } from '@klamm/protocol/api/23-offset-for-leader-epoch';
import { apis } from '@klamm/protocol/api/index';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { type Broker, type BrokerOptions, startBroker } from './broker.ts';
import { handlers } from './handlers/index.ts';
import { diskError, memoryDisk } from './storage/disk-memory.ts';
import { batchOf } from './testing/batches.ts';
import { answerOf, frame, RawClient } from './testing/raw-client.ts';

interface Session extends AsyncDisposable {
  readonly broker: Broker;
  readonly client: RawClient;
  open(): Promise<RawClient>;
}

async function start(options: BrokerOptions = {}): Promise<Session> {
  const broker = await startBroker({ port: 0, ...options });
  const clients: RawClient[] = [];
  const open = async (): Promise<RawClient> => {
    const client = await RawClient.open('127.0.0.1', broker.port);
    clients.push(client);
    return client;
  };
  return {
    broker,
    client: await open(),
    open,
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.close();
      await broker.close();
    },
  };
}

const createTopic = (
  client: RawClient,
  name: string,
  numPartitions = 1,
  configs: { name: string; value: string }[] = [],
) =>
  client.request(CreateTopics, 7, {
    topics: [{ name, numPartitions, replicationFactor: 1, configs }],
    timeoutMs: 1000,
  });

const produceBody = (topic: string, records: Buffer, acks = -1, index = 0) => ({
  acks,
  timeoutMs: 1000,
  topicData: [{ name: topic, partitionData: [{ index, records }] }],
});

const fresh = (count: number, bytes = 20): Buffer => batchOf(count, { bytes, timestamp: Date.now() });

async function produce(client: RawClient, topic: string, records: Buffer, acks = -1) {
  const answer = await client.request(Produce, 11, produceBody(topic, records, acks));
  const partition = answer.responses[0]?.partitionResponses[0];
  assert.ok(partition);
  return partition;
}

const fetchBody = (
  topic: string,
  fetchOffset: number,
  more: { maxWaitMs?: number; minBytes?: number; maxBytes?: number; partitionMaxBytes?: number } = {},
) => ({
  maxWaitMs: more.maxWaitMs ?? 0,
  minBytes: more.minBytes ?? 1,
  maxBytes: more.maxBytes ?? 1 << 20,
  topics: [
    {
      topic,
      partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: more.partitionMaxBytes ?? 1 << 20 }],
    },
  ],
});

async function fetchOne(client: RawClient, body: ReturnType<typeof fetchBody>) {
  const answer = await client.request(Fetch, 12, body);
  const partition = answer.responses[0]?.partitions[0];
  assert.ok(partition);
  return partition;
}

test('several brokers in one process, closed by await using', async () => {
  await using one = await start();
  await using two = await start();
  assert.notEqual(one.broker.port, two.broker.port);
  assert.notEqual(one.broker.clusterId, two.broker.clusterId);
});

test('ApiVersions lists what there are handlers for; an unknown version is answered in version 0', async () => {
  await using session = await start();
  for (const version of [0, 1, 2, 3, 4]) {
    const { errorCode, apiKeys } = await session.client.request(ApiVersions, version, {
      clientSoftwareName: 'test',
      clientSoftwareVersion: '1',
    });
    assert.equal(errorCode, 0);
    assert.deepEqual(
      apiKeys.map(({ apiKey }) => apiKey),
      handlers.map(({ api }) => api.key),
    );
  }
  const tooNew = frame(ApiVersions, 4, { clientSoftwareName: 'test', clientSoftwareVersion: '1' });
  tooNew.writeInt16BE(99, 6);
  const answer = answerOf(ApiVersions, 0, await session.client.send(tooNew));
  assert.equal(answer.errorCode, ErrorCode.UNSUPPORTED_VERSION);
  assert.equal(answer.apiKeys.length, handlers.length);
});

test('every API answers every version of an empty request without an unknown error', async () => {
  await using session = await start();
  for (const { api } of handlers) {
    for (let version = api.versions[0]; version <= api.versions[1]; version++) {
      const bytes = await session.client.send(
        frame(api, version, api.key === Produce.key ? { acks: 1 } : {}),
      );
      answerOf(apis.find(({ key }) => key === api.key) ?? api, version, bytes);
    }
  }
});

test('requests sent together are answered in order, also behind a long poll that waits', async () => {
  await using session = await start();
  const { client } = session;
  await createTopic(client, 't');
  const order: string[] = [];
  const note = (name: string) => (): void => void order.push(name);
  const parked = client.request(Fetch, 12, fetchBody('t', 0, { maxWaitMs: 300 })).then(note('fetch'));
  const metadata = client.request(Metadata, 12, { topics: [] }).then(note('metadata'));
  const produced = client.request(Produce, 11, produceBody('t', fresh(1))).then(note('produce'));
  await Promise.all([parked, metadata, produced]);
  assert.deepEqual(order, ['fetch', 'metadata', 'produce']);
});

test('acks 0 gets no answer, 1 and all do; other values are refused', async () => {
  await using session = await start();
  const { client } = session;
  await createTopic(client, 't');
  client.write(frame(Produce, 11, produceBody('t', fresh(2), 0)));
  assert.equal((await produce(client, 't', fresh(3), 1)).baseOffset, 2);
  assert.equal((await produce(client, 't', fresh(1), -1)).baseOffset, 5);
  assert.equal((await produce(client, 't', fresh(1), 2)).errorCode, ErrorCode.INVALID_REQUIRED_ACKS);
});

test('a long poll is woken by an append, and ends at its deadline', async () => {
  await using session = await start();
  const consumer = await session.open();
  await createTopic(session.client, 't');
  const waiting = fetchOne(consumer, fetchBody('t', 0, { maxWaitMs: 20_000 }));
  await produce(session.client, 't', fresh(3));
  assert.ok(((await waiting).records?.length ?? 0) > 0);
  const nothing = await fetchOne(consumer, fetchBody('t', 3, { maxWaitMs: 30 }));
  assert.deepEqual([nothing.errorCode, nothing.records?.length, nothing.highWatermark], [0, 0, 3]);
});

test('a fetch waits for minBytes', async () => {
  await using session = await start();
  const consumer = await session.open();
  await createTopic(session.client, 't');
  const one = fresh(1, 100);
  const waiting = fetchOne(consumer, fetchBody('t', 0, { maxWaitMs: 20_000, minBytes: one.length * 3 }));
  for (let i = 0; i < 3; i++) await produce(session.client, 't', fresh(1, 100));
  assert.equal((await waiting).records?.length, one.length * 3);
});

test('limits of a fetch: whole batches, the first one always', async () => {
  await using session = await start();
  const { client } = session;
  await createTopic(client, 't');
  const large = fresh(1, 5000);
  await produce(client, 't', large);
  await produce(client, 't', fresh(1));
  assert.equal(
    (await fetchOne(client, fetchBody('t', 0, { partitionMaxBytes: 10 }))).records?.length,
    large.length,
  );
  assert.equal((await fetchOne(client, fetchBody('t', 0, { maxBytes: 10 }))).records?.length, large.length);
  assert.equal((await fetchOne(client, fetchBody('t', 7))).errorCode, ErrorCode.OFFSET_OUT_OF_RANGE);
  assert.equal(
    (await fetchOne(client, fetchBody('nowhere', 0))).errorCode,
    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  );
});

test('topic ids: fetch and produce by id, and an unknown one', async () => {
  await using session = await start();
  const { client } = session;
  const topicId = (await createTopic(client, 't')).topics[0]?.topicId ?? '';
  const produced = await client.request(Produce, 13, {
    acks: -1,
    timeoutMs: 1000,
    topicData: [{ topicId, partitionData: [{ index: 0, records: fresh(2) }] }],
  });
  assert.equal(produced.responses[0]?.partitionResponses[0]?.errorCode, 0);
  const body = (id: string) => ({
    maxWaitMs: 0,
    minBytes: 1,
    topics: [{ topicId: id, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] }],
  });
  const fetched = await client.request(Fetch, 18, body(topicId));
  assert.equal(fetched.responses[0]?.topicId, topicId);
  assert.ok((fetched.responses[0]?.partitions[0]?.records?.length ?? 0) > 0);
  const unknown = await client.request(Fetch, 18, body('lsHc7ZofSEW-9DvvgwvW_Q'));
  assert.equal(unknown.responses[0]?.partitions[0]?.errorCode, ErrorCode.UNKNOWN_TOPIC_ID);
});

test('a fetch session: named once, then only what is new', async () => {
  await using session = await start();
  const { client } = session;
  await createTopic(client, 't', 2);
  const partitions = [0, 1].map((partition) => ({ partition, fetchOffset: 0, partitionMaxBytes: 1000 }));
  const first = await client.request(Fetch, 12, {
    maxWaitMs: 0,
    minBytes: 0,
    sessionId: 0,
    sessionEpoch: 0,
    topics: [{ topic: 't', partitions }],
  });
  assert.ok(first.sessionId > 0);
  assert.equal(first.responses[0]?.partitions.length, 2);
  const next = (sessionEpoch: number, more = {}) =>
    client.request(Fetch, 12, {
      maxWaitMs: 0,
      minBytes: 0,
      sessionId: first.sessionId,
      sessionEpoch,
      topics: [],
      ...more,
    });
  assert.deepEqual((await next(1)).responses, [], 'nothing is new');
  await produce(client, 't', fresh(1));
  const news = await next(2);
  assert.deepEqual(
    news.responses.map(({ partitions: p }) => p.map(({ partitionIndex }) => partitionIndex)),
    [[0]],
  );
  assert.equal((await next(2)).errorCode, ErrorCode.INVALID_FETCH_SESSION_EPOCH);
  const forgotten = await next(3, { forgottenTopicsData: [{ topic: 't', partitions: [0] }] });
  assert.deepEqual(forgotten.responses, []);
  const unknown = await client.request(Fetch, 12, { sessionId: 12345, sessionEpoch: 7, topics: [] });
  assert.equal(unknown.errorCode, ErrorCode.FETCH_SESSION_ID_NOT_FOUND);
});

test('offsets by name and by time, and epochs that are too old or too new', async () => {
  await using session = await start();
  const { client } = session;
  await createTopic(client, 't');
  const base = Date.now() - 10_000;
  await produce(client, 't', batchOf(5, { timestamp: base }));
  await produce(client, 't', batchOf(5, { timestamp: base + 100 }));
  const list = async (timestamp: number, currentLeaderEpoch = -1) => {
    const partition = { partitionIndex: 0, timestamp, currentLeaderEpoch };
    const { topics } = await client.request(ListOffsets, 8, {
      replicaId: -1,
      topics: [{ name: 't', partitions: [partition] }],
    });
    const { errorCode, offset } = topics[0]?.partitions[0] ?? { errorCode: -1, offset: -1 };
    return errorCode === 0 ? offset : -errorCode;
  };
  assert.deepEqual(
    [
      await list(-1),
      await list(-2),
      await list(-3),
      await list(-4),
      await list(-5),
      await list(base + 3),
      await list(base + 101),
    ],
    [10, 0, 9, 0, -1, 3, 6],
  );
  assert.equal(await list(-1, 5), -ErrorCode.UNKNOWN_LEADER_EPOCH);
  const epoch = await client.request(OffsetForLeaderEpoch, 4, {
    topics: [{ topic: 't', partitions: [{ partition: 0, leaderEpoch: 0 }] }],
  });
  assert.deepEqual(
    [epoch.topics[0]?.partitions[0]?.leaderEpoch, epoch.topics[0]?.partitions[0]?.endOffset],
    [0, 10],
  );
});

test('what was acknowledged, topics and producer ids included, is there after a restart', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'klamm-broker-'));
  try {
    let topicId = '';
    let producerId = -1;
    {
      await using session = await start({ dataDirectory: directory });
      topicId = (await createTopic(session.client, 't', 3)).topics[0]?.topicId ?? '';
      await createTopic(session.client, 'doomed');
      await produce(session.client, 't', fresh(4));
      producerId = (await session.client.request(InitProducerId, 4, { transactionalId: null })).producerId;
      await session.client.request(DeleteTopics, 6, { topics: [{ name: 'doomed' }], timeoutMs: 1000 });
      await assert.rejects(startBroker({ port: 0, dataDirectory: directory }), /in use by another broker/);
    }
    await using session = await start({ dataDirectory: directory });
    const { topics } = await session.client.request(Metadata, 12, { topics: null });
    assert.deepEqual(
      topics.map(({ name, topicId: id, partitions }) => [name, id, partitions.length]),
      [['t', topicId, 3]],
    );
    assert.equal((await produce(session.client, 't', fresh(1))).baseOffset, 4);
    const next = (await session.client.request(InitProducerId, 4, { transactionalId: null })).producerId;
    assert.ok(next > producerId, 'no producer id is given twice');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test('a topic that is created again under its name has none of the old records', async () => {
  await using session = await start();
  const { client } = session;
  await createTopic(client, 't');
  await produce(client, 't', fresh(4));
  await client.request(DeleteTopics, 6, { topics: [{ name: 't' }], timeoutMs: 1000 });
  assert.equal((await fetchOne(client, fetchBody('t', 0))).errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  await createTopic(client, 't');
  assert.equal((await produce(client, 't', fresh(1))).baseOffset, 0);
});

const REFUSED_TOPICS: [string, object, number, RegExp][] = [
  ['a name with a blank', { name: 'a b' }, ErrorCode.INVALID_TOPIC_EXCEPTION, /other than letters/],
  ['a name of 250 characters', { name: 'x'.repeat(250) }, ErrorCode.INVALID_TOPIC_EXCEPTION, /249/],
  ['a twin in . and _', { name: 'a_b' }, ErrorCode.INVALID_TOPIC_EXCEPTION, /a\.b/],
  ['a name that is taken', { name: 'a.b' }, ErrorCode.TOPIC_ALREADY_EXISTS, /already exists/],
  [
    'no partitions',
    { name: 'x', numPartitions: 0 },
    ErrorCode.INVALID_PARTITIONS,
    /number of partitions is 0/,
  ],
  [
    'two replicas',
    { name: 'x', replicationFactor: 2 },
    ErrorCode.INVALID_REPLICATION_FACTOR,
    /one node.*Apache Kafka/,
  ],
  [
    'an unknown setting',
    { name: 'x', configs: [{ name: 'retention.mss', value: '1' }] },
    ErrorCode.INVALID_CONFIG,
    /did you mean retention\.ms/,
  ],
  [
    'a wrong value',
    { name: 'x', configs: [{ name: 'retention.ms', value: 'soon' }] },
    ErrorCode.INVALID_CONFIG,
    /whole number/,
  ],
];

for (const [what, topic, errorCode, message] of REFUSED_TOPICS) {
  test(`a topic with ${what} is refused, with the reason`, async () => {
    await using session = await start();
    await createTopic(session.client, 'a.b');
    const { topics } = await session.client.request(CreateTopics, 7, {
      topics: [{ numPartitions: 1, replicationFactor: 1, ...topic }],
      timeoutMs: 1000,
    });
    assert.equal(topics[0]?.errorCode, errorCode);
    assert.match(topics[0]?.errorMessage ?? '', message);
  });
}

test('validateOnly says what would be, and creates nothing', async () => {
  await using session = await start();
  const { topics } = await session.client.request(CreateTopics, 7, {
    topics: [{ name: 't', numPartitions: 3, replicationFactor: 1 }],
    validateOnly: true,
    timeoutMs: 1000,
  });
  assert.deepEqual([topics[0]?.errorCode, topics[0]?.numPartitions], [0, 3]);
  assert.deepEqual((await session.client.request(Metadata, 12, { topics: null })).topics, []);
});

test('a slow reader does not make the broker hold its answers without end, and others are served', async () => {
  await using session = await start();
  const { client } = session;
  await createTopic(client, 't');
  for (let i = 0; i < 20; i++) await produce(client, 't', fresh(1, 900_000));
  const slow = await session.open();
  slow.pause();
  const before = process.memoryUsage().rss;
  for (let i = 0; i < 500; i++) slow.write(frame(Fetch, 12, fetchBody('t', i % 20)));
  for (let i = 0; i < 50; i++) assert.equal((await produce(client, 't', fresh(1))).errorCode, 0);
  const grown = (process.memoryUsage().rss - before) / 1e6;
  assert.ok(grown < 200, `500 answers of 0.9 MB that nobody reads took ${grown.toFixed(0)} MB`);
});

test('a connection whose frame length lies, or that speaks HTTP, is closed; the others go on', async () => {
  await using session = await start({ config: { 'socket.request.max.bytes': 1000 } });
  const tooLong = Buffer.alloc(4);
  tooLong.writeInt32BE(1001);
  for (const bytes of [
    tooLong,
    Buffer.from([0xff, 0xff, 0xff, 0xff]),
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.from([0, 0, 0, 7]),
  ]) {
    const bad = await session.open();
    await assert.rejects(bad.send(bytes), /closed|ECONNRESET/);
  }
  assert.equal((await session.client.request(ApiVersions, 0, {})).errorCode, 0);
});

test('settings that are wrong are all named, with their source and what is allowed', async () => {
  // From JavaScript, say: TypeScript knows the names.
  const config: Record<string, string> = {
    'num.partitions': 'many',
    'log.retenton.ms': '5',
    'flush.policy': 'never',
  };
  await assert.rejects(startBroker({ config }), (error: Error) => {
    assert.match(error.message, /num\.partitions=many \(config\): allowed: a whole number, at least 1/);
    assert.match(
      error.message,
      /log\.retenton\.ms \(config\): no such setting; did you mean log\.retention\.ms\?/,
    );
    assert.match(error.message, /flush\.policy=never \(config\): allowed: sync, os/);
    return true;
  });
});

test('a listener for other machines without authentication needs to be written down', async () => {
  await assert.rejects(
    startBroker({ listeners: 'PLAINTEXT://0.0.0.0:0' }),
    /klamm\.allow\.remote\.plaintext=true/,
  );
  const config = { 'klamm.allow.remote.plaintext': true };
  await using broker = await startBroker({ listeners: 'PLAINTEXT://0.0.0.0:0', config });
  assert.ok(broker.port > 0);
});

test('acks=all is not answered before the sync: one that fails is told to who waits for it', async () => {
  const disk = memoryDisk();
  await using session = await start({ disk, dataDirectory: '/data' });
  const { client } = session;
  await createTopic(client, 't');
  assert.equal((await produce(client, 't', fresh(1))).errorCode, 0);
  disk.fault = (operation, path) => {
    if (operation === 'sync' && path.endsWith('/t-0/00000000000000000000.log')) throw diskError('EIO', path);
  };
  const refused = await produce(client, 't', fresh(1));
  assert.equal(refused.errorCode, ErrorCode.KAFKA_STORAGE_ERROR);
  assert.equal(session.broker.isOnline, false);
});

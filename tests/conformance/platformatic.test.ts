// @platformatic/kafka against the broker: its producer and its admin client. It speaks the newest versions of every
// request, topic ids included.

import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import {
  Admin,
  type CompressionAlgorithmValue,
  ConfigResourceTypes,
  type ProduceResult,
  Producer,
  stringSerializers,
} from '@platformatic/kafka';
import type { Broker } from '../peers/broker.ts';
import { getKcat, readRecords } from '../peers/kcat.ts';
import { startKlamm } from '../peers/klamm.ts';
import { usePeer } from '../peers/peers.ts';
import { newTopic, topicName } from '../peers/topics.ts';

const kcat = await usePeer(getKcat);
const CODECS: readonly CompressionAlgorithmValue[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

suite('@platformatic/kafka', () => {
  let broker: Broker;
  before(async () => {
    broker = await startKlamm();
  });
  after(async () => {
    await broker?.[Symbol.asyncDispose]();
  });

  interface Message {
    key?: string;
    value?: string;
    partition?: number;
    timestamp?: bigint;
    headers?: Record<string, string>;
  }

  async function send(
    topic: string,
    messages: readonly Message[],
    options: { compression?: CompressionAlgorithmValue; acks?: number; idempotent?: boolean } = {},
  ): Promise<ProduceResult> {
    const producer = new Producer({
      clientId: 'conformance',
      bootstrapBrokers: [broker.bootstrap],
      serializers: stringSerializers,
      autocreateTopics: true,
      ...options,
    });
    try {
      return await producer.send({ messages: messages.map((message) => ({ topic, ...message })) });
    } finally {
      await producer.close();
    }
  }

  async function withAdmin<T>(use: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = new Admin({ clientId: 'conformance', bootstrapBrokers: [broker.bootstrap] });
    try {
      return await use(admin);
    } finally {
      await admin.close();
    }
  }

  test('a producer is told partition and offset, of each partition it wrote to', async () => {
    const topic = await newTopic(broker.bootstrap, 'platformatic-producer', { partitions: 2 });
    await send(topic, [{ value: 'before', partition: 1 }]);
    const both = [0, 1].flatMap((partition) => [
      { value: 'x', partition },
      { value: 'y', partition },
    ]);
    const { offsets } = await send(topic, both);
    assert.deepEqual(
      offsets
        ?.map(({ topic, partition, offset }) => ({ topic, partition, offset }))
        .sort((a, b) => a.partition - b.partition),
      [
        { topic, partition: 0, offset: 0n },
        { topic, partition: 1, offset: 1n },
      ],
    );
  });

  test('producing to a topic that is not there creates it', async () => {
    const topic = topicName('platformatic-auto-create');
    const { offsets } = await send(topic, [{ value: 'first' }]);
    assert.equal(offsets?.[0]?.offset, 0n);
  });

  for (const compression of CODECS) {
    test(`records compressed with ${compression} keep key, value and headers`, {
      skip: kcat.skip,
    }, async () => {
      const topic = await newTopic(broker.bootstrap, `platformatic-${compression}`);
      const messages = Array.from({ length: 300 }, (_, i) => ({
        key: `key ${i}`,
        value: `a value that compresses ${i}`,
        headers: { number: String(i) },
      }));
      await send(topic, messages, { compression });
      const records = await readRecords(kcat.get(), broker.bootstrap, topic);
      assert.deepEqual(
        records.map(({ key, payload, headers }) => [key, payload, headers]),
        messages.map(({ key, value }, i) => [key, value, ['number', String(i)]]),
      );
    });
  }

  test('null values, timestamps, acks=1 and acks=0 are accepted', { skip: kcat.skip }, async () => {
    const topic = await newTopic(broker.bootstrap, 'platformatic-records');
    await send(topic, [{ key: 'gone', timestamp: 1_700_000_000_123n }], { acks: 1 });
    await send(topic, [{ value: 'unacknowledged' }], { acks: 0 });
    const records = await readRecords(kcat.get(), broker.bootstrap, topic, ['-o', 'beginning', '-c', '2']);
    assert.deepEqual(
      records.map(({ key, payload }) => [key, payload]),
      [
        ['gone', null],
        [null, 'unacknowledged'],
      ],
    );
    assert.equal(records[0]?.ts, 1_700_000_000_123);
  });

  test('an idempotent producer goes on with its sequence from send to send', async () => {
    const topic = await newTopic(broker.bootstrap, 'platformatic-idempotent');
    const producer = new Producer({
      clientId: 'conformance',
      bootstrapBrokers: [broker.bootstrap],
      serializers: stringSerializers,
      idempotent: true,
      acks: -1,
    });
    try {
      for (let i = 0; i < 20; i++) {
        const { offsets } = await producer.send({ messages: [{ topic, value: String(i) }] });
        assert.equal(offsets?.[0]?.offset, BigInt(i));
      }
    } finally {
      await producer.close();
    }
  });

  test('the admin client creates, lists, extends and deletes topics', async () => {
    const topic = topicName('platformatic-admin');
    await withAdmin(async (admin) => {
      const [created] = await admin.createTopics({ topics: [topic], partitions: 2, replicas: 1 });
      assert.deepEqual([created?.name, created?.partitions, created?.replicas], [topic, 2, 1]);
      assert.match(created?.id ?? '', /^[0-9a-f-]{36}$/);
      const [broker] = (await admin.metadata({ topics: [] })).brokers.keys();
      const assignments = [{ brokerIds: [broker ?? -1] }];
      await admin.createPartitions({ topics: [{ name: topic, count: 3, assignments }] });
      const metadata = await admin.metadata({ topics: [topic] });
      assert.equal(metadata.topics.get(topic)?.partitions.length, 3);
      assert.ok((await admin.listTopics()).includes(topic));
      await admin.deleteTopics({ topics: [topic] });
      assert.ok(!(await admin.listTopics()).includes(topic));
    });
  });

  test('the admin client alters settings, lists offsets and deletes records', async () => {
    const topic = await newTopic(broker.bootstrap, 'platformatic-settings');
    await send(
      topic,
      Array.from({ length: 6 }, (_, i) => ({ value: String(i) })),
    );
    await withAdmin(async (admin) => {
      const resource = { resourceType: ConfigResourceTypes.TOPIC, resourceName: topic };
      const change = { name: 'max.message.bytes', configOperation: 0 as const, value: '5000' };
      await admin.incrementalAlterConfigs({ resources: [{ ...resource, configs: [change] }] });
      const [described] = await admin.describeConfigs({
        resources: [{ ...resource, configurationKeys: ['max.message.bytes'] }],
      });
      assert.deepEqual(
        described?.configs.map(({ name, value }) => [name, value]),
        [['max.message.bytes', '5000']],
      );
      const [deleted] = await admin.deleteRecords({
        topics: [{ name: topic, partitions: [{ partition: 0, offset: 4n }] }],
      });
      assert.equal(deleted?.partitions[0]?.lowWatermark, 4n);
      const offsetAt = async (timestamp: bigint): Promise<bigint | undefined> => {
        const partitions = [{ partitionIndex: 0, timestamp }];
        const [listed] = await admin.listOffsets({ topics: [{ name: topic, partitions }] });
        return listed?.partitions[0]?.offset;
      };
      assert.deepEqual([await offsetAt(-2n), await offsetAt(-1n)], [4n, 6n]);
    });
  });
});

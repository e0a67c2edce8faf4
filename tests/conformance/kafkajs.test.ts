// KafkaJS 2.2.4 against the broker: its producer and its admin client. KafkaJS speaks older versions of the requests.

import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import {
  CompressionTypes,
  type Kafka,
  Partitioners,
  type ProducerConfig,
  type ProducerRecord,
} from 'kafkajs';
import type { Broker } from '../peers/broker.ts';
import { getKcat, readRecords } from '../peers/kcat.ts';
import { startKlamm } from '../peers/klamm.ts';
import { usePeer } from '../peers/peers.ts';
import { kafkaJs, newTopic, topicName } from '../peers/topics.ts';

const kcat = await usePeer(getKcat);

suite('KafkaJS', () => {
  let broker: Broker;
  let kafka: Kafka;
  before(async () => {
    broker = await startKlamm();
    kafka = kafkaJs(broker.bootstrap);
  });
  after(async () => {
    await broker?.[Symbol.asyncDispose]();
  });

  async function send(record: ProducerRecord, config: ProducerConfig = {}) {
    const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner, ...config });
    await producer.connect();
    try {
      return await producer.send(record);
    } finally {
      await producer.disconnect();
    }
  }

  test('a producer is told partition and base offset, one answer for each partition', async () => {
    const topic = await newTopic(broker.bootstrap, 'kafkajs-producer', { partitions: 2 });
    const to = (partition: number) => [0, 1, 2].map((i) => ({ value: `${partition}-${i}`, partition }));
    await send({ topic, messages: to(0) });
    const answers = await send({ topic, messages: [...to(0), ...to(1)] });
    assert.deepEqual(
      answers
        .map(({ topicName, partition, errorCode, baseOffset }) => ({
          topicName,
          partition,
          errorCode,
          baseOffset,
        }))
        .sort((a, b) => a.partition - b.partition),
      [
        { topicName: topic, partition: 0, errorCode: 0, baseOffset: '3' },
        { topicName: topic, partition: 1, errorCode: 0, baseOffset: '0' },
      ],
    );
  });

  test('producing to a topic that is not there creates it', async () => {
    const topic = topicName('kafkajs-auto-create');
    const [answer] = await send({ topic, messages: [{ value: 'first' }] });
    assert.deepEqual([answer?.errorCode, answer?.baseOffset], [0, '0']);
  });

  test('gzip, keys, headers, null values and timestamps arrive as they were sent', {
    skip: kcat.skip,
  }, async () => {
    const topic = await newTopic(broker.bootstrap, 'kafkajs-records');
    await send({
      topic,
      compression: CompressionTypes.GZIP,
      messages: [
        { key: 'k', value: 'v', headers: { a: '1', b: ['2', '3'] }, timestamp: '1700000000123' },
        { key: 'k', value: null },
        { value: '' },
      ],
    });
    const records = await readRecords(kcat.get(), broker.bootstrap, topic);
    assert.deepEqual(
      records.map(({ key, payload, headers = [] }) => [key, payload, headers]),
      [
        ['k', 'v', ['a', '1', 'b', '2', 'b', '3']],
        ['k', null, []],
        [null, '', []],
      ],
    );
    assert.equal(records[0]?.ts, 1_700_000_000_123);
  });

  test('an idempotent producer goes on with its sequence from send to send', {
    skip: kcat.skip,
  }, async () => {
    const topic = await newTopic(broker.bootstrap, 'kafkajs-idempotent');
    const producer = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    try {
      for (let i = 0; i < 8; i++) await producer.send({ topic, acks: -1, messages: [{ value: `${i}` }] });
    } finally {
      await producer.disconnect();
    }
    const records = await readRecords(kcat.get(), broker.bootstrap, topic);
    assert.deepEqual(
      records.map((record) => record.payload),
      ['0', '1', '2', '3', '4', '5', '6', '7'],
    );
  });

  test('a batch over several topics with acks=1 is delivered', async () => {
    const first = await newTopic(broker.bootstrap, 'kafkajs-batch');
    const second = await newTopic(broker.bootstrap, 'kafkajs-batch');
    const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    const messages = Array.from({ length: 500 }, (_, i) => ({ value: `${i}` }));
    try {
      const topicMessages = [first, second].map((topic) => ({ topic, messages }));
      assert.equal((await producer.sendBatch({ acks: 1, topicMessages })).length, 2);
    } finally {
      await producer.disconnect();
    }
    const admin = kafka.admin();
    await admin.connect();
    try {
      for (const topic of [first, second]) {
        assert.deepEqual(await admin.fetchTopicOffsets(topic), [
          { partition: 0, offset: '500', high: '500', low: '0' },
        ]);
      }
    } finally {
      await admin.disconnect();
    }
  });

  test('the admin client creates, lists, describes, extends and deletes topics and reads the cluster', async () => {
    const topic = topicName('kafkajs-admin');
    const admin = kafka.admin();
    await admin.connect();
    try {
      assert.equal(await admin.createTopics({ topics: [{ topic, numPartitions: 2 }] }), true);
      assert.equal(await admin.createTopics({ topics: [{ topic, numPartitions: 2 }] }), false);
      await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      assert.deepEqual(topics[0]?.partitions.map((partition) => partition.partitionId).sort(), [0, 1, 2]);
      assert.ok((await admin.listTopics()).includes(topic));
      const cluster = await admin.describeCluster();
      assert.equal(cluster.brokers.length, 1);
      assert.equal(cluster.controller, cluster.brokers[0]?.nodeId);
      await admin.deleteTopics({ topics: [topic] });
      assert.ok(!(await admin.listTopics()).includes(topic));
    } finally {
      await admin.disconnect();
    }
  });

  test('the admin client alters settings, deletes records and finds offsets by time', async () => {
    const topic = await newTopic(broker.bootstrap, 'kafkajs-settings');
    const times = [1_700_000_000_000, 1_700_000_100_000, 1_700_000_200_000];
    for (const time of times) await send({ topic, messages: [{ value: 'x', timestamp: String(time) }] });
    const admin = kafka.admin();
    await admin.connect();
    try {
      const resource = { type: 2, name: topic };
      await admin.alterConfigs({
        validateOnly: false,
        resources: [{ ...resource, configEntries: [{ name: 'retention.ms', value: '-1' }] }],
      });
      const described = await admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ ...resource, configNames: ['retention.ms'] }],
      });
      assert.deepEqual(
        described.resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]),
        [['retention.ms', '-1']],
      );
      assert.deepEqual(await admin.fetchTopicOffsetsByTimestamp(topic, 1_700_000_100_000), [
        { partition: 0, offset: '1' },
      ]);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '2' }] });
      assert.deepEqual(await admin.fetchTopicOffsets(topic), [
        { partition: 0, offset: '3', high: '3', low: '2' },
      ]);
    } finally {
      await admin.disconnect();
    }
  });
});

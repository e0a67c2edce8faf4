// Sarama, the Go client of the programs in "Kafka in practice": synchronous and asynchronous producers, a partition
// consumer, many producers with one consumer, and topic administration.

import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Broker } from '../peers/broker.ts';
import { getGo, type Line, lines } from '../peers/go.ts';
import { startKlamm } from '../peers/klamm.ts';
import { usePeer } from '../peers/peers.ts';
import { newTopic, topicName } from '../peers/topics.ts';

const peer = await usePeer(getGo);
const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

suite('Sarama', { skip: peer.skip }, () => {
  let broker: Broker;
  before(async () => {
    peer.get();
    broker = await startKlamm();
  });
  after(async () => {
    await broker?.[Symbol.asyncDispose]();
  });

  const run = (program: string, ...args: string[]): Promise<Line[]> =>
    peer.get().run(`sarama-${program}`, ['-brokers', broker.bootstrap, ...args]);

  async function read(topic: string, count: number, ...args: string[]): Promise<Line[]> {
    const printed = await run('partition-consumer', '-topic', topic, '-count', String(count), ...args);
    return printed.filter((line) => line.event === 'message');
  }

  test('the synchronous producer is told partition and offset of each message', async () => {
    const topic = topicName('sarama-sync');
    const sent = await run('sync-producer', '-topic', topic);
    assert.deepEqual(
      sent.map((line) => [line.partition, line.offset]),
      numbers(5).map((offset) => [0, offset]),
    );
  });

  for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
    test(`messages compressed with ${codec} keep key, value and headers`, async () => {
      const topic = await newTopic(broker.bootstrap, `sarama-${codec}`);
      await run(
        'sync-producer',
        '-topic',
        topic,
        '-compression',
        codec,
        '-key',
        'k',
        '-count',
        '10',
        '-prefix',
        'v',
      );
      const messages = await read(topic, 10);
      assert.deepEqual(
        messages.map(({ offset, key, value, headers }) => ({ offset, key, value, headers })),
        numbers(10).map((i) => ({ offset: i, key: 'k', value: `v ${i}`, headers: { number: String(i) } })),
      );
    });
  }

  test('an idempotent producer and null values are accepted', async () => {
    const topic = await newTopic(broker.bootstrap, 'sarama-idempotent');
    await run('sync-producer', '-topic', topic, '-idempotent', '-tombstone', '-key', 'gone', '-count', '3');
    const messages = await read(topic, 3);
    assert.deepEqual(
      messages.map(({ key, value }) => [key, value]),
      numbers(3).map(() => ['gone', null]),
    );
  });

  test('the asynchronous producer hears of every message once', async () => {
    const topic = await newTopic(broker.bootstrap, 'sarama-async', { partitions: 3 });
    const sent = await run('async-producer', '-topic', topic, '-count', '2000', '-compression', 'lz4');
    assert.deepEqual(
      sent.map((line) => Number(line.number)).sort((a, b) => a - b),
      numbers(2_000),
    );
    const places = new Set(sent.map((line) => `${line.partition}-${line.offset}`));
    assert.equal(places.size, 2_000);
  });

  test('a partition consumer starts at the oldest message or at an offset', async () => {
    const topic = await newTopic(broker.bootstrap, 'sarama-consumer');
    await run('sync-producer', '-topic', topic, '-count', '8', '-prefix', 'm');
    const offsetsOf = (messages: Line[]): unknown[] => messages.map((message) => message.offset);
    assert.deepEqual(offsetsOf(await read(topic, 8, '-from', 'oldest')), numbers(8));
    assert.deepEqual(offsetsOf(await read(topic, 3, '-from', '5')), [5, 6, 7]);
  });

  test('a partition consumer at the newest message goes on listening', async () => {
    const topic = await newTopic(broker.bootstrap, 'sarama-newest');
    await run('sync-producer', '-topic', topic, '-count', '4');
    await using consumer = peer
      .get()
      .start(
        'sarama-partition-consumer',
        ['-brokers', broker.bootstrap, '-topic', topic, '-from', 'newest', '-count', '2'],
        { timeoutMs: 60_000 },
      );
    await consumer.line(/"listening"/);
    await run('sync-producer', '-topic', topic, '-count', '2', '-prefix', 'later');
    const { code, stdout } = await consumer.ended;
    assert.equal(code, 0);
    assert.deepEqual(
      lines(stdout).map(({ offset, value }) => [offset, value]),
      [
        [undefined, undefined],
        [4, 'later 0'],
        [5, 'later 1'],
      ],
    );
  });

  test('many producers and one consumer: every line of every service arrives once, in its order', async () => {
    const topic = await newTopic(broker.bootstrap, 'sarama-logs', { partitions: 3 });
    const services = await run('many-producers', '-topic', topic, '-services', '5', '-count', '200');
    assert.deepEqual(
      services.map(({ name, lines }) => [name, lines]),
      numbers(5).map((i) => [`service-${i}`, 200]),
    );
  });

  test('a topic is created through the controller, found, described and deleted', async () => {
    const topic = topicName('sarama-admin');
    const admin = (...args: string[]): Promise<Line[]> => run('topic-admin', '-topic', topic, ...args);
    const isThere = async (): Promise<unknown> => (await admin('exists'))[0]?.exists;
    assert.equal(await isThere(), false);
    assert.deepEqual(await admin('-partitions', '3', 'create'), [{ event: 'created', topic, partitions: 3 }]);
    assert.equal(await isThere(), true);
    assert.deepEqual(await admin('create'), [{ event: 'exists', topic, exists: true }]);

    const listed = (await admin('list')).find((line) => line.topic === topic);
    assert.deepEqual(listed, { event: 'topic', topic, partitions: 3, replicationFactor: 1 });
    await admin('-partitions', '5', 'add-partitions');
    const described = await admin('describe');
    assert.deepEqual(
      described.map((line) => line.partition),
      numbers(5),
    );
    const node = described[0]?.leader;
    assert.ok(described.every((line) => line.leader === node && String(line.inSync) === String(node)));

    await admin('delete');
    assert.equal(await isThere(), false);
  });

  const onlyKlamm = process.env.KLAMM_TEST_BOOTSTRAP !== undefined && 'Apache Kafka 4 has no CreateTopics v0';
  test('a CreateTopics request filled in by hand, without a version, creates a topic', {
    skip: onlyKlamm,
  }, async () => {
    const topic = topicName('sarama-version-0');
    const created = ['-topic', topic, '-create-version', '0', 'create'];
    assert.deepEqual(await run('topic-admin', ...created), [{ event: 'created', topic, partitions: 3 }]);
    assert.equal((await run('topic-admin', '-topic', topic, 'describe')).length, 3);
  });

  test('topic settings are changed and described, with where they come from', async () => {
    const topic = await newTopic(broker.bootstrap, 'sarama-config');
    await run('topic-admin', '-topic', topic, '-config', 'retention.ms=60000', 'alter');
    const entries = await run('topic-admin', '-topic', topic, 'config');
    const find = (name: string): Line | undefined => entries.find((entry) => entry.name === name);
    assert.equal(find('retention.ms')?.value, '60000');
    assert.equal(find('retention.ms')?.source, 'Topic');
    assert.equal(find('cleanup.policy')?.value, 'delete');
    assert.equal(find('cleanup.policy')?.default, true);
  });

  test('deleted records are gone: the oldest message is the first one kept', async () => {
    const topic = await newTopic(broker.bootstrap, 'sarama-delete-records');
    await run('sync-producer', '-topic', topic, '-count', '6');
    await run('topic-admin', '-topic', topic, '-offset', '4', 'delete-records');
    assert.deepEqual(
      (await read(topic, 2, '-from', 'oldest')).map((message) => message.offset),
      [4, 5],
    );
  });
});

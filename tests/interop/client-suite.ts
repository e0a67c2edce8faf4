// What Klamm's client promises, as tests that hold against any broker: run against Klamm and against Apache Kafka.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { KlammError } from '@klamm/base/errors';
import { json, schema, text } from '@klamm/client/bytes';
import { Kafka } from '@klamm/client/client';
import type { PartitionConsumer } from '@klamm/client/consumer/consumer';
import { topicName } from '../peers/topics.ts';
import { type Target, useTarget } from './target.ts';

/** Declares the suite. `skip` is the reason why there is no such broker here, or false. */
export function clientSuite(name: string, skip: string | false, start: () => Promise<Target>): void {
  suite(`Klamm's client against ${name}`, { skip }, () => {
    const target = useTarget(start);

    async function newTopic(partitions = 1, configs: Record<string, string> = {}): Promise<string> {
      const topic = topicName('client');
      await using admin = target.kafka.admin();
      await admin.createTopic({ name: topic, partitions, configs });
      return topic;
    }

    async function readAll(topic: string): Promise<string[]> {
      const values: string[] = [];
      for await (const message of target.kafka.consume({ topic, from: 'earliest', toEnd: true })) {
        values.push(message.text());
      }
      return values;
    }

    test('a sent record comes back with key, headers and timestamp', async () => {
      const topic = await newTopic();
      await using producer = target.kafka.producer();
      const sent = await producer.send({
        topic,
        key: 'k',
        value: Buffer.from([0, 255, 7]),
        headers: { trace: 'é', empty: null },
        timestamp: new Date(1_750_000_000_123),
      });
      assert.deepEqual(sent, { topic, partition: 0, offset: 0, timestamp: 1_750_000_000_123 });
      for await (const message of target.kafka.consume({ topic, from: 'earliest' })) {
        assert.equal(message.topic, topic);
        assert.equal(message.partition, 0);
        assert.equal(message.offset, 0);
        assert.equal(message.timestamp, 1_750_000_000_123);
        assert.deepEqual(message.key, Buffer.from('k'));
        assert.deepEqual(message.value, Buffer.from([0, 255, 7]));
        assert.deepEqual(message.header('trace'), Buffer.from('é'));
        assert.equal(message.header('empty'), null);
        assert.equal(message.header('other'), undefined);
        break;
      }
    });

    test('null values are tombstones, empty ones are not', async () => {
      const topic = await newTopic();
      await using producer = target.kafka.producer();
      await producer.sendBatch([
        { topic, key: 'a', value: null },
        { topic, key: 'b', value: '' },
      ]);
      const seen: (Buffer | null)[] = [];
      for await (const { value } of target.kafka.consume({ topic, from: 'earliest', toEnd: true }))
        seen.push(value);
      assert.deepEqual(seen, [null, Buffer.alloc(0)]);
    });

    test('concurrent sends to one partition keep their order, and each learns its own offset', async () => {
      const topic = await newTopic();
      await using producer = target.kafka.producer({ batchBytes: 2000 });
      const sent = await Promise.all(
        Array.from({ length: 1000 }, (_, i) => producer.send({ topic, value: `value ${i}` })),
      );
      assert.deepEqual(
        sent.map(({ offset }) => offset),
        Array.from({ length: 1000 }, (_, i) => i),
      );
      assert.deepEqual(
        await readAll(topic),
        Array.from({ length: 1000 }, (_, i) => `value ${i}`),
      );
    });

    for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
      test(`batches compressed with ${compression} come back whole`, async () => {
        const topic = await newTopic();
        await using producer = target.kafka.producer({ compression, batchBytes: 100_000 });
        const values = Array.from({ length: 3000 }, (_, i) => `${i} ${'x'.repeat(100)}`);
        await producer.sendBatch(values.map((value) => ({ topic, value })));
        assert.deepEqual(await readAll(topic), values);
      });
    }

    for (const acks of [0, 1, 'all'] as const) {
      test(`acks ${acks}: the records arrive, in order`, async () => {
        const topic = await newTopic();
        await using producer = target.kafka.producer({ acks });
        const results = await Promise.all(
          Array.from({ length: 100 }, (_, i) => producer.send({ topic, value: `${i}` })),
        );
        assert.equal(results[99]?.offset, acks === 0 ? -1 : 99);
        const seen: string[] = [];
        for await (const message of target.kafka.consume({ topic, from: 'earliest' })) {
          if (seen.push(message.text()) === 100) break;
        }
        assert.deepEqual(
          seen,
          Array.from({ length: 100 }, (_, i) => `${i}`),
        );
      });
    }

    test('a key decides the partition as Java does, an explicit partition wins', async () => {
      const topic = await newTopic(6);
      await using producer = target.kafka.producer();
      const partitions = await Promise.all(
        ['a', 'order-17', 'Grüße', ''].map(
          async (key) => (await producer.send({ topic, key, value: key })).partition,
        ),
      );
      // murmur2 of the key, its sign cleared, by six.
      assert.deepEqual(partitions, [4, 3, 3, 3]);
      assert.equal((await producer.send({ topic, key: 'a', value: '', partition: 5 })).partition, 5);
      await assert.rejects(producer.send({ topic, value: '', partition: 6 }), { code: 'INVALID_PARTITIONS' });
    });

    test('records without a key spread over the partitions', async () => {
      const topic = await newTopic(3);
      await using producer = target.kafka.producer();
      const seen = new Set<number>();
      for (let i = 0; i < 100; i++) seen.add((await producer.send({ topic, value: `${i}` })).partition);
      assert.equal(seen.size, 3);
    });

    test('a partitioner of the program, and the round robin, are asked for every record', async () => {
      const topic = await newTopic(3);
      await using chosen = target.kafka.producer({ partitioner: ({ value }) => String(value).length });
      assert.equal((await chosen.send({ topic, value: 'xx' })).partition, 2);
      await using inTurn = target.kafka.producer({ partitioner: 'roundRobin' });
      const sent = await inTurn.sendBatch(
        Array.from({ length: 6 }, () => ({ topic, key: 'same', value: '' })),
      );
      assert.deepEqual(
        sent.map(({ partition }) => partition),
        [0, 1, 2, 0, 1, 2],
      );
    });

    test('a record that is too large is refused, and those around it are delivered', async () => {
      const topic = await newTopic(1, { 'max.message.bytes': '2000' });
      await using producer = target.kafka.producer();
      const small = (i: number) => producer.send({ topic, value: `small ${i}` });
      // All of these share a batch, which the broker refuses as a whole.
      const outcomes = await Promise.allSettled([
        small(0),
        small(1),
        producer.send({ topic, value: Buffer.alloc(3000) }),
        small(2),
        small(3),
      ]);
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
      );
      assert.equal((outcomes[2] as PromiseRejectedResult).reason.code, 'MESSAGE_TOO_LARGE');
      await small(4);
      assert.deepEqual(
        await readAll(topic),
        [0, 1, 2, 3, 4].map((i) => `small ${i}`),
      );
    });

    test('enqueued records are told of by callbacks and by the stream of outcomes', async () => {
      const topic = await newTopic();
      const delivered: number[] = [];
      const failed: string[] = [];
      const producer = target.kafka.producer({
        onDelivered: (_message, { offset }) => delivered.push(offset),
        onFailed: (_message, error) => failed.push((error as KlammError).code),
      });
      const outcomes = producer.outcomes();
      for (let i = 0; i < 5; i++) producer.enqueue({ topic, value: `${i}` });
      producer.enqueue({ topic, value: 'nowhere', partition: 7 });
      await producer.flush();
      await producer.close();
      const told: (number | string | undefined)[] = [];
      for await (const { metadata, error } of outcomes)
        told.push(metadata?.offset ?? (error as KlammError).code);
      assert.deepEqual(delivered, [0, 1, 2, 3, 4]);
      assert.deepEqual(failed, ['INVALID_PARTITIONS']);
      assert.deepEqual(told.map(String).sort(), ['0', '1', '2', '3', '4', 'INVALID_PARTITIONS']);
    });

    test('an enqueued record that failed unheard makes flush throw', async () => {
      const topic = await newTopic();
      await using producer = target.kafka.producer();
      producer.enqueue({ topic, value: 'nowhere', partition: 7 });
      await assert.rejects(producer.flush(), { code: 'INVALID_PARTITIONS' });
    });

    test('enqueue asks to wait when the buffer is full, and nothing is lost', async () => {
      const topic = await newTopic();
      await using producer = target.kafka.producer({ bufferBytes: 10_000 });
      let waits = 0;
      for (let i = 0; i < 500; i++) {
        if (!producer.enqueue({ topic, value: `${i} ${'x'.repeat(100)}` })) {
          waits++;
          await producer.ready();
        }
      }
      await producer.flush();
      assert.ok(waits > 0);
      assert.equal((await readAll(topic)).length, 500);
    });

    test('sends beyond the buffer wait their turn', async () => {
      const topic = await newTopic();
      await using producer = target.kafka.producer({ bufferBytes: 5000 });
      const values = Array.from({ length: 500 }, (_, i) => `${i} ${'x'.repeat(100)}`);
      await producer.sendBatch(values.map((value) => ({ topic, value })));
      assert.deepEqual(await readAll(topic), values);
    });

    test('a WritableStream takes messages and flushes when it closes', async () => {
      const topic = await newTopic();
      await using producer = target.kafka.producer();
      const messages = Array.from({ length: 100 }, (_, i) => ({ topic, value: `${i}` }));
      await ReadableStream.from(messages).pipeTo(producer.writable());
      assert.equal((await readAll(topic)).length, 100);
    });

    test('lingering records go when flushed', async () => {
      const topic = await newTopic();
      await using producer = target.kafka.producer({ lingerMs: 3_600_000 });
      const sent = Promise.all([producer.send({ topic, value: 'a' }), producer.send({ topic, value: 'b' })]);
      await producer.flush();
      assert.deepEqual(
        (await sent).map(({ offset }) => offset),
        [0, 1],
      );
    });

    test('values are typed through a serde or a schema', async () => {
      interface Order {
        readonly id: number;
      }
      const topic = await newTopic();
      const order = schema<Order>({
        '~standard': {
          version: 1,
          vendor: 'test',
          validate: (value) =>
            typeof (value as Order).id === 'number'
              ? { value: value as Order }
              : { issues: [{ message: 'is no number', path: ['id'] }] },
        },
      });
      await using producer = target.kafka.producer({ value: order, key: text });
      await producer.send({ topic, key: 'k', value: { id: 7 } });
      await assert.rejects(producer.send({ topic, value: { id: 'x' } as unknown as Order }), {
        code: 'SERIALIZATION_FAILED',
      });
      for await (const { key, value } of target.kafka.consume({
        topic,
        from: 'earliest',
        value: json<Order>(),
        key: text,
      })) {
        assert.deepEqual(value, { id: 7 });
        assert.equal(key, 'k');
        break;
      }
    });

    test('a mistake in a message is told before anything is sent', async () => {
      const topic = await newTopic();
      await using producer = target.kafka.producer();
      const wrong = { topic, value: { a: 1 } } as unknown as { topic: string; value: string };
      await assert.rejects(producer.send(wrong), /its value is of the class Object/);
      await assert.rejects(producer.send({ topic, value: 'x', timestamp: new Date('never') }), {
        code: 'INVALID_RECORD',
      });
      assert.deepEqual(await readAll(topic), []);
    });

    test('a consumer starts at the earliest, an offset, a date or the end', async () => {
      const topic = await newTopic();
      await using producer = target.kafka.producer();
      const at = 1_750_000_000_000;
      for (let i = 0; i < 10; i++) await producer.send({ topic, value: `${i}`, timestamp: at + i * 1000 });
      const first = async (from: 'earliest' | number | Date | Record<number, number>) => {
        for await (const message of target.kafka.consume({ topic, from, toEnd: true })) return message.offset;
        return undefined;
      };
      assert.equal(await first('earliest'), 0);
      assert.equal(await first(4), 4);
      assert.equal(await first({ 0: 6 }), 6);
      assert.equal(await first(new Date(at + 2500)), 3);
      assert.equal(await first(new Date(at + 60_000)), undefined);
      const consumer = target.kafka.consume({ topic, from: 'latest' });
      const next = consumer.next();
      // The consumer knows its place once it has one.
      await consumer.started;
      await until(() => consumer.position(0) !== undefined);
      await producer.send({ topic, value: 'new' });
      assert.equal((await next).value?.text(), 'new');
      await consumer.close();
    });

    test('a consumer goes on listening across many appends', async () => {
      const topic = await newTopic(2);
      await using producer = target.kafka.producer();
      const sending = (async () => {
        for (let i = 0; i < 50; i++) await producer.send({ topic, value: `${i}`, partition: i % 2 });
      })();
      const seen: string[] = [];
      for await (const message of target.kafka.consume({ topic, from: 'earliest' })) {
        seen.push(message.text());
        if (seen.length === 50) break;
      }
      await sending;
      assert.deepEqual(
        seen.map(Number).sort((a, b) => a - b),
        Array.from({ length: 50 }, (_, i) => i),
      );
    });

    test('a paused partition is not read until it is resumed, and loses nothing', async () => {
      const topic = await newTopic(2);
      await using producer = target.kafka.producer();
      const to = (partition: number) =>
        Array.from({ length: 10 }, (_, i) => ({ topic, value: `${i}`, partition }));
      await producer.sendBatch([...to(0), ...to(1)]);
      await using consumer = target.kafka.consume({ topic, from: 'earliest' });
      await consumer.started;
      consumer.pause([0]);
      for (let i = 0; i < 10; i++) assert.equal(await nextPartition(consumer), 1);
      consumer.resume();
      for (let i = 0; i < 10; i++) assert.equal(await nextPartition(consumer), 0);
      assert.equal(consumer.position(0), 10);
      assert.equal(consumer.lag(0), 0);
    });

    test('a seek drops what was fetched and goes on from there', async () => {
      const topic = await newTopic();
      await using producer = target.kafka.producer();
      await producer.sendBatch(Array.from({ length: 10 }, (_, i) => ({ topic, value: `${i}` })));
      await using consumer = target.kafka.consume({ topic, from: 'earliest' });
      assert.equal((await consumer.next()).value?.offset, 0);
      consumer.seek(0, 7);
      assert.equal((await consumer.next()).value?.offset, 7);
      consumer.seek(0, 'earliest');
      assert.equal((await consumer.next()).value?.offset, 0);
    });

    test('batches give the same messages in groups', async () => {
      const topic = await newTopic();
      await using producer = target.kafka.producer();
      for (let i = 0; i < 3; i++) {
        await producer.sendBatch([
          { topic, value: `${i}a` },
          { topic, value: `${i}b` },
        ]);
      }
      const groups: string[][] = [];
      for await (const { messages } of target.kafka.consume({ topic, from: 1, toEnd: true }).batches()) {
        groups.push(messages.map((message) => message.text()));
      }
      assert.deepEqual(groups, [['0b'], ['1a', '1b'], ['2a', '2b']]);
    });

    test('an offset outside the log: to the nearer end, to a given one, or an error', async () => {
      const topic = await newTopic();
      await using producer = target.kafka.producer();
      await producer.sendBatch(Array.from({ length: 10 }, (_, i) => ({ topic, value: `${i}` })));
      await using admin = target.kafka.admin();
      assert.deepEqual(await admin.deleteRecords(topic, { 0: 4 }), new Map([[0, 4]]));
      const first = async (from: number, onOutOfRange: 'nearest' | 'earliest' | 'error') => {
        await using consumer = target.kafka.consume({ topic, from, onOutOfRange });
        return (await consumer.next()).value?.offset;
      };
      assert.equal(await first(2, 'nearest'), 4);
      assert.equal(await first(1000, 'earliest'), 4);
      await assert.rejects(first(2, 'error'), { code: 'OFFSET_OUT_OF_RANGE' });
      await using beyond = target.kafka.consume({ topic, from: 1000 });
      const next = beyond.next();
      await until(() => beyond.position(0) === 10);
      await producer.send({ topic, value: 'new' });
      assert.equal((await next).value?.text(), 'new');
    });

    test('closing, and a signal, end a consumer that waits', async () => {
      const topic = await newTopic();
      const consumer = target.kafka.consume({ topic });
      const waiting = consumer.next();
      await consumer.started;
      await consumer.close();
      assert.deepEqual(await waiting, { done: true, value: undefined });
      const stop = new AbortController();
      const listening = (async () => {
        for await (const _ of target.kafka.consume({ topic, signal: stop.signal }))
          assert.fail('there is no message');
      })();
      stop.abort();
      await listening;
    });

    test('a topic that does not exist is told to who reads it', async () => {
      await using consumer = target.kafka.consume({ topic: topicName('missing') });
      await assert.rejects(consumer.next(), { code: 'UNKNOWN_TOPIC_OR_PARTITION' });
    });

    test('the admin creates, lists, describes, extends and deletes topics', async () => {
      await using admin = target.kafka.admin();
      const topic = topicName('admin');
      assert.equal(await admin.topicExists(topic), false);
      await admin.createTopic(
        { name: topic, partitions: 2, configs: { 'retention.ms': 60_000 } },
        { validateOnly: true },
      );
      assert.equal(await admin.topicExists(topic), false);
      await admin.createTopic({ name: topic, partitions: 2, configs: { 'retention.ms': 60_000 } });
      await assert.rejects(admin.createTopic(topic), { code: 'TOPIC_ALREADY_EXISTS', retriable: false });
      assert.equal(await admin.topicExists(topic), true);
      assert.ok((await admin.listTopics()).some(({ name }) => name === topic));
      assert.equal((await admin.describeTopic(topic)).partitions.length, 2);
      await admin.createPartitions(topic, 5);
      await until(async () => (await admin.describeTopic(topic)).partitions.length === 5);
      await assert.rejects(admin.createPartitions(topic, 3), { code: 'INVALID_PARTITIONS' });
      await admin.deleteTopic(topic);
      await until(async () => !(await admin.topicExists(topic)));
      await assert.rejects(admin.describeTopic(topic), { code: 'UNKNOWN_TOPIC_OR_PARTITION' });
      await assert.rejects(admin.createTopic({ name: topic, replicationFactor: 3 }), {
        code: 'INVALID_REPLICATION_FACTOR',
      });
    });

    test('the admin reads and changes settings, one without touching the others', async () => {
      const topic = await newTopic(1, { 'retention.ms': '60000' });
      await using admin = target.kafka.admin();
      const settings = async () =>
        new Map(
          (await admin.describeConfigs({ topic }, ['retention.ms', 'segment.bytes'])).map((entry) => [
            entry.name,
            [entry.value, entry.source],
          ]),
        );
      await admin.alterConfigs({ topic }, { 'segment.bytes': 2_000_000 });
      await until(async () => (await settings()).get('segment.bytes')?.[0] === '2000000');
      assert.deepEqual((await settings()).get('retention.ms'), ['60000', 'topic']);
      await admin.alterConfigs({ topic }, { 'retention.ms': null });
      await until(async () => (await settings()).get('retention.ms')?.[1] === 'default');
      await assert.rejects(admin.alterConfigs({ topic }, { 'retention.ms': 'soon' }), {
        code: 'INVALID_CONFIG',
      });
    });

    test('the admin finds offsets and describes the cluster', async () => {
      const topic = await newTopic(2);
      await using producer = target.kafka.producer();
      for (let i = 0; i < 4; i++)
        await producer.send({ topic, value: `${i}`, partition: 0, timestamp: 1000 + i });
      await using admin = target.kafka.admin();
      const offsets = async (position: 'earliest' | 'latest' | Date) => [
        ...(await admin.listOffsets(topic, position)).values(),
      ];
      assert.deepEqual(await offsets('earliest'), [0, 0]);
      assert.deepEqual(await offsets('latest'), [4, 0]);
      assert.deepEqual(await offsets(new Date(1002)), [2, 0]);
      const { brokers, clusterId } = await admin.describeCluster();
      assert.equal(brokers.length, 1);
      assert.match(clusterId ?? '', /^[\w-]{22}$/);
    });

    test('nobody there: the error names the address, what happened and what to look at', async () => {
      const lonely = new Kafka({ brokers: '127.0.0.1:1', retryTimeoutMs: 0 });
      await using admin = lonely.admin();
      await assert.rejects(admin.listTopics(), (error: KlammError) => {
        assert.equal(error.code, 'NETWORK_EXCEPTION');
        assert.equal(error.retriable, true);
        assert.match(
          error.message,
          /Cannot connect to 127\.0\.0\.1:1: the connection was refused\. Is the broker running/,
        );
        return error instanceof KlammError;
      });
    });
  });
}

async function nextPartition(consumer: PartitionConsumer): Promise<number | undefined> {
  return (await consumer.next()).value?.partition;
}

/** Gives the event loop turns until `condition` holds; the test's own time limit bounds it. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
}

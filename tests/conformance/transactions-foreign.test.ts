// Other people's transactional producers against the broker: Sarama, librdkafka, KafkaJS and @platformatic/kafka. What they
// commit is read, what they abort is not, offsets go with it, and who comes second fences the first off.
//
// What readers see is told by librdkafka (kcat); at the end every client reads the same, with and without what is not
// committed.

import assert from 'node:assert/strict';
import { after, before, suite, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { Consumer, FetchIsolationLevels, stringDeserializers } from '@platformatic/kafka';
import type { Broker } from '../peers/broker.ts';
import { getConfluent } from '../peers/confluent.ts';
import { getGo } from '../peers/go.ts';
import { getKcat, readRecords } from '../peers/kcat.ts';
import { startKlamm } from '../peers/klamm.ts';
import { usePeer } from '../peers/peers.ts';
import { kafkaJsProducer } from '../peers/producers/kafkajs.ts';
import { platformaticProducer } from '../peers/producers/platformatic.ts';
import { programProducer, type TransactionalProducer } from '../peers/producers/producer.ts';
import { startProgram } from '../peers/program.ts';
import { kafkaJs, newTopic, topicName } from '../peers/topics.ts';

const CONFLUENT = fileURLToPath(new URL('../peers/producers/confluent.py', import.meta.url));
const TIMEOUT_MS = 30_000;
const SHORT_TIMEOUT_MS = 2_500;
const SETTLE_MS = 20_000;
const SETTINGS = {
  'group.initial.rebalance.delay.ms': '0',
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': '200',
};

const [kcat, go, confluent] = await Promise.all([usePeer(getKcat), usePeer(getGo), usePeer(getConfluent)]);

type Start = (
  bootstrap: string,
  transactionalId: string,
  timeoutMs: number,
) => Promise<TransactionalProducer>;

const sarama =
  (...args: string[]): Start =>
  (bootstrap, transactionalId, timeoutMs) =>
    programProducer(
      go
        .get()
        .start('sarama-transactions', [
          '-brokers',
          bootstrap,
          '-transactional-id',
          transactionalId,
          '-timeout',
          `${timeoutMs}ms`,
          ...args,
        ]),
    );

const librdkafka: Start = (bootstrap, transactionalId, timeoutMs) => {
  const args = [CONFLUENT, bootstrap, transactionalId, String(timeoutMs)];
  return programProducer(startProgram('python3', args, { env: confluent.get().env }));
};

interface Peer {
  readonly name: string;
  readonly skip: string | false;
  readonly start: Start;
  /** What a producer that was fenced off is told. */
  readonly fenced: RegExp;
}

const PEERS: readonly Peer[] = [
  { name: 'Sarama', skip: go.skip, start: sarama(), fenced: /Error code = 90/ },
  { name: 'Sarama as of 2.1', skip: go.skip, start: sarama('-version', '2.1.0'), fenced: /old epoch/ },
  { name: 'librdkafka', skip: confluent.skip, start: librdkafka, fenced: /FATAL,code=_FENCED/ },
  { name: 'KafkaJS', skip: false, start: kafkaJsProducer, fenced: /old epoch/ },
  { name: '@platformatic/kafka', skip: false, start: platformaticProducer, fenced: /newer producer/ },
];

const values = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}-${i}`);

// KafkaJS's createTopics gives up on an Apache Kafka that is just starting and busy.
const CONCURRENCY = process.env.KLAMM_TEST_BOOTSTRAP === undefined ? 3 : 1;

suite("others' transactions", { skip: kcat.skip, concurrency: CONCURRENCY }, () => {
  let broker: Broker;
  before(async () => {
    broker = await startKlamm({ settings: SETTINGS });
  });
  after(async () => {
    await broker?.[Symbol.asyncDispose]();
  });

  /** Klamm has ended a transaction when it says so; Apache Kafka has decided to, and writes the markers after. */
  const settleMs = (): number => (broker.name === 'Klamm' ? 0 : SETTLE_MS);

  async function holds<T>(look: () => Promise<T>, expected: T, withinMs = settleMs()): Promise<void> {
    const deadline = performance.now() + withinMs;
    let found = await look();
    while (!isDeepStrictEqual(found, expected) && performance.now() < deadline) found = await look();
    assert.deepEqual(found, expected);
  }

  /** The values of a topic, in order within each partition. */
  async function read(topic: string, isolation: 'read_committed' | 'read_uncommitted'): Promise<string[]> {
    const args = [
      '-o',
      'beginning',
      '-e',
      '-X',
      `isolation.level=${isolation}`,
      '-X',
      'fetch.wait.max.ms=20',
    ];
    const records = await readRecords(kcat.get(), broker.bootstrap, topic, args);
    return records.map(({ payload }) => String(payload));
  }

  async function isSeen(topic: string, committed: string[], uncommitted: string[]): Promise<void> {
    await holds(() => read(topic, 'read_committed'), committed);
    assert.deepEqual(await read(topic, 'read_uncommitted'), uncommitted);
  }

  /** A producer that has no transactional id. */
  async function sendPlainly(topic: string, value: string): Promise<void> {
    const producer = kafkaJs(broker.bootstrap).producer();
    await producer.connect();
    await producer.send({ topic, messages: [{ value, partition: 0 }] });
    await producer.disconnect();
  }

  for (const peer of PEERS) {
    suite(peer.name, { skip: peer.skip }, () => {
      const start = async (t: TestContext, transactionalId: string, timeoutMs = TIMEOUT_MS) => {
        const producer = await peer.start(broker.bootstrap, transactionalId, timeoutMs);
        t.after(() => producer[Symbol.asyncDispose]());
        return producer;
      };

      test('what is committed is read; what is open or aborted is read only by who reads all', async (t) => {
        const topic = await newTopic(broker.bootstrap, 'foreign-ends', { partitions: 2 });
        const producer = await start(t, topicName('foreign'));
        const whole = async (prefix: string): Promise<void> => {
          await producer.begin();
          for (const partition of [0, 1])
            await producer.send(topic, partition, values(`${prefix}${partition}`, 10));
        };
        const both = (...prefixes: string[]): string[] =>
          [0, 1].flatMap((partition) => prefixes.flatMap((prefix) => values(`${prefix}${partition}`, 10)));

        await whole('a');
        await isSeen(topic, [], both('a'));
        await producer.commit();
        await isSeen(topic, both('a'), both('a'));

        await whole('b');
        await producer.abort();
        await isSeen(topic, both('a'), both('a', 'b'));

        await whole('c');
        await isSeen(topic, both('a'), both('a', 'b', 'c'));
        await producer.commit();
        await isSeen(topic, both('a', 'c'), both('a', 'b', 'c'));
      });

      test('offsets are committed with what was made of them, or not at all', async (t) => {
        const from = await newTopic(broker.bootstrap, 'foreign-from');
        const to = await newTopic(broker.bootstrap, 'foreign-to');
        const group = topicName('foreign-group');
        const admin = kafkaJs(broker.bootstrap).admin();
        await admin.connect();
        t.after(() => admin.disconnect());
        const committedOffset = async (): Promise<string | undefined> => {
          const [topic] = await admin.fetchOffsets({ groupId: group, topics: [from] });
          return topic?.partitions[0]?.offset;
        };
        const producer = await start(t, topicName('foreign'));
        await producer.begin();
        await producer.send(from, 0, values('x', 10));
        await producer.commit();

        await producer.begin();
        await producer.copy({ from, group, count: 10, topic: to });
        await producer.abort();
        assert.equal(await committedOffset(), '-1');
        await isSeen(to, [], values('x', 10));

        await producer.begin();
        await producer.copy({ from, group, count: 10, topic: to });
        await producer.commit();
        await holds(committedOffset, '10');
        await isSeen(to, values('x', 10), [...values('x', 10), ...values('x', 10)]);
      });

      test('who takes a transactional id over aborts what was open and fences its producer off', async (t) => {
        const topic = await newTopic(broker.bootstrap, 'foreign-fenced');
        const transactionalId = topicName('foreign');
        const first = await start(t, transactionalId);
        await first.begin();
        await first.send(topic, 0, values('first', 5));
        const second = await start(t, transactionalId);
        await assert.rejects(first.commit(), peer.fenced);
        await isSeen(topic, [], values('first', 5));
        await second.begin();
        await second.send(topic, 0, values('second', 5));
        await second.commit();
        await holds(() => read(topic, 'read_committed'), values('second', 5));
      });

      test('a transaction that takes too long is aborted, and its producer told so', async (t) => {
        const topic = await newTopic(broker.bootstrap, 'foreign-slow');
        const producer = await start(t, topicName('foreign'), SHORT_TIMEOUT_MS);
        await producer.begin();
        await producer.send(topic, 0, values('slow', 5));
        await sendPlainly(topic, 'after');
        // The last stable offset is held back until the coordinator has aborted the transaction.
        await holds(() => read(topic, 'read_committed'), ['after'], SHORT_TIMEOUT_MS + SETTLE_MS);
        await isSeen(topic, ['after'], [...values('slow', 5), 'after']);
        await assert.rejects(producer.commit(), peer.fenced);
        assert.deepEqual(await read(topic, 'read_committed'), ['after']);
      });
    });
  }

  test('every client reads the same', { skip: go.skip }, async (t) => {
    const topic = await newTopic(broker.bootstrap, 'foreign-readers');
    const producer = await kafkaJsProducer(broker.bootstrap, topicName('foreign'), TIMEOUT_MS);
    t.after(() => producer[Symbol.asyncDispose]());
    for (const prefix of ['a', 'b', 'c', 'd']) {
      await producer.begin();
      await producer.send(topic, 0, values(prefix, 10));
      if (prefix === 'b') await producer.abort();
      else if (prefix !== 'd') await producer.commit();
    }
    const committed = ['a', 'c'].flatMap((prefix) => values(prefix, 10));
    const all = ['a', 'b', 'c', 'd'].flatMap((prefix) => values(prefix, 10));
    await isSeen(topic, committed, all);

    for (const program of ['sarama-partition-consumer', 'franz-consumer']) {
      const readAs = async (count: number, ...args: string[]): Promise<unknown[]> => {
        const flags = ['-brokers', broker.bootstrap, '-topic', topic, '-count', String(count), ...args];
        const lines = await go.get().run(program, flags);
        return lines.filter(({ event }) => event === 'message').map(({ value }) => value);
      };
      assert.deepEqual(await readAs(20, '-committed'), committed, program);
      assert.deepEqual(await readAs(40), all, program);
    }
    assert.deepEqual(await readWithKafkaJs(broker.bootstrap, topic, 20, false), committed);
    assert.deepEqual(await readWithKafkaJs(broker.bootstrap, topic, 40, true), all);
    assert.deepEqual(await readWithPlatformatic(broker.bootstrap, topic, 20, 'READ_COMMITTED'), committed);
    assert.deepEqual(await readWithPlatformatic(broker.bootstrap, topic, 40, 'READ_UNCOMMITTED'), all);
    await producer.abort();
  });
});

async function readWithKafkaJs(
  bootstrap: string,
  topic: string,
  count: number,
  readUncommitted: boolean,
): Promise<string[]> {
  const consumer = kafkaJs(bootstrap).consumer({ groupId: topicName('kafkajs-reader'), readUncommitted });
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    return await new Promise((resolve, reject) => {
      const read: string[] = [];
      const eachMessage = async ({ message }: { message: { value: Buffer | null } }): Promise<void> => {
        read.push(String(message.value));
        if (read.length === count) resolve(read);
      };
      consumer.run({ eachMessage }).catch(reject);
    });
  } finally {
    await consumer.disconnect();
  }
}

async function readWithPlatformatic(
  bootstrap: string,
  topic: string,
  count: number,
  isolation: keyof typeof FetchIsolationLevels,
): Promise<string[]> {
  const consumer = new Consumer({
    clientId: 'conformance',
    bootstrapBrokers: [bootstrap],
    groupId: topicName('platformatic-reader'),
    isolationLevel: FetchIsolationLevels[isolation],
    maxWaitTime: 200,
    deserializers: stringDeserializers,
  });
  try {
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false });
    const read: string[] = [];
    for await (const { value } of stream) {
      read.push(String(value));
      if (read.length === count) break;
    }
    return read;
  } finally {
    await consumer.close(true);
  }
}

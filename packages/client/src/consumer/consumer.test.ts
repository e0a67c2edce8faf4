// The consumer against a broker that refuses, lies and hangs up.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '@klamm/base/random';
import { Fetch } from '@klamm/protocol/api/01-fetch';
import { ListOffsets } from '@klamm/protocol/api/02-list-offsets';
import { Metadata } from '@klamm/protocol/api/03-metadata';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { BatchBuilder } from '@klamm/protocol/records/builder';
import { Kafka } from '../client.ts';
import { HANG_UP, ScriptedBroker, TOPIC_ID } from '../network/scripted-broker.ts';

const FAST = { retryBackOff: { firstMs: 1, mostMs: 5 } };

function answer(partition: {
  readonly errorCode?: number;
  readonly records?: Buffer;
  readonly highWatermark?: number;
}) {
  const { errorCode = 0, records = null, highWatermark = 100 } = partition;
  return {
    responses: [
      {
        topic: 't',
        topicId: TOPIC_ID,
        partitions: [{ partitionIndex: 0, errorCode, highWatermark, records }],
      },
    ],
  };
}

function recordAt(offset: number, value = `${offset}`): Buffer {
  const builder = new BatchBuilder();
  builder.append(null, value, [], 1000);
  return builder.build({ baseOffset: offset });
}

const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => `${i}`);

test('every record is seen once and in order through refusals and hang-ups', async () => {
  await using broker = await ScriptedBroker.start();
  const random = seededRandom(5);
  broker.on(Fetch, ({ topics }) => {
    const luck = random();
    if (luck < 0.1) return HANG_UP;
    if (luck < 0.2) return answer({ errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER });
    if (luck < 0.3) return answer({ errorCode: ErrorCode.KAFKA_STORAGE_ERROR });
    if (luck < 0.4) return answer({});
    const offset = topics[0]?.partitions[0]?.fetchOffset ?? 0;
    return answer({ records: offset < 100 ? recordAt(offset) : Buffer.alloc(0) });
  });
  const seen: string[] = [];
  const kafka = new Kafka({ brokers: broker.bootstrap, ...FAST });
  for await (const message of kafka.consume({ topic: 't', from: 0, toEnd: true })) seen.push(message.text());
  assert.deepEqual(seen, numbers(100));
});

test('a partition that is refused while others are served is looked for again', async () => {
  await using broker = await ScriptedBroker.start();
  broker.on(Metadata, () => ({
    brokers: [{ nodeId: 1, host: '127.0.0.1', port: broker.port }],
    topics: [
      {
        name: 't',
        topicId: TOPIC_ID,
        partitions: [0, 1].map((partitionIndex) => ({ partitionIndex, leaderId: 1, leaderEpoch: 0 })),
      },
    ],
  }));
  let refusals = 0;
  broker.on(ListOffsets, ({ topics }) => ({
    topics: [
      {
        name: 't',
        partitions: (topics[0]?.partitions ?? []).map(({ partitionIndex }) => ({
          partitionIndex,
          offset: 0,
          errorCode: partitionIndex === 1 && refusals++ === 0 ? ErrorCode.NOT_LEADER_OR_FOLLOWER : 0,
        })),
      },
    ],
  }));
  const answerPolls: (() => void)[] = [];
  broker.on(Fetch, async ({ topics }) => {
    const asked = (topics[0]?.partitions ?? []).map(({ partition }) => partition);
    // Partition 0 has no records, so the broker holds requests for it alone.
    if (!asked.includes(1)) await new Promise<void>((resolve) => answerPolls.push(resolve));
    return {
      responses: [
        {
          topic: 't',
          topicId: TOPIC_ID,
          partitions: asked.map((partitionIndex) => ({
            partitionIndex,
            highWatermark: partitionIndex,
            records: partitionIndex === 1 ? recordAt(0) : null,
          })),
        },
      ],
    };
  });
  const kafka = new Kafka({ brokers: broker.bootstrap, ...FAST });
  const consumer = kafka.consume({ topic: 't', from: 'earliest' });
  assert.equal((await consumer.next()).value?.partition, 1);
  await consumer.close();
  for (const answerPoll of answerPolls) answerPoll();
});

test('where only committed records are wanted, the log ends at the last stable offset', async () => {
  await using broker = await ScriptedBroker.start();
  const isolationLevels = new Set<number>();
  broker.on(ListOffsets, ({ isolationLevel, topics }) => {
    isolationLevels.add(isolationLevel);
    const offset = topics[0]?.partitions[0]?.timestamp === -2 ? 0 : 100;
    return { topics: [{ name: 't', partitions: [{ partitionIndex: 0, offset }] }] };
  });
  broker.on(Fetch, ({ isolationLevel, topics }) => {
    isolationLevels.add(isolationLevel);
    const offset = topics[0]?.partitions[0]?.fetchOffset ?? 0;
    const records = offset < 3 ? recordAt(offset) : null;
    return {
      responses: [
        {
          topic: 't',
          topicId: TOPIC_ID,
          partitions: [
            { partitionIndex: 0, highWatermark: 100, lastStableOffset: 3, abortedTransactions: [], records },
          ],
        },
      ],
    };
  });
  const kafka = new Kafka({ brokers: broker.bootstrap, ...FAST });
  const options = { topic: 't', from: 'earliest', toEnd: true, readCommitted: true } as const;
  const consumer = kafka.consume(options);
  const lags: (number | undefined)[] = [];
  for await (const _ of consumer) lags.push(consumer.lag(0));
  assert.deepEqual(lags, [2, 1, 0]);
  assert.deepEqual([...isolationLevels], [1]);
});

test('a first batch that does not fit is asked for again with more room', async () => {
  await using broker = await ScriptedBroker.start();
  const batch = recordAt(0, 'x'.repeat(5000));
  const asked: number[] = [];
  broker.on(Fetch, ({ topics }) => {
    const { partitionMaxBytes = 0 } = topics[0]?.partitions[0] ?? {};
    asked.push(partitionMaxBytes);
    // As a broker of before Kafka 0.10.1 did.
    return answer({ records: batch.subarray(0, partitionMaxBytes), highWatermark: 1 });
  });
  const kafka = new Kafka({ brokers: broker.bootstrap, ...FAST });
  const consumer = kafka.consume({ topic: 't', from: 0, maxBytes: 2000, toEnd: true });
  assert.equal((await consumer.next()).value?.text().length, 5000);
  await consumer.close();
  assert.deepEqual(asked.slice(0, 3), [2000, 4000, 8000]);
});

test('no more is fetched ahead than prefetchBytes and one answer', async () => {
  await using broker = await ScriptedBroker.start();
  let fetches = 0;
  broker.on(Fetch, ({ topics }) => {
    fetches++;
    const offset = topics[0]?.partitions[0]?.fetchOffset ?? 0;
    return answer({ records: recordAt(offset, 'x'.repeat(1000)) });
  });
  const kafka = new Kafka({ brokers: broker.bootstrap, ...FAST });
  await using consumer = kafka.consume({ topic: 't', from: 0, prefetchBytes: 3000 });
  await consumer.next();
  // Give it every chance to fetch too much.
  for (let i = 0; i < 200; i++) await new Promise((resolve) => setImmediate(resolve));
  const settled = fetches;
  assert.ok(settled <= 5, `${settled} answers of 1 KiB were fetched ahead of 3000 bytes`);
  for (let i = 0; i < 10; i++) await consumer.next();
  assert.ok(fetches > settled);
});

test('a refusal that will not pass ends the reading with it', async () => {
  await using broker = await ScriptedBroker.start();
  broker.on(Fetch, () => answer({ errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED }));
  const kafka = new Kafka({ brokers: broker.bootstrap, ...FAST });
  const consumer = kafka.consume({ topic: 't', from: 0 });
  await assert.rejects(consumer.next(), { code: 'TOPIC_AUTHORIZATION_FAILED', retriable: false });
  assert.deepEqual(await consumer.next(), { done: true, value: undefined });
});

test('an answer for an older position is dropped after a seek', async () => {
  await using broker = await ScriptedBroker.start();
  const gates: (() => void)[] = [];
  broker.on(Fetch, async ({ topics }) => {
    const offset = topics[0]?.partitions[0]?.fetchOffset ?? 0;
    if (offset === 0) await new Promise<void>((resolve) => gates.push(resolve));
    return answer({ records: recordAt(offset) });
  });
  const kafka = new Kafka({ brokers: broker.bootstrap, ...FAST });
  await using consumer = kafka.consume({ topic: 't', from: 0 });
  const next = consumer.next();
  while (gates.length === 0) await new Promise((resolve) => setImmediate(resolve));
  consumer.seek(0, 50);
  for (const open of gates) open();
  assert.equal((await next).value?.offset, 50);
});

test('several calls of next that wait are served in turn', async () => {
  await using broker = await ScriptedBroker.start();
  broker.on(ListOffsets, () => ({
    topics: [{ name: 't', partitions: [{ partitionIndex: 0, offset: 7 }] }],
  }));
  broker.on(Fetch, ({ topics }) => answer({ records: recordAt(topics[0]?.partitions[0]?.fetchOffset ?? 0) }));
  const kafka = new Kafka({ brokers: broker.bootstrap, ...FAST });
  await using consumer = kafka.consume({ topic: 't', from: 'earliest' });
  const three = await Promise.all([consumer.next(), consumer.next(), consumer.next()]);
  assert.deepEqual(
    three.map(({ value }) => value?.offset),
    [7, 8, 9],
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Produce } from '@klamm/protocol/api/00-produce';
import { DeleteRecords } from '@klamm/protocol/api/21-delete-records';
import { CreatePartitions } from '@klamm/protocol/api/37-create-partitions';
import { IncrementalAlterConfigs } from '@klamm/protocol/api/44-incremental-alter-configs';
import { DescribeTopicPartitions } from '@klamm/protocol/api/75-describe-topic-partitions';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { startBroker } from '../broker.ts';
import { batchOf } from '../testing/batches.ts';
import { RawClient } from '../testing/raw-client.ts';

async function start() {
  const broker = await startBroker({ port: 0 });
  const client = await RawClient.open('127.0.0.1', broker.port);
  return {
    broker,
    client,
    async [Symbol.asyncDispose]() {
      client.close();
      await broker.close();
    },
  };
}

const errorOfProduce = async (client: RawClient, index: number): Promise<number | undefined> => {
  const records = batchOf(5, { timestamp: Date.now() });
  const { responses } = await client.request(Produce, 11, {
    acks: -1,
    timeoutMs: 1000,
    topicData: [{ name: 't', partitionData: [{ index, records }] }],
  });
  return responses[0]?.partitionResponses[0]?.errorCode;
};

const grow = async (client: RawClient, names: readonly string[], count: number, validateOnly = false) => {
  const topics = names.map((name) => ({ name, count, assignments: null }));
  const { results } = await client.request(CreatePartitions, 3, { topics, timeoutMs: 1000, validateOnly });
  return results.map(({ name, errorCode }) => [name, errorCode]);
};

test('partitions that were added take records; those that were only asked about do not exist', async () => {
  await using session = await start();
  const { broker, client } = session;
  await broker.createTopic('t');
  assert.deepEqual(await grow(client, ['t'], 3, true), [['t', 0]]);
  assert.equal(await errorOfProduce(client, 2), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  assert.deepEqual(await grow(client, ['t'], 3), [['t', 0]]);
  assert.equal(await errorOfProduce(client, 2), ErrorCode.NONE);
});

test('a topic that is not there, or is named twice, gets no partitions', async () => {
  await using session = await start();
  await session.broker.createTopic('t');
  assert.deepEqual(await grow(session.client, ['missing', 't', 't'], 3), [
    ['t', ErrorCode.INVALID_REQUEST],
    ['missing', ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
  ]);
});

test('topics and partitions are described in pages, with a cursor from one to the next', async () => {
  await using session = await start();
  const { broker, client } = session;
  await broker.createTopic('b', 3);
  await broker.createTopic('a', 2);
  await broker.createTopic('c', 1);
  const pages: string[][] = [];
  type Cursor = { readonly topicName: string; readonly partitionIndex: number } | null;
  const next = async (cursor: Cursor): Promise<Cursor> => {
    const answer = await client.request(DescribeTopicPartitions, 0, {
      topics: [],
      responsePartitionLimit: 2,
      cursor,
    });
    const page = answer.topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex }) => `${name}-${partitionIndex}`),
    );
    pages.push(page);
    return answer.nextCursor;
  };
  let cursor = await next(null);
  while (cursor !== null && pages.length < 9) cursor = await next(cursor);
  assert.deepEqual(pages, [
    ['a-0', 'a-1'],
    ['b-0', 'b-1'],
    ['b-2', 'c-0'],
  ]);
});

test('records are deleted up to an offset; not beyond the end, and not where only compaction removes them', async () => {
  await using session = await start();
  const { broker, client } = session;
  await broker.createTopic('t');
  await errorOfProduce(client, 0);
  const remove = async (name: string, offset: number) => {
    const topics = [{ name, partitions: [{ partitionIndex: 0, offset }] }];
    const answer = await client.request(DeleteRecords, 2, { topics, timeoutMs: 1000 });
    const found = answer.topics[0]?.partitions[0];
    return [found?.errorCode, found?.lowWatermark];
  };
  assert.deepEqual(await remove('t', 3), [ErrorCode.NONE, 3]);
  assert.deepEqual(await remove('t', 1), [ErrorCode.NONE, 3], 'what is deleted stays deleted');
  assert.deepEqual(await remove('t', 6), [ErrorCode.OFFSET_OUT_OF_RANGE, -1]);
  assert.deepEqual(await remove('t', -1), [ErrorCode.NONE, 5], '-1 is the end');
  assert.deepEqual(await remove('missing', 0), [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1]);
  await broker.createTopic('kept');
  const configs = [{ name: 'cleanup.policy', configOperation: 0, value: 'compact' }];
  await client.request(IncrementalAlterConfigs, 1, {
    resources: [{ resourceType: 2, resourceName: 'kept', configs }],
  });
  assert.deepEqual(await remove('kept', -1), [ErrorCode.POLICY_VIOLATION, -1]);
});

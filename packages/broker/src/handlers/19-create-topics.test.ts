import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Metadata } from '@klamm/protocol/api/03-metadata';
import { CreateTopics } from '@klamm/protocol/api/19-create-topics';
import { DeleteTopics } from '@klamm/protocol/api/20-delete-topics';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { startBroker } from '../broker.ts';
import { RawClient } from '../testing/raw-client.ts';

const METADATA_LOG = '__cluster_metadata';

test('nobody gets at the metadata log by its name, neither by creating a topic nor by asking for one', async (t) => {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'klamm-test-'));
  t.after(() => rmSync(dataDirectory, { recursive: true }));
  {
    await using broker = await startBroker({ port: 0, dataDirectory });
    await broker.createTopic('before');
    const client = await RawClient.open('127.0.0.1', broker.port);
    const asked = await client.request(Metadata, 12, { topics: [{ name: METADATA_LOG }] });
    assert.equal(asked.topics[0]?.errorCode, ErrorCode.TOPIC_AUTHORIZATION_FAILED);
    const { topics } = await client.request(CreateTopics, 7, {
      topics: [{ name: METADATA_LOG, numPartitions: 1, replicationFactor: 1 }],
      timeoutMs: 1000,
    });
    assert.equal(topics[0]?.errorCode, ErrorCode.TOPIC_AUTHORIZATION_FAILED);
    client.close();
  }
  await using broker = await startBroker({ port: 0, dataDirectory });
  const client = await RawClient.open('127.0.0.1', broker.port);
  const { topics } = await client.request(Metadata, 12, { topics: null });
  assert.deepEqual(
    topics.map(({ name }) => name),
    ['before'],
  );
  client.close();
});

test('a topic with the longest name there can be is created and deleted, files and all', async (t) => {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'klamm-test-'));
  t.after(() => rmSync(dataDirectory, { recursive: true }));
  const name = 'x'.repeat(249);
  const folders = () => readdirSync(dataDirectory).filter((folder) => folder.startsWith('xxx'));
  {
    await using broker = await startBroker({ port: 0, dataDirectory });
    await broker.createTopic(name, 11);
    assert.equal(folders().length, 11);
    const client = await RawClient.open('127.0.0.1', broker.port);
    const { responses } = await client.request(DeleteTopics, 6, { topics: [{ name }], timeoutMs: 1000 });
    assert.equal(responses[0]?.errorCode, ErrorCode.NONE);
    assert.ok(folders().every((folder) => folder.endsWith('-delete')));
    client.close();
  }
  // What is to be removed is removed at the latest when the next broker opens the directory.
  await using _next = await startBroker({ port: 0, dataDirectory });
  assert.deepEqual(folders(), []);
});

test('a topic that a request names twice is not created; the others are', async () => {
  await using broker = await startBroker({ port: 0 });
  const client = await RawClient.open('127.0.0.1', broker.port);
  const topic = { numPartitions: 1, replicationFactor: 1 };
  const { topics } = await client.request(CreateTopics, 7, {
    topics: ['a', 'b', 'a'].map((name) => ({ name, ...topic })),
    timeoutMs: 1000,
  });
  assert.deepEqual(
    topics.map(({ errorCode }) => errorCode),
    [ErrorCode.INVALID_REQUEST, ErrorCode.NONE, ErrorCode.INVALID_REQUEST],
  );
  client.close();
});

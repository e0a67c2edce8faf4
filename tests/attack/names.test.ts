// Names from the wire: as paths they lead nowhere, and in the log they are one line each.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite, test } from 'node:test';
import { lineLogger } from '@klamm/base/logger';
import { startBroker } from '@klamm/broker/broker';
import { RawClient } from '@klamm/broker/testing/raw-client';
import { Produce } from '@klamm/protocol/api/00-produce';
import { Metadata } from '@klamm/protocol/api/03-metadata';
import { FindCoordinator } from '@klamm/protocol/api/10-find-coordinator';
import { JoinGroup } from '@klamm/protocol/api/11-join-group';
import { SaslHandshake } from '@klamm/protocol/api/17-sasl-handshake';
import { ApiVersions } from '@klamm/protocol/api/18-api-versions';
import { CreateTopics } from '@klamm/protocol/api/19-create-topics';
import { InitProducerId } from '@klamm/protocol/api/22-init-producer-id';
import { SaslAuthenticate } from '@klamm/protocol/api/36-sasl-authenticate';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { besiege } from './besieged.ts';

const PATHS = [
  '..',
  '.',
  '../escape',
  '../../escape',
  '/escape',
  'a/../../escape',
  'a\\..\\escape',
  'a\0b',
  'a\nb',
  '',
  'x'.repeat(250),
  '%2e%2e%2fescape',
  'ä',
];
const INJECTION = 'x\r\n2026-01-01 INFO  User:admin logged in\u001b[2K\u001b[31m\u2028';

suite('names from the wire', { timeout: 60_000 }, () => {
  test('a topic cannot be named for a path, by whatever request', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'klamm-paths-'));
    try {
      await using broker = await startBroker({ port: 0, dataDirectory: join(directory, 'data') });
      const client = await RawClient.open('127.0.0.1', broker.port);
      const topics = PATHS.map((name) => ({
        name,
        numPartitions: 1,
        replicationFactor: 1,
        assignments: [],
        configs: [],
      }));
      const created = await client.request(CreateTopics, 7, { topics, timeoutMs: 5000, validateOnly: false });
      assert.deepEqual(
        created.topics.map(({ name, errorCode }) => [name, errorCode]),
        PATHS.map((name) => [name, ErrorCode.INVALID_TOPIC_EXCEPTION]),
      );
      const asked = await client.request(Metadata, 9, {
        topics: PATHS.map((name) => ({ name })),
        allowAutoTopicCreation: true,
      });
      assert.ok(asked.topics.every(({ errorCode }) => errorCode === ErrorCode.INVALID_TOPIC_EXCEPTION));
      const produced = await client.request(Produce, 9, {
        acks: -1,
        timeoutMs: 1000,
        topicData: PATHS.map((name) => ({ name, partitionData: [{ index: 0, records: Buffer.alloc(61) }] })),
      });
      assert.ok(
        produced.responses.every(({ partitionResponses }) =>
          partitionResponses.every(({ errorCode }) => errorCode !== 0),
        ),
      );
      // Groups and transactional ids may be called anything: they are data, not files.
      await client.request(FindCoordinator, 4, { keyType: 0, coordinatorKeys: ['../../escape'] });
      await client.request(InitProducerId, 4, {
        transactionalId: '../../escape',
        transactionTimeoutMs: 1000,
      });
      client.close();
      assert.deepEqual(readdirSync(directory), ['data']);
      assert.ok(!readdirSync(dirname(directory)).includes('escape'));
      assert.deepEqual(
        readdirSync(join(directory, 'data')).filter((name) => /escape|^a|^x|%|ä/.test(name)),
        [],
      );
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  test('nothing that a client calls itself makes a second line in the log, or colours it', async () => {
    const written: string[] = [];
    await using attacked = await besiege();
    const client = await RawClient.open('127.0.0.1', attacked.open);
    await client.request(ApiVersions, 3, { clientSoftwareName: INJECTION, clientSoftwareVersion: INJECTION });
    const topic = { name: INJECTION, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
    await client.request(CreateTopics, 7, { topics: [topic], timeoutMs: 1000, validateOnly: false });
    await client.request(JoinGroup, 5, {
      groupId: INJECTION,
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 10_000,
      memberId: INJECTION,
      protocolType: INJECTION,
      protocols: [{ name: INJECTION, metadata: Buffer.from(INJECTION) }],
    });
    client.close();
    for (const [mechanism, message] of [
      [INJECTION, ''],
      ['PLAIN', `\0${INJECTION}\0password`],
      ['PLAIN', `${INJECTION}\0alice\0wonderland`],
      ['SCRAM-SHA-256', `n,,n=${INJECTION},r=abc`],
    ] as const) {
      const login = await RawClient.open('127.0.0.1', attacked.sasl);
      const { errorCode } = await login.request(SaslHandshake, 1, { mechanism });
      if (errorCode === 0) await login.request(SaslAuthenticate, 2, { authBytes: Buffer.from(message) });
      login.close();
    }
    const logger = lineLogger('debug', (line) => void written.push(line));
    for (const line of attacked.lines) logger.warn(line);
    assert.ok(written.length >= 3, 'the refused logins are in the log');
    for (const line of written) {
      const text = line.endsWith('\n') ? line.slice(0, -1) : line;
      assert.ok(
        [...text].every((char) => char >= ' ' && !'\u007f\u0085\u2028\u2029'.includes(char)),
        JSON.stringify(text),
      );
    }
    await attacked.assertServes();
  });
});

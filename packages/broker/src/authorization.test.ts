// A broker with an authorizer, asked over real sockets by users that log in: what the table of permissions does not say,
// and the comparison with Apache Kafka does not show.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '@klamm/base/logger';
import { Produce } from '@klamm/protocol/api/00-produce';
import { Fetch } from '@klamm/protocol/api/01-fetch';
import { Metadata } from '@klamm/protocol/api/03-metadata';
import { SaslHandshake } from '@klamm/protocol/api/17-sasl-handshake';
import { DescribeAcls } from '@klamm/protocol/api/29-describe-acls';
import { CreateAcls } from '@klamm/protocol/api/30-create-acls';
import { DeleteAcls } from '@klamm/protocol/api/31-delete-acls';
import { SaslAuthenticate } from '@klamm/protocol/api/36-sasl-authenticate';
import { ConsumerGroupHeartbeat } from '@klamm/protocol/api/68-consumer-group-heartbeat';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { type Broker, type BrokerOptions, startBroker } from './broker.ts';
import { AclResource, Operation, PatternType, Permission } from './metadata/acl.ts';
import { memoryDisk } from './storage/disk-memory.ts';
import { batchOf } from './testing/batches.ts';
import { frame, RawClient } from './testing/raw-client.ts';

const USERS = ['admin', 'alice', 'bob'];
const JAAS = `org.apache.kafka.common.security.plain.PlainLoginModule required ${USERS.map((name) => `user_${name}="${name}"`).join(' ')};`;

function startSecured(options: BrokerOptions = {}): Promise<Broker> {
  return startBroker({
    ...options,
    listeners: 'SASL_PLAINTEXT://127.0.0.1:0',
    config: {
      'sasl.enabled.mechanisms': 'PLAIN',
      'listener.name.sasl_plaintext.plain.sasl.jaas.config': JAAS,
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:admin',
      ...options.config,
    },
  });
}

async function loggedIn(broker: Broker, user: string): Promise<RawClient> {
  const client = await RawClient.open('127.0.0.1', broker.port);
  await client.request(SaslHandshake, 1, { mechanism: 'PLAIN' });
  const { errorCode } = await client.request(SaslAuthenticate, 2, {
    authBytes: Buffer.from(`\0${user}\0${user}`),
  });
  assert.equal(errorCode, ErrorCode.NONE);
  return client;
}

const EVERYTHING = {
  resourceTypeFilter: 1,
  resourceNameFilter: null,
  patternTypeFilter: 1,
  principalFilter: null,
  hostFilter: null,
  operation: 1,
  permissionType: 1,
};

async function allow(
  admin: RawClient,
  principal: string,
  resourceType: number,
  resourceName: string,
  operation: number,
): Promise<void> {
  const creation = {
    resourceType,
    resourceName,
    resourcePatternType: PatternType.literal,
    principal: `User:${principal}`,
    host: '*',
    operation,
    permissionType: Permission.allow,
  };
  const { results } = await admin.request(CreateAcls, 3, { creations: [creation] });
  assert.equal(results[0]?.errorCode, ErrorCode.NONE);
}

function produceOf(topic: string, acks: number) {
  return {
    transactionalId: null,
    acks,
    timeoutMs: 1000,
    topicData: [{ name: topic, partitionData: [{ index: 0, records: batchOf(1) }] }],
  };
}

function fetchOf(topic: string, maxWaitMs: number) {
  return {
    maxWaitMs,
    minBytes: 1,
    sessionEpoch: -1,
    topics: [{ topic, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] }],
  };
}

test('ACLs are there again after a restart', async () => {
  const options = { disk: memoryDisk(), dataDirectory: '/data' };
  {
    await using broker = await startSecured(options);
    const admin = await loggedIn(broker, 'admin');
    await allow(admin, 'alice', AclResource.topic, 'orders', Operation.read);
    await allow(admin, 'bob', AclResource.topic, 'orders', Operation.read);
    const { filterResults } = await admin.request(DeleteAcls, 3, {
      filters: [{ ...EVERYTHING, principalFilter: 'User:bob' }],
    });
    assert.equal(filterResults[0]?.matchingAcls.length, 1);
    admin.close();
  }
  await using broker = await startSecured(options);
  const admin = await loggedIn(broker, 'admin');
  const { resources } = await admin.request(DescribeAcls, 3, EVERYTHING);
  assert.deepEqual(
    resources.flatMap(({ acls }) => acls.map(({ principal }) => principal)),
    ['User:alice'],
  );
  admin.close();
});

test('a producer that wants no answer and may not write is told by the end of its connection, and nothing is written', async () => {
  await using broker = await startSecured();
  await broker.createTopic('orders', 1);
  const alice = await loggedIn(broker, 'alice');
  await assert.rejects(alice.send(frame(Produce, 9, produceOf('orders', 0))), /closed the connection/);
  const admin = await loggedIn(broker, 'admin');
  const { responses } = await admin.request(Fetch, 12, fetchOf('orders', 0));
  assert.equal(responses[0]?.partitions[0]?.highWatermark, 0);
  admin.close();
});

test('whoever loses the permission to read while a fetch waits is given nothing that comes later', async () => {
  await using broker = await startSecured();
  await broker.createTopic('orders', 1);
  const admin = await loggedIn(broker, 'admin');
  await allow(admin, 'alice', AclResource.topic, 'orders', Operation.read);
  const alice = await loggedIn(broker, 'alice');
  const waiting = alice.request(Fetch, 12, fetchOf('orders', 30_000));
  await admin.request(DeleteAcls, 3, { filters: [EVERYTHING] });
  await admin.request(Produce, 9, produceOf('orders', -1));
  const [partition] = (await waiting).responses[0]?.partitions ?? [];
  assert.equal(partition?.errorCode, ErrorCode.TOPIC_AUTHORIZATION_FAILED);
  assert.equal(partition?.highWatermark, -1);
  alice.close();
  admin.close();
});

test('a pattern of a consumer finds only topics that it may describe', async () => {
  await using broker = await startSecured();
  for (const topic of ['orders', 'secret']) await broker.createTopic(topic, 1);
  const admin = await loggedIn(broker, 'admin');
  await allow(admin, 'alice', AclResource.topic, 'orders', Operation.describe);
  await allow(admin, 'alice', AclResource.group, 'g', Operation.read);
  const { topics } = await admin.request(Metadata, 12, { topics: [{ name: 'orders' }] });
  const alice = await loggedIn(broker, 'alice');
  const { errorCode, assignment } = await alice.request(ConsumerGroupHeartbeat, 1, {
    groupId: 'g',
    memberId: 'AAAAAAAAAAAAAAAAAAAAAQ',
    memberEpoch: 0,
    rebalanceTimeoutMs: 60_000,
    subscribedTopicRegex: '.*',
    topicPartitions: [],
  });
  assert.equal(errorCode, ErrorCode.NONE);
  assert.deepEqual(
    assignment?.topicPartitions.map(({ topicId }) => topicId),
    [topics[0]?.topicId],
  );
  alice.close();
  admin.close();
});

test('a broker without an authorizer has no ACLs, and says so', async () => {
  await using broker = await startBroker({ port: 0 });
  const client = await RawClient.open('127.0.0.1', broker.port);
  const { errorCode, errorMessage } = await client.request(DescribeAcls, 3, EVERYTHING);
  assert.equal(errorCode, ErrorCode.SECURITY_DISABLED);
  assert.match(errorMessage ?? '', /authorizer\.class\.name/);
  const { filterResults } = await client.request(DeleteAcls, 3, { filters: [EVERYTHING] });
  assert.equal(filterResults[0]?.errorCode, ErrorCode.SECURITY_DISABLED);
  client.close();
});

test('an authorizer of another class, or a super user that is none, keeps the broker from starting', async () => {
  await assert.rejects(startSecured({ config: { 'authorizer.class.name': 'com.example.MyAuthorizer' } }), {
    code: 'INVALID_CONFIG',
    message: /com\.example\.MyAuthorizer.*StandardAuthorizer/,
  });
  await assert.rejects(startSecured({ config: { 'super.users': 'User:admin;root' } }), {
    code: 'INVALID_CONFIG',
    message: /"root".*User:admin;User:CN=ops/,
  });
});

test('names in a refused request cannot write a line of the log of their own', async () => {
  const lines: string[] = [];
  const logger = { ...silentLogger, info: (line: string) => lines.push(line) };
  await using broker = await startSecured({ logger });
  const bob = await loggedIn(broker, 'bob');
  const name = 'orders\nINFO Principal "User:bob" is allowed';
  const { topics } = await bob.request(Metadata, 12, { topics: [{ name }], allowAutoTopicCreation: true });
  assert.equal(topics[0]?.errorCode, ErrorCode.TOPIC_AUTHORIZATION_FAILED);
  const told = lines.filter((line) => line.includes('is denied'));
  assert.equal(told.length, 1);
  assert.match(
    told[0] ?? '',
    /^Principal "User:bob" is denied DESCRIBE from host "127\.0\.0\.1" on Topic "orders\\nINFO/,
  );
  bob.close();
});

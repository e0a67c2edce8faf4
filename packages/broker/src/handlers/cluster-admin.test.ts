// What one node answers to those who look after many: replicas, leaders, voters, features and brokers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiVersions } from '@klamm/protocol/api/18-api-versions';
import { AlterReplicaLogDirs } from '@klamm/protocol/api/34-alter-replica-log-dirs';
import { DescribeLogDirs } from '@klamm/protocol/api/35-describe-log-dirs';
import { ElectLeaders } from '@klamm/protocol/api/43-elect-leaders';
import { AlterPartitionReassignments } from '@klamm/protocol/api/45-alter-partition-reassignments';
import { ListPartitionReassignments } from '@klamm/protocol/api/46-list-partition-reassignments';
import { UpdateFeatures } from '@klamm/protocol/api/57-update-features';
import { UnregisterBroker } from '@klamm/protocol/api/64-unregister-broker';
import { ConsumerGroupHeartbeat } from '@klamm/protocol/api/68-consumer-group-heartbeat';
import { ConsumerGroupDescribe } from '@klamm/protocol/api/69-consumer-group-describe';
import { AddRaftVoter } from '@klamm/protocol/api/80-add-raft-voter';
import { RemoveRaftVoter } from '@klamm/protocol/api/81-remove-raft-voter';
import { errorName } from '@klamm/protocol/error-codes';
import { type BrokerOptions, startBroker } from '../broker.ts';
import { RawClient } from '../testing/raw-client.ts';

const OTHER_DIRECTORY = Buffer.from('another one ....').toString('base64url');
const Upgrade = { up: 1, safe: 2, unsafe: 3 } as const;

async function start(options: BrokerOptions = {}) {
  const broker = await startBroker({ port: 0, ...options });
  await broker.createTopic('t', 2);
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

const update = (client: RawClient, feature: string, level: number, type: number, validateOnly = false) =>
  client
    .request(UpdateFeatures, 2, {
      featureUpdates: [{ feature, maxVersionLevel: level, upgradeType: type }],
      validateOnly,
    })
    .then(({ errorCode, errorMessage }) => `${errorName(errorCode)} ${errorMessage ?? ''}`.trim());

const levels = async (client: RawClient): Promise<Record<string, number>> => {
  const body = { clientSoftwareName: 'test', clientSoftwareVersion: '1' };
  const { finalizedFeatures } = await client.request(ApiVersions, 4, body);
  return Object.fromEntries(finalizedFeatures.map(({ name, maxVersionLevel }) => [name, maxVersionLevel]));
};

test('no election is needed, and those of all partitions tell of none', async () => {
  await using session = await start();
  const ask = async (topicPartitions: { topic: string; partitions: number[] }[] | null, electionType = 0) => {
    const answer = await session.client.request(ElectLeaders, 2, { electionType, topicPartitions });
    const results = answer.replicaElectionResults.flatMap(({ topic, partitionResult }) =>
      partitionResult.map(({ partitionId, errorCode }) => `${topic}-${partitionId} ${errorName(errorCode)}`),
    );
    return [errorName(answer.errorCode), ...results];
  };
  assert.deepEqual(await ask(null), ['NONE']);
  const some = [
    { topic: 't', partitions: [1, 2] },
    { topic: 'missing', partitions: [0] },
  ];
  for (const type of [0, 1]) {
    assert.deepEqual(await ask(some, type), [
      'NONE',
      't-1 ELECTION_NOT_NEEDED',
      't-2 UNKNOWN_TOPIC_OR_PARTITION',
      'missing-0 UNKNOWN_TOPIC_OR_PARTITION',
    ]);
  }
  assert.deepEqual(await ask(some.slice(1), 7), ['INVALID_REQUEST', 'missing-0 INVALID_REQUEST']);
});

test('a partition can be reassigned to this node, which changes nothing, and to no other', async () => {
  await using session = await start();
  const ask = async (name: string, partitionIndex: number, replicas: number[] | null) => {
    const { responses } = await session.client.request(AlterPartitionReassignments, 1, {
      topics: [{ name, partitions: [{ partitionIndex, replicas }] }],
    });
    const { errorCode = -1, errorMessage = '' } = responses[0]?.partitions[0] ?? {};
    return [errorName(errorCode), errorMessage] as const;
  };
  assert.deepEqual(await ask('t', 0, [1]), ['NONE', null]);
  assert.deepEqual(await ask('t', 0, null), ['NO_REASSIGNMENT_IN_PROGRESS', null]);
  assert.equal((await ask('t', 2, [1]))[0], 'UNKNOWN_TOPIC_OR_PARTITION');
  assert.equal((await ask('missing', 0, null))[0], 'UNKNOWN_TOPIC_OR_PARTITION');
  for (const [replicas, why] of [
    [[], /no replica/],
    [[1, 1], /broker 1 more than once/],
    [[1, 2], /names broker 2; there is only broker 1/],
  ] as const) {
    const [name, text] = await ask('t', 0, [...replicas]);
    assert.equal(name, 'INVALID_REPLICA_ASSIGNMENT');
    assert.match(text ?? '', why);
  }
  const { topics } = await session.client.request(ListPartitionReassignments, 0, { topics: null });
  assert.deepEqual(topics, []);
});

test('a replica can be moved to the directory it lies in, and to none that is not one', async () => {
  await using session = await start();
  const { client } = session;
  const { results } = await client.request(DescribeLogDirs, 4, { topics: null });
  const own = results[0]?.logDir ?? '';
  const ask = async (...dirs: (readonly [path: string, partition: number])[]) => {
    const answer = await client.request(AlterReplicaLogDirs, 2, {
      dirs: dirs.map(([path, partition]) => ({ path, topics: [{ name: 't', partitions: [partition] }] })),
    });
    return answer.results.flatMap(({ partitions }) =>
      partitions.map(({ partitionIndex, errorCode }) => `${partitionIndex} ${errorName(errorCode)}`),
    );
  };
  assert.deepEqual(await ask([own, 0], [own, 9]), ['0 NONE', '9 UNKNOWN_TOPIC_OR_PARTITION']);
  assert.deepEqual(await ask([own, 0], ['/elsewhere', 0]), ['0 LOG_DIR_NOT_FOUND']);
});

test('features go up and down by the rules, and what is only checked stays', async () => {
  await using session = await start();
  const { client } = session;
  const before = await levels(client);
  assert.match(
    await update(client, 'group.version', 2, Upgrade.up),
    /^INVALID_UPDATE_VERSION .*supports 0 to 1/,
  );
  assert.match(await update(client, 'group.version', 0, Upgrade.up), /asked for as a downgrade/);
  assert.match(await update(client, 'group.version', -1, Upgrade.safe), /0 or more/);
  assert.match(await update(client, 'group.version', 1, 7), /no type 7/);
  assert.match(await update(client, 'nothing.version', 1, Upgrade.up), /does not know/);
  assert.match(await update(client, 'metadata.version', 29, Upgrade.safe), /might be lost/);
  assert.match(await update(client, 'metadata.version', 29, Upgrade.unsafe), /would be lost/);
  assert.match(await update(client, 'kraft.version', 1, Upgrade.up), /hand-over/);
  assert.equal(await update(client, 'kraft.version', 0, Upgrade.safe), 'NONE');
  assert.equal(await update(client, 'group.version', 0, Upgrade.safe, true), 'NONE');
  assert.deepEqual(await levels(client), before);
  const both = await client.request(UpdateFeatures, 2, {
    featureUpdates: [
      { feature: 'share.version', maxVersionLevel: 0, upgradeType: Upgrade.safe },
      { feature: 'streams.version', maxVersionLevel: 9, upgradeType: Upgrade.up },
    ],
  });
  assert.equal(errorName(both.errorCode), 'INVALID_UPDATE_VERSION');
  assert.deepEqual(await levels(client), before, 'one that is refused keeps the others from changing');
  assert.equal(await update(client, 'share.version', 0, Upgrade.safe), 'NONE');
  assert.equal((await levels(client))['share.version'], undefined);
});

test('without group.version there is no protocol of consumer groups, until it is back', async () => {
  await using session = await start();
  const { client } = session;
  await update(client, 'group.version', 0, Upgrade.safe);
  const join = {
    groupId: 'g',
    memberId: 'm',
    memberEpoch: 0,
    rebalanceTimeoutMs: 1000,
    subscribedTopicNames: ['t'],
    topicPartitions: [],
  };
  const heartbeat = async () => errorName((await client.request(ConsumerGroupHeartbeat, 1, join)).errorCode);
  assert.equal(await heartbeat(), 'UNSUPPORTED_VERSION');
  const { groups } = await client.request(ConsumerGroupDescribe, 0, { groupIds: ['g'] });
  assert.deepEqual(
    groups.map(({ errorCode }) => errorName(errorCode)),
    ['UNSUPPORTED_VERSION'],
  );
  await update(client, 'group.version', 1, Upgrade.up);
  assert.equal(await heartbeat(), 'NONE');
});

test('this broker stays registered, and another was never there', async () => {
  await using session = await start();
  const ask = async (brokerId: number) =>
    errorName((await session.client.request(UnregisterBroker, 0, { brokerId })).errorCode);
  assert.equal(await ask(7), 'BROKER_ID_NOT_REGISTERED');
  assert.equal(await ask(1), 'INVALID_REQUEST');
});

test('the one voter takes no other beside it and does not go', async () => {
  await using session = await start();
  const { client } = session;
  const listeners = [{ name: 'CONTROLLER', host: 'localhost', port: 1 }];
  const voter = { clusterId: null, voterId: 2, voterDirectoryId: OTHER_DIRECTORY };
  const add = async (other: object) =>
    errorName(
      (await client.request(AddRaftVoter, 1, { ...voter, timeoutMs: 1000, listeners, ...other })).errorCode,
    );
  const remove = async (other: object) =>
    errorName((await client.request(RemoveRaftVoter, 0, { ...voter, ...other })).errorCode);
  for (const ask of [add, remove]) {
    assert.equal(await ask({}), 'UNSUPPORTED_VERSION');
    assert.equal(await ask({ clusterId: 'another' }), 'INCONSISTENT_CLUSTER_ID');
    assert.equal(await ask({ voterId: -1 }), 'INVALID_REQUEST');
  }
  assert.equal(await add({ listeners: [] }), 'INVALID_REQUEST');
});

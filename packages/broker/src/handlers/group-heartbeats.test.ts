import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomUuid } from '@klamm/base/random';
import { JoinGroup } from '@klamm/protocol/api/11-join-group';
import { Heartbeat } from '@klamm/protocol/api/12-heartbeat';
import { SyncGroup } from '@klamm/protocol/api/14-sync-group';
import { ApiVersions } from '@klamm/protocol/api/18-api-versions';
import { ConsumerGroupHeartbeat } from '@klamm/protocol/api/68-consumer-group-heartbeat';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { startBroker } from '../broker.ts';
import { RawClient } from '../testing/raw-client.ts';

async function start() {
  const broker = await startBroker({ port: 0 });
  await broker.createTopic('t', 4);
  const clients: RawClient[] = [];
  return {
    async connect(): Promise<RawClient> {
      const client = await RawClient.open('127.0.0.1', broker.port);
      clients.push(client);
      return client;
    },
    broker,
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.close();
      await broker.close();
    },
  };
}

/** A member of the consumer protocol that says what it is told to say. */
function member(client: RawClient) {
  const memberId = randomUuid();
  const groupId = 'g';
  return {
    join: () =>
      client.request(ConsumerGroupHeartbeat, 1, {
        groupId,
        memberId,
        memberEpoch: 0,
        rebalanceTimeoutMs: 60_000,
        subscribedTopicNames: ['t'],
        topicPartitions: [],
      }),
    beat: (memberEpoch: number, topicPartitions: { topicId: string; partitions: number[] }[] | null = null) =>
      client.request(ConsumerGroupHeartbeat, 1, { groupId, memberId, memberEpoch, topicPartitions }),
    leave: () => client.request(ConsumerGroupHeartbeat, 1, { groupId, memberId, memberEpoch: -1 }),
  };
}

const countOf = (answer: {
  assignment: { topicPartitions: readonly { partitions: readonly number[] }[] } | null;
}) => answer.assignment?.topicPartitions.reduce((sum, { partitions }) => sum + partitions.length, 0) ?? null;

test('a waiting heartbeat is answered when another member joins, and a waiting joiner when its share is given back', async () => {
  await using session = await start();
  const a = member(await session.connect());
  const b = member(await session.connect());
  const joined = await a.join();
  assert.equal(countOf(joined), 4);

  const waiting = a.beat(1);
  const second = await b.join();
  assert.deepEqual([second.memberEpoch, countOf(second)], [2, 0]);
  const told = await waiting;
  assert.deepEqual([told.memberEpoch, countOf(told)], [1, 2], 'two are to be given back, at once');

  const share = b.beat(2);
  const kept = told.assignment?.topicPartitions.map(({ topicId, partitions }) => ({
    topicId,
    partitions: [...partitions],
  }));
  assert.equal((await a.beat(1, kept)).memberEpoch, 2);
  assert.equal(countOf(await share), 2);
});

test('a waiting heartbeat is answered when its member, or its connection, asks for something else', async () => {
  await using session = await start();
  const client = await session.connect();
  const a = member(client);
  await a.join();
  const waiting = a.beat(1);
  const leaving = a.leave();
  assert.deepEqual([(await waiting).memberEpoch, (await leaving).memberEpoch], [1, -1]);

  await a.join();
  const again = a.beat(3);
  const versions = await client.request(ApiVersions, 0, {});
  assert.equal(versions.errorCode, ErrorCode.NONE);
  assert.equal((await again).errorCode, ErrorCode.NONE);
});

test('the broker closes while heartbeats wait: they are told to look for the coordinator', async () => {
  await using session = await start();
  const a = member(await session.connect());
  await a.join();
  const waiting = a.beat(1);
  // By the time this is answered, the heartbeat has been read.
  await (await session.connect()).request(ApiVersions, 0, {});
  await session.broker.close();
  assert.equal((await waiting).errorCode, ErrorCode.NOT_COORDINATOR);
});

test("a classic heartbeat waits for news where it is Klamm's own client that sends it, and else is answered at once", async () => {
  await using session = await start();
  const join = async (client: RawClient) => {
    const request = {
      groupId: 'classic',
      sessionTimeoutMs: 60_000,
      rebalanceTimeoutMs: 60_000,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
    };
    const { memberId } = await client.request(JoinGroup, 9, { ...request, memberId: '' });
    return { memberId, joined: client.request(JoinGroup, 9, { ...request, memberId }) };
  };
  const patient = await session.connect();
  await patient.request(ApiVersions, 3, { clientSoftwareName: 'klamm', clientSoftwareVersion: '1' });
  const { memberId, joined } = await join(patient);
  const { generationId } = await joined;
  const assignments = [{ memberId, assignment: Buffer.from('all') }];
  const names = { protocolType: 'consumer', protocolName: 'range' };
  const place = { groupId: 'classic', generationId, memberId };
  await patient.request(SyncGroup, 5, { ...place, ...names, assignments });

  const other = await session.connect();
  assert.equal((await other.request(Heartbeat, 4, place)).errorCode, ErrorCode.NONE, 'no patience, no wait');

  const waiting = patient.request(Heartbeat, 4, place);
  const newcomer = await join(other);
  assert.equal((await waiting).errorCode, ErrorCode.REBALANCE_IN_PROGRESS);
  const back = patient.request(JoinGroup, 9, {
    groupId: 'classic',
    memberId,
    sessionTimeoutMs: 60_000,
    rebalanceTimeoutMs: 60_000,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
  });
  const generations = [(await back).generationId, (await newcomer.joined).generationId];
  assert.deepEqual(generations, [generationId + 1, generationId + 1]);
});

// Transactions against a coordinator that refuses, is busy, hangs up and dies: what is asked, how often, what is told.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Produce } from '@klamm/protocol/api/00-produce';
import { Metadata } from '@klamm/protocol/api/03-metadata';
import { FindCoordinator } from '@klamm/protocol/api/10-find-coordinator';
import { ApiVersions } from '@klamm/protocol/api/18-api-versions';
import { InitProducerId } from '@klamm/protocol/api/22-init-producer-id';
import { AddPartitionsToTxn } from '@klamm/protocol/api/24-add-partitions-to-txn';
import { AddOffsetsToTxn } from '@klamm/protocol/api/25-add-offsets-to-txn';
import { EndTxn } from '@klamm/protocol/api/26-end-txn';
import { TxnOffsetCommit } from '@klamm/protocol/api/28-txn-offset-commit';
import { ErrorCode } from '@klamm/protocol/error-codes';
import {
  baseSequenceOf,
  isTransactional,
  producerEpochOf,
  producerIdOf,
} from '@klamm/protocol/records/batch';
import { Kafka } from '../../client.ts';
import { HANG_UP, ScriptedBroker, TOPIC_ID } from '../../network/scripted-broker.ts';

const APIS = [
  Produce,
  Metadata,
  FindCoordinator,
  ApiVersions,
  InitProducerId,
  AddPartitionsToTxn,
  AddOffsetsToTxn,
  EndTxn,
  TxnOffsetCommit,
];

/** A coordinator that gives each transaction the next epoch (level 2) or not, and keeps what it was sent. */
async function start(level: 0 | 2, retryTimeoutMs = 10_000) {
  const broker = await ScriptedBroker.start();
  const batches: { id: number; epoch: number; sequence: number; transactional: boolean }[] = [];
  const ends: { epoch: number; committed: boolean }[] = [];
  const added: string[][] = [];
  const epoch = { value: 0 };
  broker.on(ApiVersions, () => ({
    apiKeys: APIS.map(({ key, versions: [minVersion, maxVersion] }) => ({
      apiKey: key,
      minVersion,
      maxVersion,
    })),
    finalizedFeaturesEpoch: 1,
    finalizedFeatures: [{ name: 'transaction.version', maxVersionLevel: level, minVersionLevel: level }],
  }));
  broker.on(Metadata, ({ topics }) => ({
    brokers: [{ nodeId: 1, host: '127.0.0.1', port: broker.port }],
    controllerId: 1,
    topics: (topics ?? []).map(({ name }) => ({
      name,
      topicId: TOPIC_ID,
      partitions: [0, 1].map((partitionIndex) => ({ partitionIndex, leaderId: 1, leaderEpoch: 0 })),
    })),
  }));
  broker.on(FindCoordinator, ({ coordinatorKeys }) => ({
    coordinators: coordinatorKeys.map((key) => ({ key, nodeId: 1, host: '127.0.0.1', port: broker.port })),
  }));
  broker.on(InitProducerId, ({ producerId }) => {
    if (producerId >= 0) epoch.value++;
    return { producerId: 7, producerEpoch: epoch.value };
  });
  broker.on(AddPartitionsToTxn, ({ v3AndBelowTopics }) => {
    added.push(
      v3AndBelowTopics.flatMap(({ name, partitions }) => partitions.map((each) => `${name}-${each}`)),
    );
    return {
      resultsByTopicV3AndBelow: v3AndBelowTopics.map(({ name, partitions }) => ({
        name,
        resultsByPartition: partitions.map((partitionIndex) => ({ partitionIndex, partitionErrorCode: 0 })),
      })),
    };
  });
  broker.on(Produce, ({ topicData }) => ({
    responses: topicData.map(({ partitionData }) => ({
      name: 't',
      topicId: TOPIC_ID,
      partitionResponses: partitionData.map(({ index, records }) => {
        const batch = records ?? Buffer.alloc(0);
        batches.push({
          id: producerIdOf(batch, 0),
          epoch: producerEpochOf(batch, 0),
          sequence: baseSequenceOf(batch, 0),
          transactional: isTransactional(batch, 0),
        });
        return { index, errorCode: 0, baseOffset: batches.length - 1 };
      }),
    })),
  }));
  const end = ({ producerEpoch, committed }: { producerEpoch: number; committed: boolean }) => {
    ends.push({ epoch: producerEpoch, committed });
    if (level === 2) epoch.value = producerEpoch + 1;
    return { producerId: 7, producerEpoch: epoch.value };
  };
  broker.on(EndTxn, end);
  const kafka = new Kafka({
    brokers: broker.bootstrap,
    retryTimeoutMs,
    retryBackOff: { firstMs: 1, mostMs: 5 },
  });
  return {
    broker,
    kafka,
    batches,
    ends,
    added,
    end,
    [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
  };
}

const record = (partition = 0) => ({ topic: 't', partition, value: 'v' });

test('in version 2 each transaction has an epoch of its own, and numbers begin anew', async () => {
  await using it = await start(2);
  await using producer = it.kafka.producer({ transactionalId: 'x' });
  for (let i = 0; i < 3; i++) {
    await producer.transaction(async (txn) => {
      await txn.send(record());
      await txn.send(record());
    });
  }
  assert.deepEqual(
    it.batches,
    [0, 1, 2].flatMap((epoch) => [0, 1].map((sequence) => ({ id: 7, epoch, sequence, transactional: true }))),
  );
  assert.deepEqual(
    it.ends,
    [0, 1, 2].map((epoch) => ({ epoch, committed: true })),
  );
  assert.equal(it.broker.requests.filter((name) => name === 'AddPartitionsToTxn').length, 0);
  assert.equal(it.broker.requests.filter((name) => name === 'InitProducerId').length, 1);
});

test('in version 1 partitions are added before they are written to, together; numbers go on, and after an abort with a new epoch', async () => {
  await using it = await start(0);
  await using producer = it.kafka.producer({ transactionalId: 'x' });
  await producer.transaction((txn) => txn.sendBatch([record(0), record(1)]));
  await producer.transaction((txn) => txn.send(record(1)));
  await assert.rejects(
    producer.transaction(async (txn) => {
      await txn.send(record(1));
      throw new Error('no');
    }),
    /no/,
  );
  await producer.transaction((txn) => txn.send(record(1)));
  assert.deepEqual(it.added, [['t-0', 't-1'], ['t-1'], ['t-1'], ['t-1']]);
  assert.deepEqual(
    it.batches.map(({ epoch, sequence }) => [epoch, sequence]),
    [
      [0, 0],
      [0, 0],
      [0, 1],
      [0, 2],
      [1, 0],
    ],
  );
});

test('a transaction without records and offsets is not told to the coordinator', async () => {
  await using it = await start(2);
  await using producer = it.kafka.producer({ transactionalId: 'x' });
  await producer.transaction(() => {});
  await (await producer.begin()).abort();
  assert.deepEqual(it.ends, []);
});

test('a commit whose answer is lost is asked for again, and one that has to wait for the one before', async () => {
  await using it = await start(2);
  await using producer = it.kafka.producer({ transactionalId: 'x' });
  const left: (() => typeof HANG_UP | { errorCode: number })[] = [
    () => HANG_UP,
    () => ({ errorCode: ErrorCode.CONCURRENT_TRANSACTIONS }),
    () => ({ errorCode: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS }),
    () => ({ errorCode: ErrorCode.NOT_COORDINATOR }),
  ];
  it.broker.on(EndTxn, (body) => left.shift()?.() ?? it.end(body));
  await producer.transaction((txn) => txn.send(record()));
  assert.deepEqual(left, []);
  assert.deepEqual(it.ends, [{ epoch: 0, committed: true }]);
});

test('records that come while the markers of the transaction before are written are sent again, as often as it takes', async () => {
  await using it = await start(2);
  await using producer = it.kafka.producer({ transactionalId: 'x' });
  let refusals = 6;
  let appended = 0;
  it.broker.on(Produce, () => ({
    responses: [
      {
        topicId: TOPIC_ID,
        partitionResponses: [
          refusals-- > 0
            ? { index: 0, errorCode: ErrorCode.CONCURRENT_TRANSACTIONS, baseOffset: -1 }
            : { index: 0, errorCode: 0, baseOffset: appended++ },
        ],
      },
    ],
  }));
  await producer.transaction((txn) => txn.send(record()));
  assert.equal(appended, 1);
});

test('where the coordinator cannot be reached for the commit, nobody claims to know what became of it', async () => {
  await using it = await start(2, 50);
  await using producer = it.kafka.producer({ transactionalId: 'x' });
  const txn = await producer.begin();
  await txn.send(record());
  it.broker.on(EndTxn, () => HANG_UP);
  await assert.rejects(txn.commit(), { code: 'TRANSACTION_OUTCOME_UNKNOWN', retriable: false });
  assert.equal(txn.isOpen, false);
  await assert.rejects(producer.begin(), { code: 'TRANSACTION_OUTCOME_UNKNOWN' });
});

test('where it cannot be reached for an abort, the producer asks how things stand before the next transaction', async () => {
  await using it = await start(2, 50);
  await using producer = it.kafka.producer({ transactionalId: 'x' });
  const txn = await producer.begin();
  await txn.send(record());
  it.broker.on(EndTxn, () => HANG_UP);
  await assert.rejects(txn.abort(), { code: 'NETWORK_EXCEPTION' });
  it.broker.on(EndTxn, it.end);
  await producer.transaction((next) => next.send(record()));
  assert.deepEqual(
    it.batches.map(({ epoch, sequence }) => [epoch, sequence]),
    [
      [0, 0],
      [1, 0],
    ],
  );
});

test('a refused record fails those that are not on their way yet, and the program that waits for them', async () => {
  await using it = await start(2);
  await using producer = it.kafka.producer({ transactionalId: 'x' });
  it.broker.on(Produce, ({ topicData }) => ({
    responses: topicData.map(({ partitionData }) => ({
      topicId: TOPIC_ID,
      partitionResponses: partitionData.map(({ index }) => ({
        index,
        errorCode: ErrorCode.INVALID_PRODUCER_EPOCH,
        baseOffset: -1,
      })),
    })),
  }));
  const txn = await producer.begin();
  const sent = await Promise.allSettled([txn.send(record(0)), txn.send(record(1)), txn.send(record(0))]);
  assert.deepEqual(
    sent.map(({ status }) => status),
    ['rejected', 'rejected', 'rejected'],
  );
  await assert.rejects(txn.send(record()), { code: 'INVALID_PRODUCER_EPOCH' });
  await assert.rejects(txn.commit(), { code: 'INVALID_PRODUCER_EPOCH' });
  assert.deepEqual(it.ends, []);
  await txn.abort();
  assert.deepEqual(it.ends, [{ epoch: 0, committed: false }]);
});

test('the coordinator that says that another has taken over finishes the producer, whatever it is asked', async () => {
  for (const code of [ErrorCode.PRODUCER_FENCED, ErrorCode.INVALID_PRODUCER_EPOCH]) {
    await using it = await start(2);
    await using producer = it.kafka.producer({ transactionalId: 'x' });
    it.broker.on(EndTxn, () => ({ errorCode: code }));
    await assert.rejects(
      producer.transaction((txn) => txn.send(record())),
      { code: 'PRODUCER_FENCED', errorCode: ErrorCode.PRODUCER_FENCED, retriable: false },
    );
    await assert.rejects(producer.begin(), { code: 'PRODUCER_FENCED' });
  }
});

test('a producer that its coordinator has forgotten can abort, and go on', async () => {
  await using it = await start(2);
  await using producer = it.kafka.producer({ transactionalId: 'x' });
  const txn = await producer.begin();
  await txn.send(record());
  it.broker.on(EndTxn, () => ({ errorCode: ErrorCode.INVALID_PRODUCER_ID_MAPPING }));
  await assert.rejects(txn.commit(), { code: 'INVALID_PRODUCER_ID_MAPPING' });
  await txn.abort();
  it.broker.on(EndTxn, it.end);
  await producer.transaction((next) => next.send(record()));
  assert.deepEqual(it.ends, [{ epoch: 1, committed: true }]);
});

test('offsets are added beforehand in version 1, and refused ones doom the transaction', async () => {
  for (const level of [0, 2] as const) {
    await using it = await start(level);
    await using producer = it.kafka.producer({ transactionalId: 'x' });
    const codes: number[] = [ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, 0, ErrorCode.ILLEGAL_GENERATION];
    it.broker.on(AddOffsetsToTxn, () => ({}));
    const asked: unknown[] = [];
    it.broker.on(TxnOffsetCommit, ({ memberId, generationId, groupInstanceId, topics }) => {
      asked.push({ memberId, generationId, groupInstanceId });
      const errorCode = codes.shift() ?? 0;
      return {
        topics: topics.map(({ name, partitions }) => ({
          name,
          partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
        })),
      };
    });
    const member = { groupId: 'g', memberId: 'm', generation: 3, instanceId: 'i' };
    const offsets = [{ topic: 't', partition: 0, offset: 5 }];
    await producer.transaction((txn) => txn.sendOffsets(member, offsets));
    assert.deepEqual(asked[0], { memberId: 'm', generationId: 3, groupInstanceId: 'i' });
    assert.equal(it.ends.length, 1);
    await assert.rejects(
      producer.transaction(async (txn) => {
        await txn.sendOffsets(member, offsets).catch(() => {});
      }),
      { code: 'ILLEGAL_GENERATION' },
    );
    assert.equal(it.ends[1]?.committed, false);
    assert.equal(it.broker.requests.includes('AddOffsetsToTxn'), level === 0);
  }
});

test('one that waits for its turn for longer than a transaction may last is told why', async () => {
  await using it = await start(2);
  await using producer = it.kafka.producer({ transactionalId: 'x', transactionTimeoutMs: 20 });
  await producer.transaction(async () => {
    await assert.rejects(producer.begin(), { code: 'INVALID_TXN_STATE', message: /one within another/ });
  });
  await producer.transaction((txn) => txn.send(record()));
});

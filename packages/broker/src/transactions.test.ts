// Transactions of a broker in process, over a real socket: what else happens while they are open.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Clock, systemClock } from '@klamm/base/clock';
import { Produce } from '@klamm/protocol/api/00-produce';
import { Fetch } from '@klamm/protocol/api/01-fetch';
import { OffsetFetch } from '@klamm/protocol/api/09-offset-fetch';
import { DeleteTopics } from '@klamm/protocol/api/20-delete-topics';
import { DeleteRecords } from '@klamm/protocol/api/21-delete-records';
import { InitProducerId } from '@klamm/protocol/api/22-init-producer-id';
import { DescribeTransactions } from '@klamm/protocol/api/65-describe-transactions';
import { ListTransactions } from '@klamm/protocol/api/66-list-transactions';
import { errorName } from '@klamm/protocol/error-codes';
import { type Broker, type BrokerOptions, startBroker } from './broker.ts';
import { diskError, memoryDisk } from './storage/disk-memory.ts';
import { batchOf } from './testing/batches.ts';
import { RawClient } from './testing/raw-client.ts';
import { RawTransactions } from './testing/raw-transactions.ts';

interface Session extends AsyncDisposable {
  readonly broker: Broker;
  readonly client: RawClient;
}

async function start(options: BrokerOptions = {}): Promise<Session> {
  const broker = await startBroker({ port: 0, dataDirectory: '/data', ...options });
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

/** A clock that the test turns on: time passes, and what is due happens. */
function turnedClock(): Clock & { pass(ms: number): Promise<void> } {
  let now = Date.now();
  let due: { at: number; callback: () => void }[] = [];
  return {
    ...systemClock,
    now: () => now,
    monotonic: () => now,
    after(delayMs, callback) {
      const timer = { at: now + delayMs, callback };
      due.push(timer);
      const cancel = (): void => {
        due = due.filter((each) => each !== timer);
      };
      return { cancel };
    },
    every: () => ({ cancel: () => {} }),
    async pass(ms) {
      now += ms;
      const ready = due.filter(({ at }) => at <= now);
      due = due.filter(({ at }) => at > now);
      for (const { callback } of ready) callback();
      // What it brought about is written in turns of its own.
      for (let turn = 0; turn < 50; turn++) await sleep(0);
    },
  };
}

async function stateOf(client: RawClient, transactionalId: string): Promise<string> {
  const { transactionStates } = await client.request(DescribeTransactions, 0, {
    transactionalIds: [transactionalId],
  });
  const [found] = transactionStates;
  return found?.errorCode === 0 ? found.transactionState : errorName(found?.errorCode ?? -1);
}

/** Where readers of committed records stop in a partition, and where it ends. */
async function endsOf(
  client: RawClient,
  topic: string,
  partition = 0,
): Promise<[stable: number, end: number]> {
  const partitions = [{ partition, fetchOffset: 0, partitionMaxBytes: 1 << 20 }];
  const request = {
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: 1 << 20,
    isolationLevel: 1,
    topics: [{ topic, partitions }],
  };
  const { responses } = await client.request(Fetch, 12, request);
  const answer = responses[0]?.partitions[0];
  assert.equal(answer?.errorCode, 0);
  return [answer?.lastStableOffset ?? -1, answer?.highWatermark ?? -1];
}

test('records that are sent without waiting, while the coordinator makes their partition part of the transaction, stay in order', async () => {
  await using session = await start({ disk: memoryDisk() });
  const { broker, client } = session;
  await broker.createTopic('t', 2);
  const producer = new RawTransactions(client, 'x');
  await producer.must(producer.init());
  for (let round = 0; round < 3; round++) {
    const sent: Promise<string>[] = [];
    for (let i = 0; i < 20; i++) sent.push(producer.send('t', i % 2, `${i}`));
    assert.deepEqual(new Set(await Promise.all(sent)), new Set(['NONE']));
    await producer.must(producer.end(round !== 1));
  }
  assert.deepEqual(await endsOf(client, 't'), [33, 33]);
});

test('many take over at the same time: each gets an epoch of its own, and the transaction that was open is aborted once', async () => {
  await using session = await start({ disk: memoryDisk() });
  const { broker, client } = session;
  await broker.createTopic('t');
  const producer = new RawTransactions(client, 'x');
  await producer.must(producer.init());
  await producer.must(producer.send('t', 0, 'a'));
  const request = { transactionalId: 'x', transactionTimeoutMs: 60_000 };
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => client.request(InitProducerId, 5, request)),
  );
  assert.deepEqual(
    answers.map(({ errorCode }) => errorName(errorCode)),
    Array(5).fill('NONE'),
  );
  assert.deepEqual(
    answers.map(({ producerEpoch }) => producerEpoch),
    [2, 3, 4, 5, 6],
  );
  assert.deepEqual(await endsOf(client, 't'), [2, 2], 'a record and one marker');
  assert.equal(await producer.send('t', 0, 'b'), 'INVALID_PRODUCER_EPOCH');
});

test('a full disk where a marker goes: the end is decided, readers wait, and it is written when there is room', async () => {
  const disk = memoryDisk();
  const clock = turnedClock();
  await using session = await start({ disk, clock });
  const { broker, client } = session;
  await broker.createTopic('t', 2);
  const producer = new RawTransactions(client, 'x');
  await producer.must(producer.init());
  await producer.must(producer.send('t', 0, 'a'));
  await producer.must(producer.send('t', 1, 'a'));
  await producer.must(producer.commitOffset('g', 't', 5));
  disk.fault = (operation, path) => {
    if (operation === 'write' && path.startsWith('/data/t-1/')) throw diskError('ENOSPC', path);
  };
  await producer.must(producer.end(true));
  assert.equal(await stateOf(client, 'x'), 'PrepareCommit');
  assert.deepEqual(
    [await endsOf(client, 't', 0), await endsOf(client, 't', 1)],
    [
      [2, 2],
      [0, 1],
    ],
  );
  let told = '';
  const next = producer.send('t', 0, 'b').then((error) => {
    told = error;
  });
  while (told === '') await clock.pass(1000);
  await next;
  assert.equal(told, 'CONCURRENT_TRANSACTIONS', 'who goes on is told to come back');
  assert.equal(await stateOf(client, 'x'), 'PrepareCommit');
  disk.fault = undefined;
  await clock.pass(1000);
  assert.equal(await stateOf(client, 'x'), 'CompleteCommit');
  assert.deepEqual(await endsOf(client, 't', 1), [2, 2]);
  assert.equal(broker.isOnline, true);
  const again = new RawTransactions(client, 'x');
  await again.must(again.init());
  await again.must(again.send('t', 0, 'b'));
  await again.must(again.end(true));
});

test('a full disk where the end is decided: it is not, and can be asked for again', async () => {
  const disk = memoryDisk();
  await using session = await start({ disk });
  const { broker, client } = session;
  await broker.createTopic('t');
  const producer = new RawTransactions(client, 'x');
  await producer.must(producer.init());
  await producer.must(producer.send('t', 0, 'a'));
  disk.fault = (operation, path) => {
    if (operation === 'write' && path.includes('__transaction_state')) throw diskError('ENOSPC', path);
  };
  assert.equal(await producer.end(true), 'COORDINATOR_NOT_AVAILABLE');
  disk.fault = undefined;
  assert.equal(await stateOf(client, 'x'), 'Ongoing');
  await producer.must(producer.end(true));
  assert.deepEqual(await endsOf(client, 't'), [2, 2]);
});

test('transactional ids live in many partitions, and all are there after a restart, the open one to go on with', async () => {
  const disk = memoryDisk();
  let open: RawTransactions;
  {
    await using session = await start({ disk });
    const { broker, client } = session;
    await broker.createTopic('t');
    for (let i = 0; i < 60; i++) {
      const producer = new RawTransactions(client, `id-${i}`);
      await producer.must(producer.init());
    }
    open = new RawTransactions(client, 'id-7');
    await open.must(open.init());
    await open.must(open.send('t', 0, 'a'));
    await open.must(open.commitOffset('g', 't', 5));
  }
  await using session = await start({ disk });
  const { client } = session;
  const { transactionStates } = await client.request(ListTransactions, 1, {});
  assert.equal(transactionStates.length, 60);
  assert.equal(await stateOf(client, 'id-7'), 'Ongoing');
  assert.deepEqual(await endsOf(client, 't'), [0, 1]);
  const producer = Object.assign(new RawTransactions(client, 'id-7'), {
    producerId: open.producerId,
    producerEpoch: open.producerEpoch,
  });
  await producer.must(producer.end(true));
  assert.deepEqual(await endsOf(client, 't'), [2, 2]);
  const groups = [{ groupId: 'g', topics: [{ name: 't', partitionIndexes: [0] }] }];
  const offsets = await client.request(OffsetFetch, 8, { groups, requireStable: true });
  assert.equal(offsets.groups[0]?.topics[0]?.partitions[0]?.committedOffset, 5);
});

test('a broker that was down longer than a transaction may take aborts it as it comes up', async () => {
  const disk = memoryDisk();
  const clock = turnedClock();
  {
    await using session = await start({ disk, clock });
    await session.broker.createTopic('t');
    const producer = new RawTransactions(session.client, 'x');
    await producer.must(producer.init(5000));
    await producer.must(producer.send('t', 0, 'a'));
    assert.equal(await stateOf(session.client, 'x'), 'Ongoing');
  }
  await clock.pass(6000);
  await using session = await start({ disk, clock });
  await clock.pass(0);
  assert.equal(await stateOf(session.client, 'x'), 'CompleteAbort');
  assert.deepEqual(await endsOf(session.client, 't'), [2, 2]);
});

test('a topic that is deleted and created again under an open transaction is written to as before, and the transaction ends in it', async () => {
  await using session = await start({ disk: memoryDisk() });
  const { broker, client } = session;
  await broker.createTopic('t');
  const producer = new RawTransactions(client, 'x');
  await producer.must(producer.init());
  await producer.must(producer.send('t', 0, 'a'));
  await client.request(DeleteTopics, 5, { topicNames: ['t'], timeoutMs: 1000 });
  assert.equal(await producer.send('t', 0, 'b'), 'UNKNOWN_TOPIC_OR_PARTITION');
  await broker.createTopic('t');
  const { transactionalId, producerId, producerEpoch } = producer;
  const records = batchOf(1, { producerId, producerEpoch, baseSequence: 0, transactional: true });
  const topicData = [{ name: 't', partitionData: [{ index: 0, records }] }];
  const body = { transactionalId, acks: -1, timeoutMs: 1000, topicData };
  const { responses } = await client.request(Produce, 12, body);
  assert.equal(responses[0]?.partitionResponses[0]?.errorCode, 0);
  assert.deepEqual(await endsOf(client, 't'), [0, 1]);
  await producer.must(producer.end(true));
  assert.deepEqual(await endsOf(client, 't'), [2, 2]);
});

test('a broker that closes answers who waits for a transaction, and the transaction ends after its restart', async () => {
  const disk = memoryDisk();
  {
    await using session = await start({ disk });
    const { broker, client } = session;
    await broker.createTopic('t');
    const producer = new RawTransactions(client, 'x');
    await producer.must(producer.init());
    await producer.must(producer.send('t', 0, 'a'));
    disk.fault = (operation, path) => {
      if (operation === 'write' && path.startsWith('/data/t-0/')) throw diskError('ENOSPC', path);
    };
    await producer.must(producer.end(true));
    const waiting = producer.send('t', 0, 'b');
    const other = await RawClient.open('127.0.0.1', broker.port);
    assert.equal(await stateOf(other, 'x'), 'PrepareCommit');
    other.close();
    disk.fault = undefined;
    const [answer] = await Promise.all([waiting, broker.close()]);
    assert.match(answer, /^(NOT_ENOUGH_REPLICAS|CONCURRENT_TRANSACTIONS|NOT_COORDINATOR)$/);
  }
  await using session = await start({ disk });
  const producer = new RawTransactions(session.client, 'x');
  await producer.must(producer.init());
  assert.deepEqual(await endsOf(session.client, 't'), [2, 2]);
});

test('records that are deleted while somebody reads them are not handed out: who was aborted in them is not known any more', async () => {
  const disk = memoryDisk();
  {
    await using session = await start({ disk });
    await session.broker.createTopic('t');
    const producer = new RawTransactions(session.client, 'x');
    await producer.must(producer.init());
    await producer.must(producer.send('t', 0, 'a'));
    await producer.must(producer.end(false));
  }
  const begun = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  let isSlow = false;
  const open = disk.open.bind(disk);
  disk.open = (path) => {
    const file = open(path);
    const read = file.read.bind(file);
    file.read = async (length, position) => {
      if (isSlow) {
        begun.resolve();
        await goOn.promise;
      }
      return await read(length, position);
    };
    return file;
  };
  await using session = await start({ disk });
  const reader = await RawClient.open('127.0.0.1', session.broker.port);
  isSlow = true;
  const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20 }];
  const request = { minBytes: 0, maxBytes: 1 << 20, isolationLevel: 1, topics: [{ topic: 't', partitions }] };
  const reading = reader.request(Fetch, 12, request);
  await begun.promise;
  const topics = [{ name: 't', partitions: [{ partitionIndex: 0, offset: -1 }] }];
  await session.client.request(DeleteRecords, 2, { topics, timeoutMs: 1000 });
  goOn.resolve();
  const { responses } = await reading;
  assert.equal(errorName(responses[0]?.partitions[0]?.errorCode ?? 0), 'OFFSET_OUT_OF_RANGE');
  reader.close();
});

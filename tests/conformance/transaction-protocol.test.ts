// Transactions byte by byte, by a client that does nothing by itself: every state and everything that may be asked of
// it, and what partitions and groups make of it. The same against Apache Kafka, by KLAMM_TEST_BOOTSTRAP. Where Klamm
// differs on purpose the test says so: it waits where Apache Kafka has the client ask again, and never helps a
// producer that is fenced off.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { batchOf } from '@klamm/broker/testing/batches';
import { RawClient } from '@klamm/broker/testing/raw-client';
import { Produce } from '@klamm/protocol/api/00-produce';
import { Fetch } from '@klamm/protocol/api/01-fetch';
import { ListOffsets } from '@klamm/protocol/api/02-list-offsets';
import { OffsetCommit } from '@klamm/protocol/api/08-offset-commit';
import { OffsetFetch } from '@klamm/protocol/api/09-offset-fetch';
import { FindCoordinator } from '@klamm/protocol/api/10-find-coordinator';
import { JoinGroup } from '@klamm/protocol/api/11-join-group';
import { SyncGroup } from '@klamm/protocol/api/14-sync-group';
import { CreateTopics } from '@klamm/protocol/api/19-create-topics';
import { DeleteTopics } from '@klamm/protocol/api/20-delete-topics';
import { DeleteRecords } from '@klamm/protocol/api/21-delete-records';
import { InitProducerId } from '@klamm/protocol/api/22-init-producer-id';
import { AddPartitionsToTxn } from '@klamm/protocol/api/24-add-partitions-to-txn';
import { AddOffsetsToTxn } from '@klamm/protocol/api/25-add-offsets-to-txn';
import { EndTxn } from '@klamm/protocol/api/26-end-txn';
import { WriteTxnMarkers } from '@klamm/protocol/api/27-write-txn-markers';
import { TxnOffsetCommit } from '@klamm/protocol/api/28-txn-offset-commit';
import { DeleteGroups } from '@klamm/protocol/api/42-delete-groups';
import { OffsetDelete } from '@klamm/protocol/api/47-offset-delete';
import { DescribeProducers } from '@klamm/protocol/api/61-describe-producers';
import { DescribeTransactions } from '@klamm/protocol/api/65-describe-transactions';
import { ListTransactions } from '@klamm/protocol/api/66-list-transactions';
import { errorName } from '@klamm/protocol/error-codes';
import { forEachBatch, lastOffsetOf } from '@klamm/protocol/records/batch';
import type { Encodable } from '@klamm/protocol/schema/fields';
import type { Broker } from '../peers/broker.ts';
import { startKlamm } from '../peers/klamm.ts';

type InitFields = Partial<Encodable<(typeof InitProducerId)['request']['fields']>>;

const NOBODYS_ID = 1_000_000;
/** The version of EndTxn from which on each transaction has an epoch of its own (KIP-890), and the one before. */
const V2 = 5;
const V1 = 4;
const AGAIN: ReadonlySet<string> = new Set([
  'CONCURRENT_TRANSACTIONS',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
]);

/** Asks again while the answer is one of Apache Kafka's for "not yet". */
async function untilOver<T extends { readonly error: string }>(ask: () => Promise<T>): Promise<T> {
  const patience = AbortSignal.timeout(30_000);
  for (;;) {
    const answer = await ask();
    if (!AGAIN.has(answer.error)) return answer;
    patience.throwIfAborted();
    await sleep(20);
  }
}

suite('the transaction protocol', () => {
  let broker: Broker;
  let client: RawClient;
  /** Whether it is Klamm, and not one that it is held against. */
  let isKlamm = false;
  const topic = `t-${randomUUID()}`;

  before(async () => {
    broker = await startKlamm({
      settings: {
        'offsets.topic.num.partitions': '1',
        'transaction.state.log.num.partitions': '1',
        'transaction.abort.timed.out.transaction.cleanup.interval.ms': '200',
      },
    });
    isKlamm = broker.name === 'Klamm';
    const [host = '', port] = broker.bootstrap.split(':');
    client = await RawClient.open(host, Number(port));
    await createTopic(topic, 8);
    for (const keyType of [0, 1]) {
      await untilOver(async () => {
        const { coordinators } = await client.request(FindCoordinator, 4, {
          keyType,
          coordinatorKeys: ['any'],
        });
        return { error: errorName(coordinators[0]?.errorCode ?? -1) };
      });
    }
  });
  after(async () => {
    client.close();
    await broker[Symbol.asyncDispose]();
  });

  /** Creates a topic, and waits until it can be written to. */
  async function createTopic(name: string, numPartitions = 1): Promise<void> {
    const topics = [{ name, numPartitions, replicationFactor: 1, assignments: [], configs: [] }];
    await client.request(CreateTopics, 6, { topics, timeoutMs: 30_000 });
    const partitions = Array.from({ length: numPartitions }, (_, partitionIndex) => ({
      partitionIndex,
      timestamp: -1,
    }));
    const request = { replicaId: -1, topics: [{ name, partitions }] };
    await untilOver(async () => {
      const answer = await client.request(ListOffsets, 7, request);
      const isThere = answer.topics[0]?.partitions.every(({ errorCode }) => errorCode === 0) === true;
      return { error: isThere ? 'NONE' : 'COORDINATOR_NOT_AVAILABLE' };
    });
  }

  /** A producer as the wire knows it: an id and an epoch, nothing more. */
  class Producer {
    readonly transactionalId = `id-${randomUUID()}`;
    producerId = -1;
    epoch = -1;
    sequence = 0;

    /** @param producer what it says it has, as an offset from what it has: `[0, 0]` for the same */
    init(producer?: readonly [number, number], fields: InitFields = {}, version = 5) {
      return untilOver(async () => {
        const { errorCode, producerId, producerEpoch } = await client.request(InitProducerId, version, {
          transactionalId: this.transactionalId,
          transactionTimeoutMs: 60_000,
          ...(producer === undefined ? {} : { producerId: producer[0], producerEpoch: producer[1] }),
          ...fields,
        });
        return { error: errorName(errorCode), producerId, producerEpoch };
      });
    }

    /** Takes the id and epoch that it is given. */
    async begin(transactionTimeoutMs = 60_000): Promise<this> {
      const { error, producerId, producerEpoch } = await this.init(undefined, { transactionTimeoutMs });
      assert.equal(error, 'NONE');
      Object.assign(this, { producerId, epoch: producerEpoch, sequence: 0 });
      return this;
    }

    add(partition = 0, producerId = this.producerId, epoch = this.epoch, name = topic, version = 3) {
      return untilOver(async () => {
        const { resultsByTopicV3AndBelow: results } = await client.request(AddPartitionsToTxn, version, {
          v3AndBelowTransactionalId: this.transactionalId,
          v3AndBelowProducerId: producerId,
          v3AndBelowProducerEpoch: epoch,
          v3AndBelowTopics: [{ name, partitions: [partition] }],
        });
        return { error: errorName(results[0]?.resultsByPartition[0]?.partitionErrorCode ?? -1) };
      });
    }

    addOffsets(groupId: string, producerId = this.producerId, producerEpoch = this.epoch, version = 3) {
      return untilOver(async () => {
        const { transactionalId } = this;
        const request = { transactionalId, producerId, producerEpoch, groupId };
        const { errorCode } = await client.request(AddOffsetsToTxn, version, request);
        return { error: errorName(errorCode) };
      });
    }

    end(committed: boolean, version = V2, producerId = this.producerId, producerEpoch = this.epoch) {
      return untilOver(async () => {
        const { transactionalId } = this;
        const request = { transactionalId, producerId, producerEpoch, committed };
        const { errorCode, ...producer } = await client.request(EndTxn, version, request);
        return { error: errorName(errorCode), ...producer };
      });
    }

    /** Ends the open transaction, and goes on in the epoch that it is given. */
    async close(committed: boolean, version = V2): Promise<void> {
      const { error, producerEpoch } = await this.end(committed, version);
      assert.equal(error, 'NONE');
      if (version >= V2) Object.assign(this, { epoch: producerEpoch, sequence: 0 });
      await untilState(this, committed ? 'CompleteCommit' : 'CompleteAbort');
    }

    /** Sends a batch of two records, and says what became of it. */
    async send(
      partition: number,
      version = 12,
      { transactionalId = this.transactionalId as string | null, name = topic, ...fields } = {} as {
        transactionalId?: string | null;
        name?: string;
        producerId?: number;
        producerEpoch?: number;
        baseSequence?: number;
        transactional?: boolean;
        label?: string;
      },
    ): Promise<string> {
      const records = batchOf(2, {
        producerId: this.producerId,
        producerEpoch: this.epoch,
        baseSequence: this.sequence,
        transactional: true,
        timestamp: Date.now(),
        ...fields,
      });
      const topicData = [{ name, partitionData: [{ index: partition, records }] }];
      const body = { transactionalId, acks: -1, timeoutMs: 10_000, topicData };
      const { responses } = await client.request(Produce, version, body);
      const error = errorName(responses[0]?.partitionResponses[0]?.errorCode ?? -1);
      if (error === 'NONE' && fields.baseSequence === undefined) this.sequence += 2;
      return error;
    }

    async commit(
      groupId: string,
      offset: number,
      fields: {
        partition?: number;
        generationId?: number;
        memberId?: string;
        producerEpoch?: number;
        name?: string;
      } = {},
      version = 5,
    ): Promise<string> {
      const { partition = 0, name = topic, ...more } = fields;
      const { error } = await untilOver(async () => {
        const { topics } = await client.request(TxnOffsetCommit, version, {
          transactionalId: this.transactionalId,
          groupId,
          producerId: this.producerId,
          producerEpoch: this.epoch,
          topics: [{ name, partitions: [{ partitionIndex: partition, committedOffset: offset }] }],
          ...more,
        });
        return { error: errorName(topics[0]?.partitions[0]?.errorCode ?? -1) };
      });
      return error;
    }
  }

  const newProducer = (transactionTimeoutMs?: number) => new Producer().begin(transactionTimeoutMs);

  async function describe(transactionalId: string) {
    const { transactionStates } = await client.request(DescribeTransactions, 0, {
      transactionalIds: [transactionalId],
    });
    const [found] = transactionStates;
    assert.ok(found);
    return found;
  }

  /** Apache Kafka answers an EndTxn before the markers are written; when the state says so, they are. */
  async function untilState({ transactionalId }: Producer, state: string): Promise<void> {
    const patience = AbortSignal.timeout(30_000);
    while ((await describe(transactionalId)).transactionState !== state) {
      patience.throwIfAborted();
      await sleep(20);
    }
  }

  /** What a reader of a partition is answered: offsets, keys of records, first offsets of aborted transactions. */
  async function read(partition: number, fetchOffset = 0, isolationLevel = 1) {
    const partitions = [{ partition, fetchOffset, partitionMaxBytes: 1 << 20 }];
    const request = {
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: 1 << 20,
      isolationLevel,
      topics: [{ topic, partitions }],
    };
    const { responses } = await client.request(Fetch, 12, request);
    const answer = responses[0]?.partitions[0];
    assert.ok(answer);
    const records = answer.records ?? Buffer.alloc(0);
    let end = fetchOffset;
    forEachBatch(records, 0, records.length, (at) => {
      end = lastOffsetOf(records, at) + 1;
      return true;
    });
    return {
      error: errorName(answer.errorCode),
      highWatermark: answer.highWatermark,
      lastStableOffset: answer.lastStableOffset,
      end,
      aborted: answer.abortedTransactions?.map(({ firstOffset }) => firstOffset),
    };
  }

  async function listed(partition: number, isolationLevel: number, timestamp: number): Promise<number> {
    const partitions = [{ partitionIndex: partition, currentLeaderEpoch: -1, timestamp }];
    const topics = [{ name: topic, partitions }];
    const answer = await client.request(ListOffsets, 7, { replicaId: -1, isolationLevel, topics });
    return answer.topics[0]?.partitions[0]?.offset ?? -2;
  }

  /** What a partition knows of a producer. */
  async function known(partition: number, { producerId }: Producer) {
    const request = { topics: [{ name: topic, partitionIndexes: [partition] }] };
    const { topics } = await client.request(DescribeProducers, 0, request);
    const found = topics[0]?.partitions[0]?.activeProducers.find((each) => each.producerId === producerId);
    assert.ok(found);
    return [found.producerEpoch, found.lastSequence, found.currentTxnStartOffset];
  }

  /** The committed offset of a partition, or why there is none. */
  async function committed(groupId: string, requireStable = true, partition = 0): Promise<string | number> {
    const groups = [{ groupId, topics: [{ name: topic, partitionIndexes: [partition] }] }];
    const answer = await client.request(OffsetFetch, 8, { groups, requireStable });
    const found = answer.groups[0]?.topics[0]?.partitions[0];
    assert.ok(found);
    return found.errorCode === 0 ? found.committedOffset : errorName(found.errorCode);
  }

  async function commitPlainly(groupId: string, offset: number, partition = 0): Promise<string> {
    const { topics } = await client.request(OffsetCommit, 8, {
      groupId,
      generationIdOrMemberEpoch: -1,
      topics: [{ name: topic, partitions: [{ partitionIndex: partition, committedOffset: offset }] }],
    });
    return errorName(topics[0]?.partitions[0]?.errorCode ?? -1);
  }

  const STATES: Record<string, () => Promise<Producer>> = {
    Empty: async () => await (await newProducer()).begin(),
    Ongoing: async () => {
      const producer = await (await newProducer()).begin();
      assert.equal((await producer.add()).error, 'NONE');
      return producer;
    },
    CompleteCommit1: () => ended(true, V1),
    CompleteCommit2: () => ended(true, V2),
    CompleteAbort1: () => ended(false, V1),
    CompleteAbort2: () => ended(false, V2),
  };

  async function ended(isCommitted: boolean, version: number): Promise<Producer> {
    const producer = await (await newProducer()).begin();
    assert.equal((await producer.add()).error, 'NONE');
    await producer.close(isCommitted, version);
    return producer;
  }

  type Answer = { error: string; producerId?: number; producerEpoch?: number };
  const REQUESTS: Record<string, (producer: Producer, id: number, epoch: number) => Promise<Answer>> = {
    init: (producer, id, epoch) => producer.init([id, epoch]),
    add: (producer, id, epoch) => producer.add(1, id, epoch),
    offsets: (producer, id, epoch) => producer.addOffsets('any', id, epoch),
    commit1: (producer, id, epoch) => producer.end(true, V1, id, epoch),
    abort1: (producer, id, epoch) => producer.end(false, V1, id, epoch),
    commit2: (producer, id, epoch) => producer.end(true, V2, id, epoch),
    abort2: (producer, id, epoch) => producer.end(false, V2, id, epoch),
  };

  /** State, request, what the producer of the epoch is answered, and one of the epoch before; with it goes the next epoch. */
  const TABLE = `
    Empty           | init    | NONE +1           | PRODUCER_FENCED
    Empty           | add     | NONE              | PRODUCER_FENCED
    Empty           | offsets | NONE              | PRODUCER_FENCED
    Empty           | commit1 | INVALID_TXN_STATE | PRODUCER_FENCED
    Empty           | abort1  | INVALID_TXN_STATE | PRODUCER_FENCED
    Empty           | commit2 | INVALID_TXN_STATE | PRODUCER_FENCED
    Empty           | abort2  | NONE +1           | PRODUCER_FENCED
    Ongoing         | init    | NONE +1           | PRODUCER_FENCED
    Ongoing         | add     | NONE              | PRODUCER_FENCED
    Ongoing         | offsets | NONE              | PRODUCER_FENCED
    Ongoing         | commit1 | NONE              | PRODUCER_FENCED
    Ongoing         | abort1  | NONE              | PRODUCER_FENCED
    Ongoing         | commit2 | NONE +1           | PRODUCER_FENCED
    Ongoing         | abort2  | NONE +1           | PRODUCER_FENCED
    CompleteCommit1 | init    | NONE +1           | PRODUCER_FENCED
    CompleteCommit1 | add     | NONE              | PRODUCER_FENCED
    CompleteCommit1 | offsets | NONE              | PRODUCER_FENCED
    CompleteCommit1 | commit1 | NONE              | PRODUCER_FENCED
    CompleteCommit1 | abort1  | INVALID_TXN_STATE | PRODUCER_FENCED
    CompleteCommit1 | commit2 | INVALID_TXN_STATE | PRODUCER_FENCED, Apache Kafka: NONE +0
    CompleteCommit1 | abort2  | NONE +1           | PRODUCER_FENCED, Apache Kafka: INVALID_TXN_STATE
    CompleteCommit2 | init    | NONE +1           | NONE +0
    CompleteCommit2 | add     | NONE              | PRODUCER_FENCED
    CompleteCommit2 | offsets | NONE              | PRODUCER_FENCED
    CompleteCommit2 | commit1 | NONE              | PRODUCER_FENCED
    CompleteCommit2 | abort1  | INVALID_TXN_STATE | PRODUCER_FENCED
    CompleteCommit2 | commit2 | INVALID_TXN_STATE | NONE +0
    CompleteCommit2 | abort2  | NONE +1           | INVALID_TXN_STATE
    CompleteAbort1  | init    | NONE +1           | PRODUCER_FENCED
    CompleteAbort1  | add     | NONE              | PRODUCER_FENCED
    CompleteAbort1  | offsets | NONE              | PRODUCER_FENCED
    CompleteAbort1  | commit1 | INVALID_TXN_STATE | PRODUCER_FENCED
    CompleteAbort1  | abort1  | NONE              | PRODUCER_FENCED
    CompleteAbort1  | commit2 | INVALID_TXN_STATE | PRODUCER_FENCED, Apache Kafka: INVALID_TXN_STATE
    CompleteAbort1  | abort2  | NONE +1           | PRODUCER_FENCED, Apache Kafka: NONE +0
    CompleteAbort2  | init    | NONE +1           | NONE +0
    CompleteAbort2  | add     | NONE              | PRODUCER_FENCED
    CompleteAbort2  | offsets | NONE              | PRODUCER_FENCED
    CompleteAbort2  | commit1 | INVALID_TXN_STATE | PRODUCER_FENCED
    CompleteAbort2  | abort1  | NONE              | PRODUCER_FENCED
    CompleteAbort2  | commit2 | INVALID_TXN_STATE | INVALID_TXN_STATE
    CompleteAbort2  | abort2  | NONE +1           | NONE +0
  `;

  for (const line of TABLE.trim().split('\n')) {
    const [state = '', request = '', same = '', older = ''] = line.split('|').map((cell) => cell.trim());
    test(`${state}, ${request}`, async () => {
      const answered = async (idDelta: number, epochDelta: number): Promise<string> => {
        const producer = await STATES[state]?.();
        assert.ok(producer);
        const { producerId: id, epoch } = producer;
        const answer = await REQUESTS[request]?.(producer, id + idDelta, epoch + epochDelta);
        assert.ok(answer);
        const { error, producerId = -1, producerEpoch = -1 } = answer;
        if (error !== 'NONE' || producerId < 0) return error;
        assert.equal(producerId, id);
        return `NONE +${producerEpoch - epoch}`;
      };
      const [ofKlamm = '', ofKafka = ofKlamm] = older.split(', Apache Kafka: ');
      assert.equal(await answered(0, 0), same);
      assert.equal(await answered(0, -1), isKlamm ? ofKlamm : ofKafka, 'one of the epoch before');
      // Who says that it has an epoch that nobody was given has Apache Kafka end the transaction, and is given the next.
      const ofFuture = request === 'init' && state === 'Ongoing' && !isKlamm ? 'NONE +2' : 'PRODUCER_FENCED';
      assert.equal(await answered(0, 1), ofFuture, 'one of the next epoch');
      const stranger = request === 'init' ? 'PRODUCER_FENCED' : 'INVALID_PRODUCER_ID_MAPPING';
      assert.equal(await answered(NOBODYS_ID, 0), stranger, 'another producer');
    });
  }

  test('whoever comes without an epoch takes over: two epochs on where a transaction was open, one elsewhere', async () => {
    for (const [state, begin] of Object.entries(STATES)) {
      const producer = await begin();
      const { error, producerId, producerEpoch } = await producer.init();
      const expected = ['NONE', producer.producerId, producer.epoch + (state === 'Ongoing' ? 2 : 1)];
      assert.deepEqual([error, producerId, producerEpoch], expected, state);
      assert.equal((await describe(producer.transactionalId)).transactionState, 'Empty');
    }
  });

  test('a fenced producer is told so as its version knows it', async () => {
    const producer = await (await newProducer()).begin();
    const { producerId: id } = producer;
    const epoch = producer.epoch - 1;
    for (const version of [0, 1, 2, 3]) {
      const name = version < 2 ? 'INVALID_PRODUCER_EPOCH' : 'PRODUCER_FENCED';
      assert.equal(
        (await producer.add(0, id, epoch, topic, version)).error,
        name,
        `AddPartitionsToTxn v${version}`,
      );
      assert.equal(
        (await producer.addOffsets('g', id, epoch, version)).error,
        name,
        `AddOffsetsToTxn v${version}`,
      );
      assert.equal((await producer.end(true, version, id, epoch)).error, name, `EndTxn v${version}`);
    }
    assert.equal((await producer.init([id, epoch], {}, 3)).error, 'INVALID_PRODUCER_EPOCH');
    assert.equal((await producer.init([id, epoch], {}, 4)).error, 'PRODUCER_FENCED');
  });

  test('what InitProducerId refuses, it answers without a producer', async () => {
    const producer = new Producer();
    const refused = async (fields: InitFields): Promise<string> => {
      const { error, producerId, producerEpoch } = await producer.init(undefined, fields);
      if (error !== 'NONE') assert.deepEqual([producerId, producerEpoch], [-1, -1]);
      return error;
    };
    assert.equal(await refused({ transactionalId: '' }), 'INVALID_REQUEST');
    assert.equal(await refused({ producerId: 5 }), 'INVALID_REQUEST');
    assert.equal(await refused({ producerEpoch: 5 }), 'INVALID_REQUEST');
    for (const transactionTimeoutMs of [0, -1, 900_001])
      assert.equal(await refused({ transactionTimeoutMs }), 'INVALID_TRANSACTION_TIMEOUT');
    assert.equal(await refused({ transactionTimeoutMs: 900_000 }), 'NONE');
  });

  test('an idempotent producer gets an id that nobody had, also where it names one', async () => {
    const ids = new Set<number>();
    for (const named of [undefined, undefined, [3, 1] as const, [NOBODYS_ID, 7] as const]) {
      const answer = await new Producer().init(named, { transactionalId: null, transactionTimeoutMs: -1 });
      assert.deepEqual([answer.error, answer.producerEpoch], ['NONE', 0]);
      ids.add(answer.producerId);
    }
    assert.equal(ids.size, 4);
    assert.ok(!ids.has(NOBODYS_ID));
  });

  test('all partitions are added, or none: one that is not there, or is a coordinator’s, keeps out the others', async () => {
    const producer = await newProducer();
    const names = [topic, '__consumer_offsets', `none-${randomUUID()}`];
    const { resultsByTopicV3AndBelow: results } = await client.request(AddPartitionsToTxn, 3, {
      v3AndBelowTransactionalId: producer.transactionalId,
      v3AndBelowProducerId: producer.producerId,
      v3AndBelowProducerEpoch: producer.epoch,
      v3AndBelowTopics: names.map((name) => ({ name, partitions: [0] })),
    });
    const outcomes = new Map(
      results.map(({ name, resultsByPartition: [first] }) => [
        name,
        errorName(first?.partitionErrorCode ?? -1),
      ]),
    );
    const expected = ['OPERATION_NOT_ATTEMPTED', 'TOPIC_AUTHORIZATION_FAILED', 'UNKNOWN_TOPIC_OR_PARTITION'];
    assert.deepEqual(
      names.map((name) => outcomes.get(name)),
      expected,
    );
    assert.equal((await producer.add(99)).error, 'UNKNOWN_TOPIC_OR_PARTITION');
    assert.equal((await describe(producer.transactionalId)).transactionState, 'Empty');
  });

  test('brokers add partitions of many transactions at a time, or only ask whether they are in', async () => {
    const [a, b] = [await newProducer(), await newProducer()];
    const ask = async (producer: Producer, verifyOnly: boolean, epoch = producer.epoch): Promise<string> => {
      const { transactionalId, producerId } = producer;
      const topics = [{ name: topic, partitions: [2] }];
      const transactions = [{ transactionalId, producerId, producerEpoch: epoch, verifyOnly, topics }];
      const { resultsByTransaction } = await client.request(AddPartitionsToTxn, 5, { transactions });
      const [result] = resultsByTransaction[0]?.topicResults ?? [];
      return errorName(result?.resultsByPartition[0]?.partitionErrorCode ?? -1);
    };
    assert.equal(await ask(a, true), 'TRANSACTION_ABORTABLE');
    assert.equal(await ask(a, false), 'NONE');
    assert.equal(await ask(a, true), 'NONE');
    assert.equal(await ask(b, true), 'TRANSACTION_ABORTABLE');
    assert.equal(await ask(a, true, a.epoch + 1), 'PRODUCER_FENCED');
    assert.equal(await ask(new Producer(), true), 'INVALID_PRODUCER_ID_MAPPING');
  });

  for (const version of [3, 8, 10, 11, 12]) {
    test(`records by Produce v${version}: only in a transaction that has the partition`, async () => {
      const producer = await newProducer();
      const adds = version >= 12;
      const problem = version >= 11 ? 'TRANSACTION_ABORTABLE' : 'INVALID_TXN_STATE';
      assert.equal(await producer.send(0, version), adds ? 'NONE' : problem);
      if (!adds) {
        await producer.add();
        assert.equal(await producer.send(0, version), 'NONE');
      }
      assert.equal(await producer.send(0, version, { baseSequence: 0 }), 'NONE', 'sent again');
      assert.equal(await producer.send(0, version, { baseSequence: 5 }), 'OUT_OF_ORDER_SEQUENCE_NUMBER');
      for (const transactionalId of [producer.transactionalId, null])
        assert.equal(
          await producer.send(0, version, { transactionalId, transactional: false, baseSequence: 2 }),
          'INVALID_TXN_STATE',
          'outside of the transaction while it is open',
        );
      assert.equal(await producer.send(0, version), 'NONE');
      const stranger = { producerId: NOBODYS_ID, baseSequence: 0 };
      assert.equal(await producer.send(0, version, stranger), 'INVALID_PRODUCER_ID_MAPPING');
      const unnamed = { transactionalId: null, baseSequence: 4 };
      assert.equal(await producer.send(0, version, unnamed), 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED');
      for (const producerEpoch of [producer.epoch - 1, producer.epoch + 1].filter((epoch) => epoch >= 0))
        assert.equal(
          await producer.send(0, version, { producerEpoch, baseSequence: 0 }),
          'INVALID_PRODUCER_EPOCH',
        );
      const { epoch } = producer;
      await producer.close(true, adds ? V2 : V1);
      assert.deepEqual(await known(0, producer), adds ? [epoch + 1, -1, -1] : [epoch, 3, -1]);
      assert.equal(
        await producer.send(0, version, { producerEpoch: epoch, baseSequence: 4 }),
        adds ? 'INVALID_PRODUCER_EPOCH' : problem,
        'late, after the end',
      );
      if (adds)
        assert.equal(await producer.send(0, version, { baseSequence: 3 }), 'OUT_OF_ORDER_SEQUENCE_NUMBER');
    });
  }

  test('nobody writes to the coordinators’ topics', async () => {
    const producer = await newProducer();
    const plain = {
      transactionalId: null,
      producerId: -1,
      producerEpoch: -1,
      baseSequence: -1,
      transactional: false,
    };
    for (const name of ['__consumer_offsets', '__transaction_state']) {
      assert.equal(await producer.send(0, 11, { ...plain, name }), 'INVALID_TOPIC_EXCEPTION');
      assert.equal(await producer.send(0, 12, { name }), 'INVALID_TOPIC_EXCEPTION');
    }
  });

  test('readers of committed records stop where the oldest open transaction begins, and learn who was aborted', async () => {
    const [a, b] = [await newProducer(), await newProducer()];
    await a.send(1);
    await b.send(1);
    assert.deepEqual(await read(1), {
      error: 'NONE',
      highWatermark: 4,
      lastStableOffset: 0,
      end: 0,
      aborted: [],
    });
    const all = await read(1, 0, 0);
    assert.deepEqual([all.end, all.lastStableOffset, all.aborted], [4, 0, undefined]);
    const LATEST = -1;
    const MAX_TIMESTAMP = -3;
    assert.deepEqual([await listed(1, 1, LATEST), await listed(1, 0, LATEST)], [0, 4]);
    assert.deepEqual([await listed(1, 1, 1), await listed(1, 0, 1)], [-1, 0], 'by time');
    assert.equal(await listed(1, 1, MAX_TIMESTAMP), -1);
    await b.close(false);
    assert.equal((await read(1)).lastStableOffset, 0);
    await a.close(true);
    const seen = await Promise.all([0, 2, 3, 4, 5].map((from) => read(1, from)));
    assert.deepEqual(
      seen.map(({ aborted }) => aborted),
      [[2], [2], [2], [2], []],
    );
    assert.deepEqual(
      seen.map(({ end }) => end),
      [6, 6, 6, 6, 6],
    );
  });

  test('records of an open transaction can be deleted, and it ends all the same', async () => {
    const producer = await newProducer();
    await producer.send(2);
    const topics = [{ name: topic, partitions: [{ partitionIndex: 2, offset: -1 }] }];
    const deleted = await client.request(DeleteRecords, 2, { topics, timeoutMs: 10_000 });
    assert.equal(deleted.topics[0]?.partitions[0]?.lowWatermark, 2);
    assert.equal((await read(2, 2)).lastStableOffset, 2);
    assert.equal((await read(2, 0)).error, 'OFFSET_OUT_OF_RANGE');
    await producer.close(true);
    assert.equal((await read(2, 2)).lastStableOffset, 3);
  });

  test('a topic that is deleted under an open transaction does not keep it from ending elsewhere', async () => {
    const name = `gone-${randomUUID()}`;
    await createTopic(name);
    const producer = await newProducer();
    assert.equal(await producer.send(0, 12, { name }), 'NONE');
    assert.equal(await producer.send(3, 12, { baseSequence: 0 }), 'NONE');
    await client.request(DeleteTopics, 5, { topicNames: [name], timeoutMs: 30_000 });
    await producer.close(true);
    assert.equal((await read(3)).lastStableOffset, 3);
  });

  test('a transaction that takes too long is aborted; its producer may end it, and go on in the next epoch', async () => {
    const producer = await newProducer(300);
    assert.equal(await producer.send(4), 'NONE');
    await untilState(producer, 'CompleteAbort');
    assert.equal((await describe(producer.transactionalId)).producerEpoch, producer.epoch + 1);
    assert.deepEqual((await read(4)).aborted, [0]);
    assert.equal(await producer.send(4), 'INVALID_PRODUCER_EPOCH');
    assert.equal((await producer.add(4)).error, 'PRODUCER_FENCED');
    assert.equal((await producer.end(true)).error, 'INVALID_TXN_STATE');
    const { error, producerEpoch } = await producer.end(false);
    assert.deepEqual([error, producerEpoch], ['NONE', producer.epoch + 1]);
    const anew = await producer.init([producer.producerId, producer.epoch]);
    assert.deepEqual([anew.error, anew.producerEpoch], ['NONE', producer.epoch + 1]);
  });

  test('offsets count when their transaction commits; until then who wants stable ones is asked to wait', async () => {
    const groupId = `g-${randomUUID()}`;
    const producer = await newProducer();
    for (const version of [0, 2, 3])
      assert.equal(await producer.commit(groupId, 7, {}, version), 'INVALID_TXN_STATE');
    assert.equal(await producer.commit(groupId, 7, {}, 4), 'TRANSACTION_ABORTABLE');
    assert.equal(await producer.commit(groupId, 7), 'NONE', 'v5 adds the group by itself');
    assert.equal(await committed(groupId), 'UNSTABLE_OFFSET_COMMIT');
    assert.equal(await committed(groupId, false), -1);
    await producer.close(true);
    assert.equal(await committed(groupId), 7);
    await producer.commit(groupId, 8);
    assert.equal(await committed(groupId, false), 7);
    await producer.close(false);
    assert.equal(await committed(groupId), 7);
    assert.equal((await producer.addOffsets(groupId)).error, 'NONE');
    for (const [i, version] of [0, 1, 2, 3, 4].entries())
      assert.equal(await producer.commit(groupId, 10 + i, {}, version), 'NONE', `v${version}`);
    await producer.close(true);
    assert.equal(await committed(groupId), 14);
    await producer.commit(groupId, 20);
    assert.equal(await commitPlainly(groupId, 15), 'NONE');
    await producer.close(true);
    assert.equal(await committed(groupId), 15, 'the commit that came later stays');
  });

  test('what is removed while a transaction is about to commit it stays removed', async () => {
    const groupId = `g-${randomUUID()}`;
    const producer = await newProducer();
    await producer.commit(groupId, 7);
    await producer.commit(groupId, 8, { partition: 1 });
    const topics = [{ name: topic, partitions: [{ partitionIndex: 0 }, { partitionIndex: 99 }] }];
    const removed = await client.request(OffsetDelete, 0, { groupId, topics });
    const codes = removed.topics[0]?.partitions
      .toSorted((a, b) => a.partitionIndex - b.partitionIndex)
      .map(({ errorCode }) => errorName(errorCode));
    assert.deepEqual(codes, ['NONE', 'UNKNOWN_TOPIC_OR_PARTITION']);
    assert.deepEqual(
      [await committed(groupId), await committed(groupId, true, 1)],
      [-1, 'UNSTABLE_OFFSET_COMMIT'],
    );
    await producer.close(true);
    assert.deepEqual([await committed(groupId), await committed(groupId, true, 1)], [-1, 8]);
    await producer.commit(groupId, 9);
    const { results } = await client.request(DeleteGroups, 2, { groupsNames: [groupId] });
    assert.equal(errorName(results[0]?.errorCode ?? -1), 'NONE');
    assert.equal(await committed(groupId), -1);
    await producer.close(true);
    assert.deepEqual([await committed(groupId), await committed(groupId, true, 1)], [-1, -1]);
  });

  test('who may not commit in a transaction', async () => {
    const groupId = `g-${randomUUID()}`;
    const producer = await (await newProducer()).begin();
    for (const [epoch, version] of [
      [-1, 3],
      [-1, 5],
      [1, 5],
    ] as const)
      assert.equal(
        await producer.commit(groupId, 1, { producerEpoch: producer.epoch + epoch }, version),
        'INVALID_PRODUCER_EPOCH',
      );
    assert.equal(await producer.commit('', 1), 'INVALID_GROUP_ID');
    assert.equal(
      await producer.commit(groupId, 1, { name: `none-${randomUUID()}` }),
      'UNKNOWN_TOPIC_OR_PARTITION',
    );
    assert.equal(await producer.commit(groupId, 1, { partition: 99 }), 'UNKNOWN_TOPIC_OR_PARTITION');
    assert.equal(
      await producer.commit(groupId, 1, { generationId: 3, memberId: 'm' }),
      'ILLEGAL_GENERATION',
      'no such group',
    );
    assert.equal(await producer.commit(groupId, 1), 'NONE');
    assert.equal(await producer.commit(groupId, 1, { generationId: 3, memberId: 'm' }), 'UNKNOWN_MEMBER_ID');
  });

  test('a member of a group commits in its own generation only (KIP-447)', async () => {
    const groupId = `g-${randomUUID()}`;
    const join = { groupId, sessionTimeoutMs: 30_000, rebalanceTimeoutMs: 30_000, protocolType: 'consumer' };
    const protocols = [{ name: 'any', metadata: Buffer.alloc(0) }];
    const { memberId } = await client.request(JoinGroup, 9, { ...join, memberId: '', protocols });
    const { generationId } = await client.request(JoinGroup, 9, { ...join, memberId, protocols });
    const producer = await newProducer();
    assert.equal(
      await producer.commit(groupId, 1, { generationId, memberId }),
      'NONE',
      'also while the group rebalances',
    );
    const assignments = [{ memberId, assignment: Buffer.alloc(0) }];
    const sync = {
      groupId,
      generationId,
      memberId,
      protocolType: 'consumer',
      protocolName: 'any',
      assignments,
    };
    await client.request(SyncGroup, 5, sync);
    assert.equal(await producer.commit(groupId, 2, { generationId, memberId }), 'NONE');
    assert.equal(
      await producer.commit(groupId, 3, { generationId: generationId - 1, memberId }),
      'ILLEGAL_GENERATION',
    );
    assert.equal(
      await producer.commit(groupId, 3, { generationId: generationId + 1, memberId }),
      'ILLEGAL_GENERATION',
    );
    assert.equal(
      await producer.commit(groupId, 3, { generationId, memberId: 'nobody' }),
      'UNKNOWN_MEMBER_ID',
    );
    assert.equal(await producer.commit(groupId, 4), 'NONE', 'who says nothing of a membership may');
    assert.equal(await commitPlainly(groupId, 5), 'UNKNOWN_MEMBER_ID');
    await producer.close(true);
    assert.equal(await committed(groupId), 4);
  });

  test('a marker that an administrator writes ends a transaction in its partition, and fences off older epochs', async () => {
    const producer = await (await newProducer()).begin();
    assert.equal(await producer.send(5), 'NONE');
    const mark = async (
      epochDelta: number,
      transactionVersion: number,
      coordinatorEpoch = 0,
      name = topic,
    ) => {
      const { producerId, epoch } = producer;
      const topics = [{ name, partitionIndexes: [5] }];
      const marker = { producerId, producerEpoch: epoch + epochDelta, transactionResult: false, topics };
      const markers = [{ ...marker, coordinatorEpoch, transactionVersion }];
      const answer = await client.request(WriteTxnMarkers, 2, { markers });
      return errorName(answer.markers[0]?.topics[0]?.partitions[0]?.errorCode ?? -1);
    };
    const { epoch } = producer;
    assert.equal(await mark(0, 0, 0, `none-${randomUUID()}`), 'UNKNOWN_TOPIC_OR_PARTITION');
    assert.equal(await mark(-1, 0), 'INVALID_PRODUCER_EPOCH');
    assert.equal(
      await mark(0, 2),
      'INVALID_PRODUCER_EPOCH',
      'transaction.version 2: the end has an epoch of its own',
    );
    assert.deepEqual(await known(5, producer), [epoch, 1, 0]);
    assert.equal(await mark(0, 0), 'NONE');
    assert.deepEqual(await known(5, producer), [epoch, 1, -1]);
    assert.equal(await mark(0, 0), 'NONE', 'again');
    assert.equal(await mark(0, 0, -1), 'TRANSACTION_COORDINATOR_FENCED');
    assert.equal(await mark(1, 2), 'NONE');
    assert.deepEqual(await known(5, producer), [epoch + 1, -1, -1]);
    assert.equal(await producer.send(5), 'INVALID_PRODUCER_EPOCH');
    await producer.close(true);
    assert.deepEqual((await read(5)).aborted, [0]);
  });

  test('what tools are told of a transaction', async () => {
    const producer = await newProducer();
    const { transactionalId, producerId, epoch } = producer;
    const summary = async () => {
      const { transactionState, transactionTimeoutMs, transactionStartTimeMs, topics, ...found } =
        await describe(transactionalId);
      assert.deepEqual([found.producerId, found.producerEpoch], [producerId, producer.epoch]);
      const places = topics.map(({ partitions }) => partitions.toSorted().join());
      return [transactionState, transactionTimeoutMs, transactionStartTimeMs > 0, places.join()];
    };
    assert.deepEqual(await summary(), ['Empty', 60_000, false, '']);
    await producer.add(7);
    await producer.add(6);
    assert.deepEqual(await summary(), ['Ongoing', 60_000, true, '6,7']);
    const refusals = [`none-${randomUUID()}`, ''].map(async (id) =>
      errorName((await describe(id)).errorCode),
    );
    assert.deepEqual(await Promise.all(refusals), ['TRANSACTIONAL_ID_NOT_FOUND', 'INVALID_REQUEST']);
    type Filters = Partial<Encodable<(typeof ListTransactions)['request']['fields']>>;
    const isListed = async (filters: Filters): Promise<boolean> => {
      const found = await client.request(ListTransactions, 2, filters);
      return found.transactionStates.some((each) => each.transactionalId === transactionalId);
    };
    const within: Filters[] = [
      {},
      { stateFilters: ['Ongoing', 'Nonsense'] },
      { producerIdFilters: [producerId] },
      { durationFilter: -1 },
      { transactionalIdPattern: 'id-.*' },
      { transactionalIdPattern: '' },
    ];
    for (const filters of within) assert.equal(await isListed(filters), true, JSON.stringify(filters));
    const without: Filters[] = [
      { stateFilters: ['Empty'] },
      { stateFilters: ['Nonsense'] },
      { producerIdFilters: [NOBODYS_ID] },
      { durationFilter: 1_000_000_000 },
      { transactionalIdPattern: 'id-' },
    ];
    for (const filters of without) assert.equal(await isListed(filters), false, JSON.stringify(filters));
    const wrong = await client.request(ListTransactions, 2, { transactionalIdPattern: '(' });
    assert.equal(errorName(wrong.errorCode), 'INVALID_REGULAR_EXPRESSION');
    const { unknownStateFilters } = await client.request(ListTransactions, 2, { stateFilters: ['Nonsense'] });
    assert.deepEqual(unknownStateFilters, ['Nonsense']);
    assert.deepEqual(await known(6, producer).catch(() => 'nobody'), 'nobody', 'nothing was written there');
    await producer.send(6);
    assert.deepEqual((await known(6, producer)).slice(0, 2), [epoch, 1]);
    await producer.close(true);
    assert.deepEqual(await summary(), ['CompleteCommit', 60_000, true, '']);
  });
});

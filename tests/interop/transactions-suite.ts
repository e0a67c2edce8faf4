// What Klamm's transactional producer promises, as tests that hold against any broker.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { topicName } from '../peers/topics.ts';
import { type Target, useTarget } from './target.ts';

const LAST = 'last of ';
let ids = 0;
const newId = (): string => `txn-${process.pid}-${++ids}`;

/**
 * Declares the suite.
 *
 * @param skip the reason why there is no such broker here, or false
 * @param late what a producer is told whose transaction was open for too long
 */
export function transactionsSuite(
  name: string,
  skip: string | false,
  start: () => Promise<Target>,
  late: 'INVALID_TXN_STATE' | 'PRODUCER_FENCED' = 'INVALID_TXN_STATE',
): void {
  suite(`Klamm's transactional producer on ${name}`, { skip }, () => {
    const target = useTarget(start);

    async function newTopic(partitions = 1): Promise<string> {
      const topic = topicName('txn');
      await using admin = target.kafka.admin();
      await admin.createTopic({ name: topic, partitions });
      return topic;
    }

    async function readNow(topic: string, readCommitted = true): Promise<string[]> {
      const values: string[] = [];
      for await (const message of target.kafka.consume({
        topic,
        from: 'earliest',
        toEnd: true,
        readCommitted,
      })) {
        values.push(message.text());
      }
      return values.sort();
    }

    /** What readers of committed records see, once everything sent so far is decided. */
    async function read(topic: string, partitions = 1): Promise<string[]> {
      await using producer = target.kafka.producer();
      // Apache Kafka answers a commit before its markers are written; nobody sees these before that.
      const mark = `${LAST}${newId()}`;
      await producer.sendBatch(
        Array.from({ length: partitions }, (_, partition) => ({ topic, partition, value: mark })),
      );
      const values: string[] = [];
      let left = partitions;
      for await (const message of target.kafka.consume({ topic, from: 'earliest', readCommitted: true })) {
        const value = message.text();
        if (!value.startsWith(LAST)) values.push(value);
        if (value === mark && --left === 0) break;
      }
      return values.sort();
    }

    test('what is sent in a transaction is seen when it commits, all of it at once, over partitions and topics', async () => {
      const [one, two] = [await newTopic(3), await newTopic()];
      await using producer = target.kafka.producer({ transactionalId: newId() });
      const offset = await producer.transaction(async (txn) => {
        await txn.sendBatch(
          [0, 1, 2].map((partition) => ({ topic: one, partition, value: `a${partition}` })),
        );
        const sent = await txn.send({ topic: two, value: 'b' });
        assert.deepEqual([await readNow(one), await readNow(two)], [[], []]);
        assert.deepEqual(await readNow(one, false), ['a0', 'a1', 'a2'], 'uncommitted reads see them at once');
        return sent.offset;
      });
      assert.equal(offset, 0);
      assert.deepEqual([await read(one, 3), await read(two)], [['a0', 'a1', 'a2'], ['b']]);
    });

    test('what throws aborts: nothing is seen, the error comes out, and the next transaction works', async () => {
      const topic = await newTopic();
      await using producer = target.kafka.producer({ transactionalId: newId() });
      const mishap = new Error('mishap');
      await assert.rejects(
        producer.transaction(async (txn) => {
          await txn.send({ topic, value: 'aborted' });
          throw mishap;
        }),
        mishap,
      );
      for (let i = 0; i < 5; i++) {
        await producer.transaction((txn) => txn.send({ topic, value: `committed ${i}` }));
        await assert.rejects(
          producer.transaction(async (txn) => {
            txn.enqueue({ topic, value: 'aborted' });
            throw mishap;
          }),
        );
      }
      assert.deepEqual(
        await read(topic),
        [0, 1, 2, 3, 4].map((i) => `committed ${i}`),
      );
    });

    test('explicit begin, commit and abort; what is left open is aborted by `await using`, and by close', async () => {
      const topic = await newTopic();
      const transactionalId = newId();
      const producer = target.kafka.producer({ transactionalId });
      const first = await producer.begin();
      await first.send({ topic, value: 'first' });
      await first.commit();
      await assert.rejects(first.send({ topic, value: 'late' }), { code: 'INVALID_TXN_STATE' });
      await assert.rejects(first.commit(), { code: 'INVALID_TXN_STATE' });
      const second = await producer.begin();
      await second.send({ topic, value: 'second' });
      await second.abort();
      {
        await using third = await producer.begin();
        await third.send({ topic, value: 'third' });
      }
      const fourth = await producer.begin();
      await fourth.send({ topic, value: 'fourth' });
      await producer.close();
      assert.deepEqual(await read(topic), ['first']);
    });

    test('a producer with the same transactional id fences off the one before, whose open transaction is aborted', async () => {
      const topic = await newTopic();
      const transactionalId = newId();
      await using old = target.kafka.producer({ transactionalId });
      const left = await old.begin();
      await left.send({ topic, value: 'left open' });
      await using young = target.kafka.producer({ transactionalId });
      await young.transaction((txn) => txn.send({ topic, value: 'young' }));
      await assert.rejects(left.commit(), { code: 'PRODUCER_FENCED', retriable: false });
      await assert.rejects(old.begin(), { code: 'PRODUCER_FENCED' });
      await assert.rejects(
        old.transaction((txn) => txn.send({ topic, value: 'zombie' })),
        { code: 'PRODUCER_FENCED' },
      );
      await young.transaction((txn) => txn.send({ topic, value: 'young again' }));
      assert.deepEqual(await read(topic), ['young', 'young again']);
    });

    test('a producer can settle what its predecessor left open before it begins anything itself', async () => {
      const topic = await newTopic();
      const [transactionalId, groupId] = [newId(), topicName('txn-group')];
      await using old = target.kafka.producer({ transactionalId });
      const left = await old.begin();
      await left.send({ topic, value: 'left open' });
      await left.sendOffsets(groupId, [{ topic, partition: 0, offset: 1 }]);
      await using young = target.kafka.producer({ transactionalId });
      await young.initTransactions();
      await young.initTransactions();
      // Neither records nor offsets wait for the old transaction any more.
      assert.deepEqual(await read(topic), []);
      await using group = target.kafka.group({
        groupId,
        topics: [topic],
        autoOffsetReset: 'earliest',
        readCommitted: true,
      });
      await young.transaction((txn) => txn.send({ topic, value: 'young' }));
      for (;;) {
        const { value: message } = await group.next();
        if (message?.text().startsWith(LAST)) continue;
        assert.equal(message?.text(), 'young');
        break;
      }
      await assert.rejects(left.commit(), { code: 'PRODUCER_FENCED' });
      await assert.rejects(old.initTransactions(), { code: 'PRODUCER_FENCED' });
    });

    test('a fenced producer whose records are refused dooms its transaction, and is finished at its end', async () => {
      const topic = await newTopic();
      const transactionalId = newId();
      await using old = target.kafka.producer({ transactionalId });
      const left = await old.begin();
      await left.send({ topic, value: 'left open' });
      await using young = target.kafka.producer({ transactionalId });
      await (await young.begin()).abort();
      await assert.rejects(left.send({ topic, value: 'zombie' }));
      await assert.rejects(left.commit());
      if (left.isOpen) await left.abort().catch(() => {});
      await assert.rejects(old.begin(), { code: 'PRODUCER_FENCED' });
      assert.deepEqual(await read(topic), []);
    });

    test('a record that fails dooms the transaction, whoever listens', async () => {
      const topic = await newTopic();
      await using producer = target.kafka.producer({ transactionalId: newId() });
      const txn = await producer.begin();
      await txn.send({ topic, value: 'fine' });
      txn.enqueue({ topic, partition: 7, value: 'no such partition' });
      await assert.rejects(txn.commit(), { code: 'INVALID_PARTITIONS' });
      await assert.rejects(txn.send({ topic, value: 'more' }), { code: 'INVALID_PARTITIONS' });
      await txn.abort();
      await producer.transaction((next) => next.send({ topic, value: 'next' }));
      assert.deepEqual(await read(topic), ['next']);
    });

    test('offsets of a group count when the transaction commits', async () => {
      const topic = await newTopic();
      const groupId = topicName('txn-group');
      await using producer = target.kafka.producer({ transactionalId: newId() });
      await using admin = target.kafka.admin();
      const committed = async (): Promise<number | undefined> =>
        (await admin.groupOffsets(groupId))[0]?.offset;
      await producer.transaction((txn) => txn.sendOffsets(groupId, [{ topic, partition: 0, offset: 3 }]));
      assert.equal(await committed(), 3);
      const txn = await producer.begin();
      await txn.sendOffsets(groupId, [{ topic, partition: 0, offset: 5, metadata: 'note' }]);
      await txn.abort();
      assert.equal(await committed(), 3);
    });

    test('offsets of a consumer that is no longer in its group doom the transaction', async () => {
      const topic = await newTopic();
      const groupId = topicName('txn-group');
      await using producer = target.kafka.producer({ transactionalId: newId() });
      await producer.transaction((txn) => txn.send({ topic, value: 'one' }));
      await using group = target.kafka.group({
        groupId,
        topics: [topic],
        readCommitted: true,
        autoOffsetReset: 'earliest',
      });
      const { value: message } = await group.next();
      assert.equal(message?.offset, 0);
      const offsets = [{ topic, partition: 0, offset: 1 }];
      await producer.transaction((txn) => txn.sendOffsets(group, offsets));
      const { memberId, generation, instanceId } = group;
      const past = { groupId, memberId, generation, instanceId };
      await group.close();
      await assert.rejects(
        producer.transaction((txn) => txn.sendOffsets(past, offsets)),
        { code: 'UNKNOWN_MEMBER_ID' },
      );
      await assert.rejects(
        producer.transaction((txn) => txn.sendOffsets(group, offsets)),
        { code: 'UNKNOWN_MEMBER_ID' },
      );
    });

    test('transactions that overlap run one after the other, in the order in which they were asked for', async () => {
      const topic = await newTopic();
      await using producer = target.kafka.producer({ transactionalId: newId() });
      const order: number[] = [];
      await Promise.all(
        [0, 1, 2, 3].map((i) =>
          producer.transaction(async (txn) => {
            await txn.send({ topic, value: String(i) });
            order.push(i);
          }),
        ),
      );
      assert.deepEqual(order, [0, 1, 2, 3]);
      assert.deepEqual(await read(topic), ['0', '1', '2', '3']);
    });

    test('a transaction that stays open for too long is aborted, and its producer learns it', async () => {
      const topic = await newTopic();
      await using producer = target.kafka.producer({ transactionalId: newId(), transactionTimeoutMs: 300 });
      const txn = await producer.begin();
      await txn.send({ topic, value: 'too long' });
      // Readers of committed records get behind it only when it was aborted.
      assert.deepEqual(await read(topic), []);
      await assert.rejects(txn.commit(), { code: late, message: /transactionTimeoutMs/ });
      // Before KIP-890 the coordinator cannot tell it from one whose place another has taken.
      if (late === 'PRODUCER_FENCED') return;
      await txn.abort();
      await producer.transaction((next) => next.send({ topic, value: 'next' }));
      assert.deepEqual(await read(topic), ['next']);
    });

    test('a transaction of many records over many batches, compressed', async () => {
      const topic = await newTopic(4);
      await using producer = target.kafka.producer({
        transactionalId: newId(),
        compression: 'lz4',
        batchBytes: 4096,
        lingerMs: 2,
      });
      const values = Array.from({ length: 5000 }, (_, i) => `value ${i}`);
      for (let round = 0; round < 2; round++) {
        await producer.transaction(async (txn) => {
          for (const value of values) if (!txn.enqueue({ topic, key: value, value })) await txn.ready();
        });
      }
      assert.deepEqual(await read(topic, 4), [...values, ...values].sort());
    });

    test('mistakes are told: no transactional id, no transaction, a timeout that is not allowed', async () => {
      const topic = await newTopic();
      await using plain = target.kafka.producer();
      await assert.rejects(plain.begin(), { code: 'INVALID_TXN_STATE', message: /transactionalId/ });
      await using producer = target.kafka.producer({ transactionalId: newId() });
      await assert.rejects(producer.send({ topic, value: '' }), {
        code: 'INVALID_TXN_STATE',
        message: /transaction\(/,
      });
      await using slow = target.kafka.producer({
        transactionalId: newId(),
        transactionTimeoutMs: 2_000_000_000,
      });
      await assert.rejects(slow.begin(), {
        code: 'INVALID_TRANSACTION_TIMEOUT',
        message: /transaction\.max\.timeout\.ms/,
      });
      assert.throws(() => target.kafka.producer({ transactionalId: newId(), acks: 1 }), {
        code: 'INVALID_CONFIG',
      });
    });
  });
}

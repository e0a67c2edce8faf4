// What the administrator's calls tell of transactions and do to them, on Klamm and on a real Apache Kafka 4.3.1.

import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { KlammError } from '@klamm/base/errors';
import type { Admin } from '@klamm/client/admin/admin';
import { Kafka } from '@klamm/client/client';
import { startApacheKafka } from '../peers/apache-kafka.ts';
import type { Broker } from '../peers/broker.ts';
import { getJava } from '../peers/java.ts';
import { startKlamm } from '../peers/klamm.ts';
import { usePeer } from '../peers/peers.ts';
import { RawTransactions } from './raw-transactions.ts';

const java = await usePeer(getJava);
// Else a broker would take no record of a transaction that its coordinator does not know: none could hang (KIP-890).
const settings = { 'transaction.partition.verification.enable': 'false' };
const brokers: [string, string | false, () => Promise<Broker>][] = [
  ['Klamm', false, () => startKlamm({ settings })],
  ['Apache Kafka 4.3.1', java.skip, () => startApacheKafka(java.get(), { settings })],
];
/** Longer ago than any transaction may be open. */
const LONG_AGO = Date.now() - 3_600_000;

for (const [name, skip, start] of brokers) {
  suite(`transactions and their administrator on ${name}`, { skip, timeout: 180_000 }, () => {
    let broker: Broker;
    let kafka: Kafka;
    let admin: Admin;
    let transactions: RawTransactions;
    before(async () => {
      broker = await start();
      kafka = new Kafka({ brokers: broker.bootstrap });
      admin = kafka.admin();
      transactions = await RawTransactions.open(broker.bootstrap, admin);
    });
    after(async () => {
      transactions?.[Symbol.dispose]();
      await admin?.close();
      await broker?.[Symbol.asyncDispose]();
    });

    /** A topic whose partitions are led, which on Kafka may be a moment after it is there. */
    async function newTopic(topic: string, partitions: number): Promise<void> {
      await admin.createTopic({ name: topic, partitions });
      await admin.listOffsets(topic, 'latest');
    }

    async function committed(topic: string): Promise<string[]> {
      const values: string[] = [];
      const options = { topic, from: 'earliest', toEnd: true, readCommitted: true } as const;
      for await (const message of kafka.consume(options)) values.push(message.text());
      return values;
    }

    test('a transaction is listed and described from before it begins until it is over', async () => {
      await newTopic('orders', 2);
      const producer = await transactions.producer('described');
      const { producerId, producerEpoch } = producer;
      const before = Date.now();
      const empty = {
        transactionalId: 'described',
        state: 'Empty',
        producerId,
        coordinatorId: 1,
        producerEpoch,
        transactionTimeoutMs: 900_000,
        transactionStartTimeMs: null,
        partitions: [],
      };
      assert.deepEqual(await admin.describeTransaction('described'), empty);
      const places = [0, 1].map((partition) => ({ topic: 'orders', partition }));
      for (const place of places) {
        await transactions.add(producer, place);
        await transactions.write(producer, place, 'x');
      }
      const open = await admin.describeTransaction('described');
      const { transactionStartTimeMs, partitions } = open;
      assert.ok(transactionStartTimeMs !== null && transactionStartTimeMs >= before);
      assert.deepEqual(
        { ...open, partitions: partitions.toSorted((a, b) => a.partition - b.partition) },
        { ...empty, state: 'Ongoing', transactionStartTimeMs, partitions: places },
      );
      assert.equal(await transactions.end(producer, true), 'NONE');
      // Kafka answers before it has written the markers.
      const end = await untilOver('described');
      assert.deepEqual(end, { ...empty, state: 'CompleteCommit', producerEpoch: end.producerEpoch });
    });

    async function untilOver(transactionalId: string) {
      for (;;) {
        const found = await admin.describeTransaction(transactionalId);
        if (!['Ongoing', 'PrepareCommit', 'PrepareAbort'].includes(found.state)) return found;
      }
    }

    test('transactions are listed by state, producer, pattern and how long they are open', async () => {
      await newTopic('listed', 1);
      const place = { topic: 'listed', partition: 0 };
      const idle = await transactions.producer('list-idle');
      const busy = await transactions.producer('list-busy');
      await transactions.add(busy, place);
      const idsOf = async (options: Parameters<Admin['listTransactions']>[0]): Promise<string[]> => {
        const listed = await admin.listTransactions(options);
        return listed.map(({ transactionalId }) => transactionalId).filter((id) => id.startsWith('list-'));
      };
      assert.deepEqual(await idsOf({}), ['list-busy', 'list-idle']);
      assert.deepEqual(await idsOf({ states: ['Ongoing'] }), ['list-busy']);
      assert.deepEqual(await idsOf({ producerIds: [idle.producerId] }), ['list-idle']);
      assert.deepEqual(await idsOf({ transactionalIdPattern: 'list-.*y' }), ['list-busy']);
      assert.deepEqual(await idsOf({ transactionalIdPattern: 'list' }), [], 'the whole id');
      assert.deepEqual(await idsOf({ longerThanMs: 3_600_000 }), []);
      while (Date.now() === (await admin.describeTransaction('list-busy')).transactionStartTimeMs);
      assert.deepEqual(await idsOf({ longerThanMs: 0 }), ['list-busy'], 'one that never began is not open');
      await assert.rejects(admin.listTransactions({ transactionalIdPattern: '(' }), {
        code: 'INVALID_REGULAR_EXPRESSION',
      });
      assert.deepEqual(
        (await admin.listTransactions({ producerIds: [busy.producerId] })).map(({ state }) => state),
        ['Ongoing'],
      );
      assert.equal(await transactions.end(busy, false), 'NONE');
    });

    test('partitions tell of their producers, and where the transaction of each began', async () => {
      await newTopic('producers', 2);
      const place = { topic: 'producers', partition: 1 };
      const producer = await transactions.producer('producers');
      await transactions.add(producer, place);
      const first = await transactions.write(producer, place, 'a', 1_750_000_000_000);
      await transactions.write(producer, place, 'b', 1_750_000_000_001);
      const { producerId, producerEpoch } = producer;
      const state = { producerId, producerEpoch, lastSequence: 1, lastTimestamp: 1_750_000_000_001 };
      assert.deepEqual(await admin.describeProducers([place, { topic: 'producers', partition: 0 }, place]), [
        { ...place, producers: [{ ...state, coordinatorEpoch: null, currentTxnStartOffset: first }] },
        { topic: 'producers', partition: 0, producers: [] },
      ]);
      assert.equal(await transactions.end(producer, true), 'NONE');
      await untilOver('producers');
      const [after] = await admin.describeProducers([place]);
      const [known] = after?.producers ?? [];
      assert.deepEqual([known?.producerId, known?.currentTxnStartOffset], [producerId, null]);
      assert.notEqual(known?.coordinatorEpoch, null);
      await assert.rejects(admin.describeProducers([{ topic: 'producers', partition: 7 }]), {
        code: 'INVALID_PARTITIONS',
        message: /no partition 7; it has 2/,
      });
    });

    test('what no coordinator will end is found and aborted, and readers go on', async () => {
      await newTopic('hanging', 2);
      const [known, unknown] = [0, 1].map((partition) => ({ topic: 'hanging', partition })) as [Place, Place];
      const busy = await transactions.producer('hanging-busy');
      await transactions.add(busy, known);
      await transactions.write(busy, known, 'old, but its coordinator has it', LONG_AGO);
      await transactions.producer('hanging-lost');
      const lost = await transactions.producer('hanging-lost');
      const young = await transactions.producer('hanging-young');
      const startOffset = await transactions.write(lost, unknown, 'lost', LONG_AGO);
      await transactions.write(young, unknown, 'young');
      const other = await transactions.producer('hanging-done');
      await transactions.add(other, unknown);
      await transactions.write(other, unknown, 'kept');
      assert.equal(await transactions.end(other, true), 'NONE');
      await untilOver('hanging-done');
      assert.deepEqual(await committed('hanging'), []);

      const [hanging, ...others] = await admin.findHangingTransactions();
      assert.deepEqual(others, []);
      assert.deepEqual(hanging, {
        ...unknown,
        producerId: lost.producerId,
        producerEpoch: lost.producerEpoch,
        lastSequence: 0,
        lastTimestamp: LONG_AGO,
        coordinatorEpoch: null,
        currentTxnStartOffset: startOffset,
        transactionalId: 'hanging-lost',
      });
      assert.deepEqual(await admin.findHangingTransactions({ partitions: [known] }), []);
      const all = await admin.findHangingTransactions({ longerThanMs: -1 });
      assert.deepEqual(all.map(({ transactionalId }) => transactionalId).sort(), [
        'hanging-lost',
        'hanging-young',
      ]);

      const older = { ...hanging, producerEpoch: lost.producerEpoch - 1 };
      await assert.rejects(admin.abortTransaction(older), { code: 'INVALID_PRODUCER_EPOCH' });
      for (const each of all) await admin.abortTransaction(each);
      assert.deepEqual(await admin.findHangingTransactions({ longerThanMs: -1 }), []);
      assert.deepEqual(await committed('hanging'), ['kept']);
      assert.equal(await transactions.end(busy, true), 'NONE');
    });

    test("an offset that no coordinator will commit or drop hangs in Kafka's own topic, and can be aborted", async () => {
      await newTopic('consumed', 1);
      await admin.setGroupOffsets('reader', [{ topic: 'consumed', partition: 0, offset: 1 }]);
      const producer = await transactions.producer('lost-offset');
      await transactions.commitOffset(producer, 'reader', { topic: 'consumed', partition: 0 }, 7);
      const hanging = await admin.findHangingTransactions({ longerThanMs: -1 });
      assert.deepEqual(
        hanging.map(({ topic, transactionalId }) => [topic, transactionalId]),
        [['__consumer_offsets', 'lost-offset']],
      );
      for (const each of hanging) await admin.abortTransaction(each);
      assert.deepEqual(await admin.findHangingTransactions({ longerThanMs: -1 }), []);
      const [committed] = await admin.groupOffsets('reader');
      assert.equal(committed?.offset, 1);
    });

    test("Java's own tool finds the same, and what it aborts is over", { skip: java.skip }, async () => {
      const tool = 'org.apache.kafka.tools.TransactionsCommand';
      const args = ['--bootstrap-server', broker.bootstrap];
      await newTopic('java', 1);
      const place = { topic: 'java', partition: 0 };
      const producer = await transactions.producer('java');
      await transactions.write(producer, place, 'lost', LONG_AGO);
      const find = [...args, 'find-hanging', '--topic', 'java'];
      const columnsOf = async (): Promise<string[][]> => {
        const { stdout } = await java.get().run(tool, find);
        const [, ...lines] = stdout.trim().split('\n');
        return lines.map((line) => line.trim().split(/\s+/));
      };
      const [hanging, ...others] = await admin.findHangingTransactions({ partitions: [place] });
      assert.ok(hanging !== undefined && others.length === 0);
      const { topic, partition, producerId, producerEpoch, currentTxnStartOffset } = hanging;
      const [found = [], ...more] = await columnsOf();
      assert.deepEqual(more, []);
      assert.deepEqual(
        found.slice(0, 7),
        [topic, partition, producerId, producerEpoch, -1, currentTxnStartOffset, LONG_AGO].map(String),
      );
      const at = ['--topic', 'java', '--partition', '0', '--start-offset', String(currentTxnStartOffset)];
      await java.get().run(tool, [...args, 'abort', ...at]);
      assert.deepEqual(await admin.findHangingTransactions({ partitions: [place] }), []);
      await assert.rejects(admin.abortTransaction({ ...hanging, coordinatorEpoch: -1 }), {
        code: 'TRANSACTION_COORDINATOR_FENCED',
      });
    });

    test('fencing aborts what is open, whoever began it can go on with nothing', async () => {
      await newTopic('fenced', 1);
      const place = { topic: 'fenced', partition: 0 };
      const ids = ['fenced-a', 'fenced-b'];
      const [first, second] = [
        await transactions.producer('fenced-a'),
        await transactions.producer('fenced-b'),
      ];
      for (const producer of [first, second]) {
        await transactions.add(producer, place);
        await transactions.write(producer, place, 'aborted');
      }
      const fenced = await admin.fenceProducers(ids);
      assert.deepEqual([...fenced.keys()].sort(), ids);
      assert.ok((fenced.get('fenced-a')?.producerEpoch ?? 0) > first.producerEpoch);
      assert.match(await transactions.end(first, true), /^(PRODUCER_FENCED|INVALID_PRODUCER_EPOCH)$/);
      await admin.forceTerminateTransaction('fenced-b');
      for (const id of ids) {
        const { state, partitions } = await admin.describeTransaction(id);
        assert.deepEqual([state, partitions], ['Empty', []]);
      }
      assert.deepEqual(await committed('fenced'), []);
    });

    test('what is said of transactions and producers that are not there', async () => {
      assert.deepEqual(
        await admin.describeTransactions(['nobody', 'described', 'nobody']),
        new Map([['described', await admin.describeTransaction('described')]]),
      );
      assert.deepEqual(await admin.describeTransactions([]), new Map());
      assert.deepEqual(await admin.describeProducers([]), []);
      assert.deepEqual(await admin.fenceProducers([]), new Map());
      assert.deepEqual(await admin.listTransactions({ producerIds: [987_654_321] }), []);
      const codes = await Promise.all(
        [
          admin.describeTransaction('nobody'),
          admin.describeTransaction(''),
          admin.describeProducers([{ topic: 'gone', partition: 0 }]),
          admin.abortTransaction({ topic: 'gone', partition: 0, producerId: 1, producerEpoch: 0 }),
          admin.fenceProducers(['too-long'], { transactionTimeoutMs: 900_001 }),
        ].map((call) =>
          call.then(
            () => '',
            (error) => (error instanceof KlammError ? error.code : String(error)),
          ),
        ),
      );
      assert.deepEqual(codes, [
        'TRANSACTIONAL_ID_NOT_FOUND',
        'INVALID_REQUEST',
        'UNKNOWN_TOPIC_OR_PARTITION',
        'UNKNOWN_TOPIC_OR_PARTITION',
        'INVALID_TRANSACTION_TIMEOUT',
      ]);
    });
  });
}

type Place = { readonly topic: string; readonly partition: number };

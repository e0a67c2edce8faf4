// Apache Kafka's TransactionsCommand (kafka-transactions.sh) against the broker: what it prints and does of transactions
// that are open, over and hanging. What is expected is, word for word, what it prints of Apache Kafka 4.3.1.

import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Admin } from '@klamm/client/admin/admin';
import { Kafka } from '@klamm/client/client';
import { type RawProducer, RawTransactions } from '../interop/raw-transactions.ts';
import type { Broker } from '../peers/broker.ts';
import { getJava } from '../peers/java.ts';
import { startKlamm } from '../peers/klamm.ts';
import { usePeer } from '../peers/peers.ts';

const java = await usePeer(getJava);
const PLACES = [
  { topic: 'orders', partition: 0 },
  { topic: 'orders', partition: 1 },
] as const;
/** Longer ago than any transaction may be open. */
const LONG_AGO = 1_750_000_000_000;

suite("Apache Kafka's TransactionsCommand", { skip: java.skip, timeout: 180_000 }, () => {
  let broker: Broker;
  let admin: Admin;
  let transactions: RawTransactions;
  let lost: RawProducer;
  before(async () => {
    java.get();
    // Else a broker would take no record of a transaction that its coordinator does not know: none could hang (KIP-890).
    const settings = { 'transaction.partition.verification.enable': 'false' };
    broker = await startKlamm({ settings });
    admin = new Kafka({ brokers: broker.bootstrap }).admin();
    await admin.createTopic({ name: 'orders', partitions: PLACES.length });
    // Apache Kafka's partitions may be led a moment later.
    await admin.listOffsets('orders', 'latest');
    transactions = await RawTransactions.open(broker.bootstrap, admin);
  });
  after(async () => {
    transactions?.[Symbol.dispose]();
    await admin?.close();
    await broker?.[Symbol.asyncDispose]();
  });

  interface Printed {
    /** Sorted, cells separated by a space; what is never the same twice is a word. */
    readonly rows: readonly string[];
    /** What it complains of; empty where it ended well. */
    readonly complaint: string;
  }

  async function tool(...args: string[]): Promise<Printed> {
    const mainClass = 'org.apache.kafka.tools.TransactionsCommand';
    const run = await java
      .get()
      .run(mainClass, ['--bootstrap-server', broker.bootstrap, ...args], { mayFail: true });
    const complaint = run.stderr.replace(/^ERROR .*\n/, '').trim();
    assert.equal(complaint === '', run.code === 0, complaint);
    const lines = run.stdout.split('\n').filter((line) => line !== '');
    const rows = lines.map((line) =>
      line
        .split('\t')
        .map((cell) => cell.trim())
        .map((cell) => (/^\d{13}$/.test(cell) && cell !== String(LONG_AGO) ? 'NOW' : cell))
        .join(' ')
        .trim(),
    );
    return { rows: [...rows.slice(0, 1), ...rows.slice(1).sort()], complaint };
  }

  const told = (...rows: string[]): Printed => ({ rows, complaint: '' });
  const refused = (complaint: string): Printed => ({ rows: [], complaint });

  const LISTED = 'TransactionalId Coordinator ProducerId TransactionState';
  const PRODUCERS =
    'ProducerId ProducerEpoch LatestCoordinatorEpoch LastSequence LastTimestamp CurrentTransactionStartOffset';
  const HANGING =
    'Topic Partition ProducerId ProducerEpoch CoordinatorEpoch StartOffset LastTimestamp Duration(min)';

  test('list: nothing, all there are, those of a name, those open for long', async () => {
    assert.deepEqual(await tool('list'), told(LISTED));
    await transactions.producer('idle');
    const busy = await transactions.producer('busy');
    for (const place of PLACES) {
      await transactions.add(busy, place);
      await transactions.write(busy, place, 'x', LONG_AGO);
    }
    const done = await transactions.producer('done');
    await transactions.add(done, PLACES[0]);
    await transactions.write(done, PLACES[0], 'y');
    assert.equal(await transactions.end(done, true), 'NONE');
    await transactions.producer('lost');
    lost = await transactions.producer('lost');
    await transactions.write(lost, PLACES[1], 'nobody will end this', LONG_AGO);

    const [isBusy, isIdle, isLost] = ['busy 1 1 Ongoing', 'idle 1 0 Empty', 'lost 1 3 Empty'];
    assert.deepEqual(await tool('list'), told(LISTED, isBusy, 'done 1 2 CompleteCommit', isIdle, isLost));
    assert.deepEqual(await tool('list', '--transactional-id-pattern', '.*y'), told(LISTED, isBusy));
    // It takes one that never began for one that began in 1969.
    assert.deepEqual(await tool('list', '--duration-filter', '600000'), told(LISTED, isIdle, isLost));
    assert.deepEqual(
      await tool('list', '--transactional-id-pattern', '('),
      refused(
        'Failed to list transactions: ListTransactions request sent to broker 1 failed with an unexpected exception. ' +
          'Enable debug logging for additional detail.',
      ),
    );
  });

  test('describe: one that is open, one that is not there', async () => {
    const { rows } = await tool('describe', '--transactional-id', 'busy');
    assert.match(rows[1] ?? '', /^1 busy 1 0 Ongoing 900000 NOW \d+ (orders-0,orders-1|orders-1,orders-0)$/);
    assert.deepEqual(
      await tool('describe', '--transactional-id', 'nobody'),
      refused(
        'Failed to describe transaction state of transactional-id `nobody`: DescribeTransactions request for ' +
          'transactionalId `nobody` failed because the ID could not be found. Enable debug logging for additional detail.',
      ),
    );
  });

  test('describe-producers: where the transaction of each began', async () => {
    const at = (partition: number, ...more: string[]) =>
      tool('describe-producers', '--topic', 'orders', '--partition', `${partition}`, ...more);
    const busy = `1 0 -1 0 ${LONG_AGO} 0`;
    assert.deepEqual(await at(0, '--broker-id', '1'), told(PRODUCERS, busy, '2 0 0 0 NOW None'));
    assert.deepEqual(await at(1), told(PRODUCERS, busy, `3 1 -1 0 ${LONG_AGO} 1`));
  });

  test('find-hanging and abort: what no coordinator will end', async () => {
    const { rows, complaint } = await tool('find-hanging', '--broker-id', '1');
    assert.deepEqual([rows[0], rows.length, complaint], [HANGING, 2, '']);
    assert.match(rows[1] ?? '', new RegExp(`^orders 1 3 1 -1 1 ${LONG_AGO} \\d+$`));

    const abort = (...which: string[]) => tool('abort', '--topic', 'orders', '--partition', '1', ...which);
    assert.deepEqual(
      await abort('--start-offset', '7'),
      refused('Could not find any open transactions starting at offset 7 on partition orders-1'),
    );
    const older = await abort('--producer-id', '3', '--producer-epoch', '0', '--coordinator-epoch', '0');
    assert.match(older.complaint, /failed due an invalid producer epoch/);
    assert.deepEqual(await abort('--start-offset', '1'), told());
    assert.deepEqual(await tool('find-hanging', '--topic', 'orders'), told(HANGING));
    const after = await tool('describe-producers', '--topic', 'orders', '--partition', '1');
    assert.deepEqual(after, told(PRODUCERS, `1 0 -1 0 ${LONG_AGO} 0`, '3 1 0 0 NOW None'));
  });

  test('forceTerminateTransaction: the open transaction of an id is aborted', async () => {
    assert.deepEqual(await tool('forceTerminateTransaction', '--transactionalId', 'busy'), told());
    const { state, partitions, producerEpoch } = await admin.describeTransaction('busy');
    assert.deepEqual([state, partitions, producerEpoch], ['Empty', [], 2]);
    const [ended] = await admin.describeProducers([PLACES[1]]);
    assert.deepEqual(
      ended?.producers.map(({ currentTxnStartOffset }) => currentTxnStartOffset),
      [null, null],
    );
  });
});

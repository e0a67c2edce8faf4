// `klamm txn` and `klamm produce --transactional-id` as a user types them, on Klamm and on a real Apache Kafka.

import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Admin } from '@klamm/client/admin/admin';
import { Kafka } from '@klamm/client/client';
import { startApacheKafka } from '../peers/apache-kafka.ts';
import type { Broker } from '../peers/broker.ts';
import { getJava } from '../peers/java.ts';
import { startKlamm } from '../peers/klamm.ts';
import { usePeer } from '../peers/peers.ts';
import { type Outcome, runProgram, startProgram } from '../peers/program.ts';
import { RawTransactions } from './raw-transactions.ts';

const BIN = fileURLToPath(new URL('../../packages/klamm/src/bin.ts', import.meta.url));
const java = await usePeer(getJava);
// Else a broker would take no record of a transaction that its coordinator does not know: none could hang (KIP-890).
const settings = { 'transaction.partition.verification.enable': 'false' };
const brokers: [string, string | false, () => Promise<Broker>][] = [
  ['Klamm', false, () => startKlamm({ settings })],
  ['Apache Kafka 4.3.1', java.skip, () => startApacheKafka(java.get(), { settings })],
];
const LONG_AGO = Date.now() - 3_600_000;

for (const [name, skip, start] of brokers) {
  suite(`klamm txn on ${name}`, { skip, timeout: 180_000 }, () => {
    let broker: Broker;
    let admin: Admin;
    let transactions: RawTransactions;
    before(async () => {
      broker = await start();
      admin = new Kafka({ brokers: broker.bootstrap }).admin();
      transactions = await RawTransactions.open(broker.bootstrap, admin);
    });
    after(async () => {
      transactions?.[Symbol.dispose]();
      await admin?.close();
      await broker?.[Symbol.asyncDispose]();
    });

    const klamm = (args: readonly string[], stdin = ''): Promise<Outcome> =>
      runProgram(process.execPath, [BIN, ...args, '-b', broker.bootstrap], {
        stdin,
        mayFail: true,
        env: { NO_COLOR: '1' },
      });
    const json = async (...args: string[]) => JSON.parse((await klamm([...args, '-o', 'json'])).stdout);
    const committed = async (topic: string): Promise<string> => {
      const args = ['consume', topic, '-o', 'start', '-e', '--isolation', 'read_committed', '-f', '%s '];
      return (await klamm(args)).stdout.trim();
    };
    async function newTopic(topic: string, partitions: number): Promise<void> {
      await admin.createTopic({ name: topic, partitions });
      await admin.listOffsets(topic, 'latest');
    }

    test('transactions are listed, described and fenced off', async () => {
      await newTopic('orders', 2);
      const producer = await transactions.producer('payments-1');
      await transactions.producer('payments-2');
      const place = { topic: 'orders', partition: 1 };
      await transactions.add(producer, place);
      const offset = await transactions.write(producer, place, 'x');

      const listed = await klamm(['txn', 'list']);
      assert.match(listed.stdout, /^TRANSACTIONAL ID +STATE +PRODUCER ID\npayments-1 +Ongoing +\d+\n/);
      assert.deepEqual(await json('txn', 'ls', '--state', 'ongoing', '--pattern', 'pay.*'), [
        {
          transactionalId: 'payments-1',
          state: 'Ongoing',
          producerId: producer.producerId,
          coordinator: 1,
        },
      ]);
      const late = await klamm(['txn', 'list', '--longer-than', '1h']);
      assert.deepEqual([late.code, late.stdout, late.stderr], [0, '', 'There is no such transaction.\n']);
      const wrong = await klamm(['txn', 'list', '--state', 'Ongoin']);
      assert.equal(wrong.code, 2);
      assert.match(wrong.stderr, /--state Ongoin: there are Empty, .*Did you mean Ongoing\?/);

      const described = await klamm(['txn', 'describe', 'payments-1', 'nobody', 'payments-2']);
      assert.equal(described.code, 1);
      assert.match(described.stdout, /^payments-1 +Ongoing +\d+ +0 +20\S+Z +orders-1\npayments-2 +Empty /m);
      assert.match(
        described.stderr,
        /^payments-1: Ongoing, open for \d+ m?s of 15 m at the most, 1 partition$/m,
      );
      assert.match(described.stderr, /^payments-2: Empty, no transaction is open$/m);
      assert.match(described.stderr, /There is no transactional id "nobody"/);
      const [row] = await json('txn', 'show', 'payments-1');
      assert.deepEqual([row.partitions, row.timeoutMs, row.coordinator], [['orders-1'], 900_000, 1]);

      const producers = await json('txn', 'producers', 'orders', '--open');
      assert.deepEqual(
        producers.map((each: Record<string, unknown>) => [each.partition, each.producerId, each.startOffset]),
        [[1, producer.producerId, offset]],
      );
      assert.match((await klamm(['txn', 'producers', 'orders:0'])).stderr, /^No producers\.$/m);
      assert.equal((await klamm(['txn', 'producers', 'orders:7'])).code, 2);
      assert.match((await klamm(['txn', 'producers', 'order'])).stderr, /Did you mean orders\?/);

      const asked = await klamm(['txn', 'fence', 'payments-1']);
      assert.equal(asked.code, 2);
      assert.match(asked.stderr, /Say so with --yes/);
      const planned = await klamm(['txn', 'fence', 'payments-1', '--dry-run']);
      assert.match(planned.stderr, /The producers of payments-1 would be fenced off/);
      const fenced = await klamm(['txn', 'fence', 'payments-1', 'nobody', '--yes']);
      assert.equal(fenced.code, 1);
      assert.match(fenced.stderr, /Fenced off the producer of payments-1\./);
      assert.match(await transactions.end(producer, true), /^(PRODUCER_FENCED|INVALID_PRODUCER_EPOCH)$/);
      assert.equal(await committed('orders'), '');
      const ids = (await json('txn', 'list')).map((each: Record<string, unknown>) => each.transactionalId);
      assert.ok(!ids.includes('nobody'), 'fencing makes no id');
    });

    test('a transaction that hangs is found and aborted; one that its coordinator has is not', async () => {
      await newTopic('waiting', 2);
      const [known, unknown] = [0, 1].map((partition) => ({ topic: 'waiting', partition })) as [Place, Place];
      const busy = await transactions.producer('busy');
      await transactions.add(busy, known);
      const busyAt = await transactions.write(busy, known, 'busy', LONG_AGO);
      const lost = await transactions.producer('lost');
      const lostAt = await transactions.write(lost, unknown, 'lost', LONG_AGO);
      const other = await transactions.producer('other');
      await transactions.add(other, unknown);
      await transactions.write(other, unknown, 'kept');
      assert.equal(await transactions.end(other, true), 'NONE');
      assert.equal(await committed('waiting'), '');

      const found = await klamm(['txn', 'find-hanging', '-o', 'json']);
      assert.equal(found.code, 0);
      assert.deepEqual(JSON.parse(found.stdout), [
        {
          ...unknown,
          producerId: lost.producerId,
          producerEpoch: 0,
          startOffset: lostAt,
          lastWrite: new Date(LONG_AGO).toISOString(),
          coordinatorEpoch: null,
          transactionalId: 'lost',
        },
      ]);
      const advice = /waiting-1 hangs at offset \d+, silent for 1 h.*To abort it: klamm (txn abort .*)$/m;
      const [, line = ''] = advice.exec(found.stderr) ?? [];
      const elsewhere = await klamm(['txn', 'find-hanging', 'waiting:0']);
      assert.deepEqual([elsewhere.code, elsewhere.stderr], [0, 'No transaction hangs.\n']);
      const young = await klamm(['txn', 'find-hanging', 'waiting', '--longer-than', '2h']);
      assert.equal(young.stdout, '');

      assert.equal((await klamm(['txn', 'abort', 'waiting', '--start-offset', '0', '--yes'])).code, 2);
      assert.equal((await klamm(['txn', 'abort', 'waiting:1', '--yes'])).code, 2);
      const nowhere = await klamm(['txn', 'abort', 'waiting:1', '--start-offset', '99', '--yes']);
      assert.equal(nowhere.code, 1);
      assert.match(nowhere.stderr, /No such transaction is open in waiting-1/);
      const byProducer = ['txn', 'abort', 'waiting:1', '--producer-id', String(lost.producerId)];
      const epoch = await klamm([...byProducer, '--producer-epoch', '5', '--yes']);
      assert.equal(epoch.code, 1);
      assert.match(epoch.stderr, /is in epoch 0 in waiting-1, not in 5/);

      const planned = await klamm(line.split(' '));
      assert.equal(planned.code, 0);
      assert.match(planned.stdout, /^waiting +1 +\d+ +0 +\d+ +20\S+Z +lost$/m);
      assert.match(planned.stderr, /Nothing was changed. To carry it out, say --yes/);
      assert.equal(await committed('waiting'), '');
      const aborted = await klamm([...line.split(' '), '--yes']);
      assert.equal(aborted.code, 0, aborted.stderr);
      assert.match(aborted.stderr, /Aborted the transaction of producer \d+ in waiting-1\./);
      assert.equal(await committed('waiting'), 'kept');
      assert.equal((await klamm([...byProducer, '--yes'])).code, 1, 'it is over');

      const abortBusy = ['txn', 'abort', 'waiting:0', '--start-offset', String(busyAt), '--yes'];
      const refused = await klamm(abortBusy);
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /busy has this transaction open \(Ongoing\).*klamm txn fence busy/);
      const forced = await klamm([...abortBusy, '--force']);
      assert.equal(forced.code, 0, forced.stderr);
      assert.deepEqual(await json('txn', 'producers', 'waiting', '--open'), []);
    });

    test('all of stdin is one transaction, or none of it', async () => {
      await newTopic('loaded', 1);
      const produce = ['produce', 'loaded', '--transactional-id', 'load'];
      const loaded = await klamm(produce, 'a\nb\n');
      assert.equal(loaded.code, 0, loaded.stderr);
      assert.match(loaded.stderr, /2 records in loaded\n {2}partition 0: 2 at offsets 0 to 1/);
      assert.equal(await committed('loaded'), 'a b');

      const broken = await klamm([...produce, '--input', 'ndjson'], '{"value":"c"}\nnothing\n');
      assert.equal(broken.code, 1);
      assert.match(broken.stderr, /line 2.*\n.*The transaction was aborted: none of its records counts/);
      assert.equal(await committed('loaded'), 'a b');

      const interrupted = startProgram(process.execPath, [BIN, ...produce, '-b', broker.bootstrap]);
      interrupted.write('d\n');
      // Its first record is in the transaction.
      for (;;) {
        const { partitions } = await admin.describeTransaction('load');
        if (partitions.length > 0) break;
      }
      const { code, stderr } = await interrupted.stop('SIGINT');
      assert.equal(code, 1);
      assert.match(stderr, /The transaction was aborted/);
      assert.equal(await committed('loaded'), 'a b');

      assert.equal((await klamm([...produce, '--acks', '1'], 'e\n')).code, 2);
      assert.equal((await klamm(['produce', 'loaded', '--transaction-timeout', '5s'], 'e\n')).code, 2);
      const long = await klamm([...produce, '--transaction-timeout', '2d'], 'e\n');
      assert.equal(long.code, 1);
      assert.match(long.stderr, /INVALID_TRANSACTION_TIMEOUT|transaction\.max\.timeout\.ms/);
      assert.equal(await committed('loaded'), 'a b');
    });
  });
}

type Place = { readonly topic: string; readonly partition: number };

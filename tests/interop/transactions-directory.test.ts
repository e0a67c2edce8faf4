// Transactions outlive the broker, whichever it is: those of a directory that Apache Kafka 4.3.1 closed are known to
// Klamm, and those of one that Klamm closed, an open one among them, go on under Apache Kafka, and back.
//
// What is expected of apache-kafka-4.3.1.tar.gz is what Apache Kafka itself answers from it
// (KLAMM_TEST_BOOTSTRAP=apache-kafka runs the first test so). What readers of records see of it: apache-directory.test.ts.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Admin } from '@klamm/client/admin/admin';
import { Kafka } from '@klamm/client/client';
import { startApacheKafka } from '../peers/apache-kafka.ts';
import type { Broker } from '../peers/broker.ts';
import { getJava } from '../peers/java.ts';
import { startKlamm } from '../peers/klamm.ts';
import { usePeer } from '../peers/peers.ts';
import { freePort } from '../peers/ports.ts';
import { runProgram } from '../peers/program.ts';
import { RawTransactions } from './raw-transactions.ts';

const ARCHIVE = fileURLToPath(new URL('apache-kafka-4.3.1.tar.gz', import.meta.url));
const java = await usePeer(getJava);
const BRIEF_MS = 1000;

/** Apache Kafka lists only those transactional ids it has loaded by now: it is asked until it knows that many. */
async function describeAll(admin: Admin, count: number) {
  for (;;) {
    const listed = await admin.listTransactions();
    assert.ok(listed.length <= count, JSON.stringify(listed));
    if (listed.length < count) {
      await wait(50);
      continue;
    }
    const found = await admin.describeTransactions(listed.map(({ transactionalId }) => transactionalId));
    return listed.map((each) => ({ ...each, ...found.get(each.transactionalId) }));
  }
}

async function untilAborted(admin: Admin, transactionalId: string): Promise<void> {
  while ((await admin.describeTransaction(transactionalId)).state !== 'CompleteAbort') await wait(50);
}

async function offsetOf(admin: Admin, groupId: string): Promise<number | undefined> {
  return (await admin.groupOffsets(groupId))[0]?.offset;
}

test('the transactional ids, producers and offsets of a directory of Apache Kafka', {
  timeout: 120_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'klamm-apache-transactions-'));
  try {
    await runProgram('tar', ['xzf', ARCHIVE, '-C', folder]);
    // It grows old, so nothing may expire.
    const settings = {
      'offsets.retention.minutes': '20000000',
      'producer.id.expiration.ms': '2147483647',
      'transactional.id.expiration.ms': '2147483647',
      'log.retention.check.interval.ms': '1000000000',
    };
    await using broker = await startKlamm({ dataDirectory: join(folder, 'data-dir'), settings });
    const kafka = new Kafka({ brokers: broker.bootstrap });
    await using admin = kafka.admin();
    const tellers = [5, 6, 7].map((producerId, i) => ({
      transactionalId: `teller-${i}`,
      state: 'CompleteCommit',
      producerId,
      coordinatorId: 1,
      producerEpoch: 3,
      transactionTimeoutMs: 60_000,
      transactionStartTimeMs: null,
      partitions: [],
    }));
    assert.deepEqual(await describeAll(admin, 3), tellers);
    const ledger = [0, 1].map((partition) => ({ topic: 'ledger', partition }));
    const state = { producerEpoch: 3, lastSequence: null, coordinatorEpoch: 0, currentTxnStartOffset: null };
    const producers = [1795367970174, 1795367970332, 1795367970483].map((lastTimestamp, i) => ({
      ...state,
      producerId: 5 + i,
      lastTimestamp,
    }));
    assert.deepEqual(
      await admin.describeProducers(ledger),
      ledger.map((place) => ({ ...place, producers })),
    );
    assert.equal(await offsetOf(admin, 'team-txn'), 77);

    // Who has one of the ids from now on has its next epoch, and new producers have ids nobody had.
    await using teller = kafka.producer({ transactionalId: 'teller-1' });
    await teller.transaction(async (txn) => {
      await txn.send({ topic: 'ledger', partition: 0, value: 'from another broker' });
      await txn.sendOffsets('team-txn', [{ topic: 'plain', partition: 0, offset: 78 }]);
    });
    const after = await admin.describeTransaction('teller-1');
    assert.equal(after.producerId, 6);
    assert.ok(after.producerEpoch > 3);
    const [first] = await admin.describeProducers(ledger.slice(0, 1));
    assert.deepEqual(first?.producers.map(({ producerId }) => producerId).sort(), [5, 6, 7]);
    // Apache Kafka answers a commit before it counts.
    while ((await offsetOf(admin, 'team-txn')) === 77) await wait(50);
    assert.equal(await offsetOf(admin, 'team-txn'), 78);
    await using newcomer = kafka.producer({ transactionalId: 'newcomer' });
    await newcomer.transaction((txn) => txn.send({ topic: 'ledger', partition: 0, value: 'new' }));
    assert.ok((await admin.describeTransaction('newcomer')).producerId > 7);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

for (const how of ['closed', 'killed'] as const) {
  test(`open transactions of a directory that Klamm left ${how} go on under Apache Kafka, and back`, {
    skip: java.skip,
    timeout: 180_000,
  }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'klamm-transactions-'));
    const port = await freePort();
    const options = {
      dataDirectory: join(folder, 'data'),
      port,
      settings: {
        'transaction.abort.timed.out.transaction.cleanup.interval.ms': '500',
        'offsets.topic.num.partitions': '3',
        'transaction.state.log.num.partitions': '3',
      },
    };
    const kafka = new Kafka({ brokers: `127.0.0.1:${port}` });
    const [topic, groupId] = ['ledger', 'readers'];
    const IDS = ['brief', 'done', 'early', 'left', 'steps'];
    const send = (transactionalId: string, transactionTimeoutMs = 600_000) =>
      kafka.producer({ transactionalId, transactionTimeoutMs });
    const start = {
      Klamm: () => startKlamm(options),
      'Apache Kafka': () => startApacheKafka(java.get(), options),
    };

    /** What readers of committed records see now, or of all. */
    async function read(readCommitted: boolean): Promise<string[]> {
      const values: string[] = [];
      for await (const message of kafka.consume({ topic, from: 'earliest', toEnd: true, readCommitted }))
        values.push(`${message.partition}/${message.offset} ${message.text()}`);
      return values.sort();
    }

    /** What must be the same, whoever tells it. The producers of the partition of offsets are the coordinator's own. */
    async function look() {
      await using admin = kafka.admin();
      const places = [0, 1].map((partition) => ({ topic, partition }));
      return {
        transactions: await describeAll(admin, IDS.length),
        producers: await admin.describeProducers(places),
        offset: await offsetOf(admin, groupId),
        committed: await read(true),
        all: await read(false),
      };
    }

    async function end(broker: Broker): Promise<void> {
      if (how === 'closed' || broker.pid === undefined) return await broker.stop();
      process.kill(broker.pid, 'SIGKILL');
      // Klamm's complains that it did not end by itself.
      await broker.stop().catch(() => {});
    }

    try {
      let broker: Broker = await start.Klamm();
      await using _broker = { [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose]() };
      await using admin = kafka.admin();
      await admin.createTopic({ name: topic, partitions: 2 });
      await using done = send('done');
      for (let i = 0; i < 6; i++) {
        const txn = await done.begin();
        await txn.sendBatch([0, 1].map((partition) => ({ topic, partition, value: `done ${i}` })));
        await txn.sendOffsets(groupId, [{ topic, partition: 0, offset: i }]);
        if (i % 2 === 0) await txn.commit();
        else await txn.abort();
      }
      // Open: one by our client with offsets, one step by step in the older protocol.
      await using left = send('left');
      const leftOpen = await left.begin();
      await leftOpen.send({ topic, partition: 0, value: 'left' });
      await leftOpen.sendOffsets(groupId, [{ topic, partition: 0, offset: 100 }]);
      using transactions = await RawTransactions.open(broker.bootstrap, admin);
      const steps = await transactions.producer('steps');
      await transactions.add(steps, { topic, partition: 1 });
      await transactions.write(steps, { topic, partition: 1 }, 'steps');
      await using early = send('early');
      const earlyOpen = await early.begin();
      await earlyOpen.send({ topic, partition: 1, value: 'early' });

      await using brief = send('brief', BRIEF_MS);
      await brief.transaction((txn) => txn.send({ topic, partition: 0, value: 'brief' }));

      const atKlamm = await look();
      const states = (seen: typeof atKlamm) =>
        seen.transactions.map(({ transactionalId, state }) => `${transactionalId} ${state}`);
      assert.deepEqual(states(atKlamm), [
        'brief CompleteCommit',
        'done CompleteAbort',
        'early Ongoing',
        'left Ongoing',
        'steps Ongoing',
      ]);
      assert.deepEqual([atKlamm.offset, atKlamm.all.length], [4, 16]);
      const begun = ['0/0 done 0', '0/4 done 2', '0/8 done 4', '1/0 done 0', '1/4 done 2', '1/8 done 4'];
      assert.deepEqual(atKlamm.committed, begun);
      await end(broker);

      broker = await start['Apache Kafka']();
      assert.deepEqual(await look(), atKlamm);
      // The same producer goes on with the same transaction; what nobody ends is over when its time is.
      await leftOpen.send({ topic, partition: 1, value: 'left elsewhere' });
      await leftOpen.commit();
      using elsewhere = await RawTransactions.open(broker.bootstrap, admin);
      assert.equal(await elsewhere.end(steps, false), 'NONE');
      const briefOpen = await brief.begin();
      await briefOpen.send({ topic, partition: 0, value: 'too late' });
      await left.transaction(async (txn) => {
        await txn.send({ topic, partition: 0, value: 'left again' });
        await txn.sendOffsets(groupId, [{ topic, partition: 0, offset: 200 }]);
      });
      const leftOpenToo = await left.begin();
      await leftOpenToo.send({ topic, partition: 0, value: 'left for Klamm' });
      await leftOpenToo.sendOffsets(groupId, [{ topic, partition: 0, offset: 300 }]);
      for (const id of ['brief', 'steps']) await untilAborted(admin, id);
      await assert.rejects(briefOpen.commit(), { code: 'INVALID_TXN_STATE' });
      await briefOpen.abort();
      const atApache = await look();
      assert.deepEqual(states(atApache), [
        'brief CompleteAbort',
        'done CompleteAbort',
        'early Ongoing',
        'left Ongoing',
        'steps CompleteAbort',
      ]);
      const ended = [...begun, '0/12 left', '0/13 brief', '0/17 left again'].sort();
      assert.deepEqual([atApache.offset, atApache.committed], [200, ended]);
      await end(broker);

      broker = await start.Klamm();
      assert.deepEqual(await look(), atApache);
      await leftOpenToo.commit();
      await earlyOpen.commit();
      const { offset, committed, all } = await look();
      const since = ['0/19 left for Klamm', '1/13 early', '1/14 left elsewhere'];
      assert.deepEqual([offset, committed], [300, [...ended, ...since].sort()]);
      assert.deepEqual(all, atApache.all);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

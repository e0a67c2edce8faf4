// Money moves between accounts in transactions, by Klamm's client and librdkafka; copiers of both copy the ledger, exactly
// once. Meanwhile the broker and the clients are killed, and clients are stopped, replaced and woken up again. See
// storm.ts for what happens to them, and books.ts for what must hold in the end.
//
// The seed is printed; KLAMM_SEED repeats the draws (not the timing), KLAMM_SOAK_SECONDS sets how long the storm lasts,
// and KLAMM_TEST_BOOTSTRAP=apache-kafka has the same clients move money on Apache Kafka.

import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { seededRandom } from '@klamm/base/random';
import { Kafka } from 'klamm';
import { LogDumper } from '../interop/log-dumper.ts';
import { getConfluent } from '../peers/confluent.ts';
import { getJava, type Java } from '../peers/java.ts';
import { getKcat } from '../peers/kcat.ts';
import { usePeer } from '../peers/peers.ts';
import { RestartedBroker } from '../peers/restarted-broker.ts';
import {
  type Line,
  miscompacted,
  miscopied,
  namesOf,
  readBooks,
  type Seen,
  unbalanced,
  untrue,
} from './books.ts';
import { confluentCopier, confluentMover, type GroupProtocol, klammCopier, klammMover } from './clients.ts';
import { COPY, GROUP, LATEST, LEDGER, PARTITIONS } from './plan.ts';
import { Follower, inOrder, readWithKcat, readWithKlamm } from './readers.ts';
import { Storm } from './storm.ts';

const SECONDS = Number(process.env.KLAMM_SOAK_SECONDS ?? 45);
const BETWEEN_STRIKES_MS = 1000;
/** For what was left open to be aborted, for members that were killed last, and a machine that is busy. */
const SETTLE_MS = 90_000;
/** Some forty segments of each log, whatever is written, so that indexes and compaction have something to do. */
const ROLL_MS = Math.max(1000, SECONDS * 25);
const isApache = process.env.KLAMM_TEST_BOOTSTRAP === 'apache-kafka';
const seed = Number(process.env.KLAMM_SEED ?? Date.now() % 1_000_000);
const protocol: GroupProtocol = seed % 2 === 0 ? 'classic' : 'consumer';
const TOPICS = [LEDGER, LATEST, COPY];

const SETTINGS = {
  'group.initial.rebalance.delay.ms': '0',
  'group.consumer.session.timeout.ms': '6000',
  'group.consumer.heartbeat.interval.ms': '1000',
  'log.cleaner.backoff.ms': '500',
  'log.cleaner.min.cleanable.ratio': '0.01',
  'log.roll.ms': `${ROLL_MS}`,
  'offsets.topic.num.partitions': '3',
  'transaction.state.log.num.partitions': '3',
  ...(isApache
    ? {
        'group.consumer.min.session.timeout.ms': '6000',
        'group.consumer.min.heartbeat.interval.ms': '1000',
        'transaction.abort.timed.out.transaction.cleanup.interval.ms': '1000',
      }
    : {}),
};

const [kcat, confluent, java] = await Promise.all([
  usePeer(getKcat),
  usePeer(getConfluent),
  usePeer(getJava),
]);

async function createTopics(kafka: Kafka): Promise<void> {
  await using admin = kafka.admin();
  const compacted = { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': 0.01 };
  await admin.createTopics([
    { name: LEDGER, partitions: PARTITIONS },
    { name: LATEST, partitions: PARTITIONS, configs: compacted },
    { name: COPY, partitions: PARTITIONS },
  ]);
}

/** Resolves when `amiss` finds nothing any more; fails with what it finds when that takes too long. */
async function until(amiss: () => Promise<string[]> | string[]): Promise<void> {
  const deadline = performance.now() + SETTLE_MS;
  for (;;) {
    const found = await amiss();
    if (found.length === 0) return;
    assert.ok(performance.now() < deadline, `after ${SETTLE_MS} ms:\n${found.join('\n')}`);
    await wait(250);
  }
}

/** Partitions in which a transaction is still open. */
async function openIn(kafka: Kafka): Promise<string[]> {
  await using admin = kafka.admin();
  const found: string[] = [];
  for (const topic of TOPICS) {
    const [ends, stable] = await Promise.all([
      admin.listOffsets(topic, 'latest'),
      admin.listOffsets(topic, 'latest', { readCommitted: true }),
    ]);
    for (const [partition, end] of ends) {
      const last = stable.get(partition);
      if (last !== end) found.push(`${topic}-${partition} is stable up to ${last} of ${end}`);
    }
  }
  return found;
}

/** Where the group and the transactions stand, for a failed test. */
async function standingOf(kafka: Kafka): Promise<string> {
  await using admin = kafka.admin();
  const [group, offsets, transactions] = await Promise.all([
    admin.describeGroup(GROUP),
    admin.groupOffsets(GROUP),
    admin.listTransactions(),
  ]);
  return JSON.stringify({ group, offsets, transactions }, null, 1);
}

/** Lets everybody finish, and returns what each follower has seen by then. */
async function settle(storm: Storm, kafka: Kafka, followers: readonly Follower[]): Promise<void> {
  const [ledger, , copy] = followers;
  storm.calm();
  await storm.end('mover');
  await until(() => openIn(kafka));
  const all = await readWithKlamm(kafka, LEDGER);
  await until(() => {
    for (const follower of followers) follower.check();
    const [read, copied] = [ledger?.records.length ?? 0, copy?.records.length ?? 0];
    return read < all.length || copied < all.length
      ? [`of ${all.length} records ${read} were read, and ${copied} copied`]
      : [];
  });
  await storm.end('copier');
  await until(() => openIn(kafka));
}

/** What came to pass, for people. */
function summaryOf(lines: readonly Line[], storm: Storm, ledger: readonly Seen[]): string {
  const count = (letter: string, of: RegExp): number =>
    lines.filter((line) => line.letter === letter && of.test(line.client)).length;
  const kinds = [...new Set(lines.map(({ client }) => client.replace(/-\d+\.\d+$/, '')))].sort();
  const told = kinds.map((kind) => {
    const of = new RegExp(`^${kind}-`);
    return `${kind}: ${count('I', of)} incarnations, ${count('C', of)} commits, ${count('A', of)} aborts, ${count('E', of)} troubles`;
  });
  return [`${storm.log.length} strikes, ${ledger.length} records, ${namesOf(ledger).size} transactions`]
    .concat(told)
    .join('\n  ');
}

async function dumpAll(run: Java, folder: string): Promise<void> {
  const dumper = new LogDumper(run, folder);
  const logs = dumper.files(/\.log$/, /^(ledger|copy)-\d+$/);
  await dumper.dump(logs, '--deep-iteration');
  await dumper.dumpCompacted(dumper.files(/\.log$/, /^latest-\d+$/), '--deep-iteration');
  const states = dumper.files(/\.log$/, /^__transaction_state-\d+$/);
  await dumper.dumpCompacted(states, '--transaction-log-decoder');
  const offsets = dumper.files(/\.log$/, /^__consumer_offsets-\d+$/);
  await dumper.dumpCompacted(offsets, '--offsets-decoder');
  const indexes = dumper.files(/\.(index|timeindex|txnindex)$/, /-\d+$/);
  await dumper.dump(indexes);
  await dumper.dump(indexes, '--verify-index-only');
  await dumper.dump(
    indexes.filter((path) => !path.endsWith('.txnindex')),
    '--index-sanity-check',
  );
  await dumper.dump(dumper.files(/\.snapshot$/, /^(?!__cluster).*-\d+$/));
}

test(`money moves through a storm of ${SECONDS} s and none is lost: ${protocol} group (seed ${seed})`, {
  skip: kcat.skip || confluent.skip || java.skip,
}, async () => {
  await using broker = await RestartedBroker.start(SETTINGS);
  const { bootstrap } = broker;
  const kafka = new Kafka({ brokers: bootstrap });
  const storm = new Storm(seededRandom(seed), broker);
  const followers: Follower[] = [];
  try {
    await createTopics(kafka);
    storm.add('mover', 'klamm-mover-1', klammMover(bootstrap));
    storm.add('mover', 'klamm-mover-2', klammMover(bootstrap));
    storm.add('mover', 'librdkafka-mover-1', confluentMover(confluent.get(), bootstrap));
    storm.add('mover', 'librdkafka-mover-2', confluentMover(confluent.get(), bootstrap));
    storm.add('copier', 'klamm-copier-1', klammCopier(bootstrap, protocol));
    storm.add('copier', 'librdkafka-copier-1', confluentCopier(confluent.get(), bootstrap, protocol));
    for (const topic of TOPICS) followers.push(new Follower(kafka, topic));
    const until = performance.now() + SECONDS * 1000;
    while (performance.now() < until) {
      await wait(BETWEEN_STRIKES_MS);
      await storm.strike();
    }
    await settle(storm, kafka, followers);

    const [ledger, latest, copy] = await Promise.all(TOPICS.map((topic) => readWithKlamm(kafka, topic)));
    assert.ok(ledger && latest && copy);
    const lines = readBooks(storm.files);
    console.log(summaryOf(lines, storm, ledger));
    assert.deepEqual(
      lines.filter(({ letter, text }) => letter === 'X' && text.startsWith('failed')),
      [],
    );
    assert.deepEqual(unbalanced(ledger), []);
    assert.deepEqual(untrue(lines, namesOf(ledger)), []);
    for (let partition = 0; partition < PARTITIONS; partition++) {
      assert.deepEqual(miscopied(ledger, copy, partition), []);
    }
    assert.deepEqual(inOrder(followers[0]?.records ?? []), ledger);
    assert.deepEqual(inOrder(followers[2]?.records ?? []), copy);
    assert.deepEqual(miscompacted(inOrder(followers[1]?.records ?? []), latest), []);
    const committed = namesOf(ledger);
    assert.deepEqual(
      [...namesOf(latest)].filter((txn) => !committed.has(txn)),
      [],
    );
    const admin = kafka.admin();
    assert.deepEqual(await admin.findHangingTransactions(), []);
    await admin.close();

    for (const follower of followers) await follower[Symbol.asyncDispose]();
    await broker.kill();
    await broker.startAgain();
    assert.deepEqual(await readWithKcat(kcat.get(), bootstrap, LEDGER), ledger);
    assert.deepEqual(await readWithKcat(kcat.get(), bootstrap, COPY), copy);
    await broker.stop();
    await dumpAll(java.get(), broker.dataDirectory);
    storm.removeFiles();
  } catch (error) {
    console.error(await standingOf(kafka).catch(String));
    cpSync(broker.dataDirectory, join(storm.folder, 'data'), { recursive: true });
    console.error(
      [...storm.log, `What the clients wrote down, and all logs, are in ${storm.folder}`].join('\n'),
    );
    throw error;
  } finally {
    await storm.endAll();
    for (const follower of followers) await follower[Symbol.asyncDispose]();
  }
});

// Money moves between accounts in transactions, by Klamm's client and librdkafka; copiers of both and Apache Kafka's copy
// the ledger, exactly once. Meanwhile the broker and the clients are killed, and clients are stopped, replaced and woken up again. See
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
import { getConfluent } from '../peers/confluent.ts';
import { getJava } from '../peers/java.ts';
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
import {
  confluentCopier,
  confluentMover,
  type GroupProtocol,
  javaCopier,
  klammCopier,
  klammMover,
  klammTransformer,
} from './clients.ts';
import { dumpAll } from './dump.ts';
import { COPY, GROUP, JAVA_COPY, JAVA_GROUP, LATEST, LEDGER, PARTITIONS } from './plan.ts';
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
const COPIES = [COPY, JAVA_COPY];
const TOPICS = [LEDGER, LATEST, ...COPIES];

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
    ...TOPICS.filter((name) => name !== LATEST).map((name) => ({ name, partitions: PARTITIONS })),
    { name: LATEST, partitions: PARTITIONS, configs: compacted },
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

/** Where the groups and the transactions stand, for a failed test. */
async function standingOf(kafka: Kafka): Promise<string> {
  await using admin = kafka.admin();
  const groups = await Promise.all([GROUP, JAVA_GROUP].map((groupId) => admin.describeGroup(groupId)));
  const offsets = await Promise.all([GROUP, JAVA_GROUP].map((groupId) => admin.groupOffsets(groupId)));
  return JSON.stringify({ groups, offsets, transactions: await admin.listTransactions() }, null, 1);
}

/** Lets everybody finish what they have in hand, and the copiers and followers all that there is. */
async function settle(storm: Storm, kafka: Kafka, followers: ReadonlyMap<string, Follower>): Promise<void> {
  storm.calm();
  await storm.end('mover');
  await until(() => openIn(kafka));
  const total = (await readWithKlamm(kafka, LEDGER)).length;
  await until(() =>
    [LEDGER, ...COPIES].flatMap((topic) => {
      const read = recordsOf(followers, topic).length;
      return read < total ? [`of ${total} records ${read} were read in ${topic}`] : [];
    }),
  );
  await storm.end('copier');
  await until(() => openIn(kafka));
}

/** What was read through the storm. Throws what ended the follower. */
function recordsOf(followers: ReadonlyMap<string, Follower>, topic: string): readonly Seen[] {
  const follower = followers.get(topic);
  assert.ok(follower);
  follower.check();
  return follower.records;
}

function addClients(storm: Storm, bootstrap: string): void {
  const librdkafka = confluent.get();
  for (const i of [1, 2]) {
    storm.add('mover', `klamm-mover-${i}`, klammMover(bootstrap));
    storm.add('mover', `librdkafka-mover-${i}`, confluentMover(librdkafka, bootstrap));
  }
  storm.add('copier', 'klamm-copier-1', klammCopier(bootstrap, protocol));
  storm.add('copier', 'klamm-transformer-1', klammTransformer(bootstrap, protocol));
  storm.add('copier', 'librdkafka-copier-1', confluentCopier(librdkafka, bootstrap, protocol));
  storm.add('copier', 'java-copier-1', javaCopier(java.get(), bootstrap));
}

/** What must hold of what is read now, and of what was read and written down before. Returns the ledger. */
async function checkAll(
  kafka: Kafka,
  storm: Storm,
  followers: ReadonlyMap<string, Follower>,
): Promise<readonly Seen[]> {
  const ledger = await readWithKlamm(kafka, LEDGER);
  const latest = await readWithKlamm(kafka, LATEST);
  const lines = readBooks(storm.files);
  const committed = namesOf(ledger);
  console.log(summaryOf(lines, storm, ledger));
  assert.deepEqual(lines.filter(isUnexpectedEnd), []);
  assert.deepEqual(unbalanced(ledger), []);
  assert.deepEqual(untrue(lines, committed), []);
  assert.deepEqual(inOrder(recordsOf(followers, LEDGER)), ledger);
  for (const topic of COPIES) {
    const copy = await readWithKlamm(kafka, topic);
    for (let partition = 0; partition < PARTITIONS; partition++) {
      assert.deepEqual(miscopied(ledger, copy, partition), [], topic);
    }
    assert.deepEqual(inOrder(recordsOf(followers, topic)), copy);
  }
  assert.deepEqual(miscompacted(inOrder(recordsOf(followers, LATEST)), latest), []);
  assert.deepEqual(
    [...namesOf(latest)].filter((txn) => !committed.has(txn)),
    [],
  );
  await using admin = kafka.admin();
  assert.deepEqual(await admin.findHangingTransactions(), []);
  return ledger;
}

/**
 * A client that was neither asked to end nor fenced off. Where the broker dies before it knows of a transaction,
 * librdkafka asks it to abort that all the same, and takes the answer for the end of everything; with Apache Kafka too.
 */
function isUnexpectedEnd({ letter, text }: Line): boolean {
  return (
    letter === 'X' && text.startsWith('failed') && !/INVALID_TXN_STATE Failed to end transaction/.test(text)
  );
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
  const times = lines
    .filter(({ client, letter }) => letter === 'C' && client.includes('mover'))
    .map(({ at }) => at)
    .sort((a, b) => a - b);
  const longestMs = Math.max(...times.map((at, i) => at - (times[i - 1] ?? at)));
  const all = `${storm.log.length} strikes, ${ledger.length} records, ${namesOf(ledger).size} transactions`;
  return [`${all}; for ${longestMs} ms, at most, no mover committed`].concat(told).join('\n  ');
}

test(`money moves through a storm of ${SECONDS} s and none is lost: ${protocol} group (seed ${seed})`, {
  skip: kcat.skip || confluent.skip || java.skip,
}, async () => {
  await using broker = await RestartedBroker.start(SETTINGS);
  const { bootstrap } = broker;
  const kafka = new Kafka({ brokers: bootstrap });
  const storm = new Storm(seededRandom(seed), broker);
  const followers = new Map<string, Follower>();
  try {
    await createTopics(kafka);
    addClients(storm, bootstrap);
    for (const topic of TOPICS) followers.set(topic, new Follower(kafka, topic));
    const end = performance.now() + SECONDS * 1000;
    while (performance.now() < end) {
      await wait(BETWEEN_STRIKES_MS);
      await storm.strike();
    }
    await settle(storm, kafka, followers);
    const ledger = await checkAll(kafka, storm, followers);
    for (const follower of followers.values()) await follower[Symbol.asyncDispose]();

    await broker.kill();
    await broker.startAgain();
    const copies = await Promise.all(COPIES.map((topic) => readWithKcat(kcat.get(), bootstrap, topic)));
    assert.deepEqual(await readWithKcat(kcat.get(), bootstrap, LEDGER), ledger);
    for (const copy of copies) {
      for (let partition = 0; partition < PARTITIONS; partition++) {
        assert.deepEqual(miscopied(ledger, copy, partition), []);
      }
    }
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
    for (const follower of followers.values()) await follower[Symbol.asyncDispose]();
  }
});

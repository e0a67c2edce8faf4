// Twenty members share sixty partitions while members are killed, stopped, paused and started, and the broker is killed
// and started again; after each storm the group must be whole again in time. See ledger.ts for what must hold of what
// was read. The seed is printed; KLAMM_SEED repeats the draws (not the timing), KLAMM_CHAOS_SECONDS sets how long the
// storms last, and KLAMM_TEST_BOOTSTRAP=apache-kafka has the same members serve under Apache Kafka.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '@klamm/base/random';
import { Kafka } from 'klamm';
import { getConfluent } from '../peers/confluent.ts';
import { getGo } from '../peers/go.ts';
import { usePeer } from '../peers/peers.ts';
import { RestartedBroker } from '../peers/restarted-broker.ts';
import { holdersOf, type Line, readLedger, skippedOf, violationsOf } from './ledger.ts';
import { type ForeignMember, Storm, type StormOptions } from './storm.ts';

const MEMBER_PY = fileURLToPath(new URL('../peers/members/confluent.py', import.meta.url));
const MEMBERS = 20;
const PARTITIONS = 60;
const TOPIC = 'storm';
const STORMS_MS = Number(process.env.KLAMM_CHAOS_SECONDS ?? 12) * 1000;
const STORM_MS = 6000;
/** For the session timeout of a member that was killed last, a rebalance, and a machine that is busy. */
const SETTLE_MS = 45_000;
const SETTINGS = {
  'group.consumer.session.timeout.ms': '6000',
  'group.consumer.heartbeat.interval.ms': '1000',
  'group.initial.rebalance.delay.ms': '0',
};
/** Apache Kafka holds these two to limits of their own. */
const APACHE_SETTINGS = {
  'group.consumer.min.session.timeout.ms': '6000',
  'group.consumer.min.heartbeat.interval.ms': '1000',
};

/** Sends records to all partitions, on and on; tells how many each has. */
async function produce(kafka: Kafka, ends: Map<number, number>, stopping: AbortSignal): Promise<void> {
  await using producer = kafka.producer({ deliveryTimeoutMs: 120_000 });
  for (let round = 0; !stopping.aborted; round++) {
    const messages = Array.from({ length: PARTITIONS }, (_, partition) => ({
      topic: TOPIC,
      partition,
      value: `${partition}:${round}`,
    }));
    for (const { partition, offset } of await producer.sendBatch(messages)) {
      ends.set(partition, Math.max(ends.get(partition) ?? 0, offset + 1));
    }
    await wait(100);
  }
}

/** What is still amiss; empty where the group is whole and has read all. */
function amissIn(storm: Storm, ends: ReadonlyMap<number, number>): string[] {
  const lines = readLedger(storm.files);
  const holders = holdersOf(lines, storm.alive);
  const amiss = skippedOf(lines, ends).map((skipped) => `not read: ${skipped}`);
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const of = holders.get(partition) ?? [];
    const isAmiss = storm.hasForeign ? of.length > 1 : of.length !== 1;
    if (isAmiss) amiss.push(`partition ${partition} has ${of.length} owners: ${of.join(', ')}`);
  }
  return amiss;
}

async function weather(
  protocols: readonly string[],
  seed: number,
  mixed: Pick<StormOptions, 'foreign' | 'assignors'> = {},
): Promise<void> {
  const isApache = process.env.KLAMM_TEST_BOOTSTRAP === 'apache-kafka';
  await using broker = await RestartedBroker.start({ ...SETTINGS, ...(isApache ? APACHE_SETTINGS : {}) });
  const storm = new Storm({
    ...mixed,
    groupId: 'chaos',
    topic: TOPIC,
    protocols,
    random: seededRandom(seed),
    broker,
  });
  const ends = new Map<number, number>();
  const stopping = new AbortController();
  const kafka = new Kafka({ brokers: broker.bootstrap });
  try {
    const admin = kafka.admin();
    await admin.createTopic({ name: TOPIC, partitions: PARTITIONS });
    for (let i = 0; i < MEMBERS; i++) storm.startMember();
    const producing = produce(kafka, ends, stopping.signal);
    producing.catch(() => {});
    for (let elapsed = 0; elapsed < STORMS_MS; elapsed += STORM_MS) {
      const until = performance.now() + STORM_MS;
      while (performance.now() < until) {
        await storm.strike();
        await wait(500);
      }
      const deadline = performance.now() + SETTLE_MS;
      // What is being written meanwhile is read meanwhile: only what was there is waited for.
      const expected = new Map(ends);
      for (;;) {
        const amiss = amissIn(storm, expected);
        if (amiss.length === 0) break;
        assert.ok(performance.now() < deadline, `after ${SETTLE_MS} ms:\n${amiss.join('\n')}`);
        await wait(500);
      }
    }
    stopping.abort();
    await producing;
    await admin.close();
    await storm.end();
    const lines = readLedger(storm.files);
    console.log(summaryOf(lines, storm));
    assert.deepEqual(violationsOf(lines), []);
    assert.deepEqual(
      lines.filter(({ letter, text }) => letter === 'X' && text !== 'closed'),
      [],
    );
    storm.removeFiles();
  } catch (error) {
    console.error(storm.log.join('\n'));
    throw error;
  } finally {
    stopping.abort();
    await storm.end().catch(() => {});
  }
}

/** What came to pass, for people. */
function summaryOf(lines: readonly Line[], storm: Storm): string {
  const count = (letter: string): number => lines.filter((line) => line.letter === letter).length;
  const reads = lines.filter(({ letter }) => letter === 'R');
  const distinct = new Set(reads.map(({ text }) => text.split(' ', 2).join())).size;
  const byOthers = reads.filter(({ member }) => member.endsWith('foreign')).length;
  return (
    `${storm.log.length} strikes on ${storm.files.size} members; ${distinct} records, read ${reads.length} times, ${byOthers} by other clients; ` +
    `${count('A')} assignments, ${count('V')} revocations, ${count('L')} losses, ${count('C')} commits, ${count('E')} troubles`
  );
}

const seed = Number(process.env.KLAMM_SEED ?? Date.now() % 1_000_000);

for (const protocols of [['consumer'], ['classic'], ['consumer', 'classic']]) {
  test(`a group of ${MEMBERS} stays whole through storms: ${protocols.join(' and ')} (seed ${seed})`, async () => {
    await weather(protocols, seed);
  });
}

const [go, confluent] = await Promise.all([usePeer(getGo), usePeer(getConfluent)]);

/** Sarama and librdkafka, with the assignor that all clients have. */
function foreignMembers(): ForeignMember[] {
  return [
    (bootstrap, groupId, topic) => ({
      command: go.get().pathOf('sarama-group-consumer'),
      args: ['-brokers', bootstrap, '-group', groupId, '-topic', topic, '-commit-every', '500ms'],
    }),
    (bootstrap, groupId, topic) => ({
      command: 'python3',
      args: [MEMBER_PY, bootstrap, groupId, topic, 'partition.assignment.strategy=range'],
      env: confluent.get().env,
    }),
  ];
}

test(`beside members of Sarama and librdkafka (seed ${seed})`, {
  skip: go.skip || confluent.skip,
}, async () => {
  await weather(['classic'], seed, { foreign: foreignMembers(), assignors: 'range' });
});

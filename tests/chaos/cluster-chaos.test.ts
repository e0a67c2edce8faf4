// Three nodes of Apache Kafka, by `klamm cluster`, fall one after the other while our clients work, with TLS and a login and
// without: who leads, who controls, who coordinates the group, who coordinates the transactions is killed, one hangs with its
// sockets open, and one is restarted in order. Whatever was acknowledged is there, once and in order; every record is read,
// again only where its offset was not committed; every record is copied exactly once. The longest pauses are printed.
// KLAMM_CHAOS_SECONDS has nodes fall for longer than one round.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { Kafka } from 'klamm';
import { getJava } from '../peers/java.ts';
import { KlammCluster } from '../peers/klamm-cluster.ts';
import { usePeer } from '../peers/peers.ts';
import { readLedger, skippedOf, violationsOf } from './ledger.ts';
import { type Acknowledged, Copier, Members, Writer } from './workload.ts';

const TOPIC = 'work';
const COPY = 'copy';
const GROUP = 'readers';
const COPIER = 'copier';
const PARTITIONS = 6;
const STORM_MS = Number(process.env.KLAMM_CHAOS_SECONDS ?? 0) * 1000;
/** For a session timeout of 9 s, an election and a machine that is busy. */
const RECOVERY_MS = 60_000;

interface Fall {
  readonly name: string;
  readonly node: (cluster: KlammCluster) => Promise<number>;
  /** Default SIGKILL. */
  readonly signal?: 'SIGTERM' | 'SIGSTOP';
}

const FALLS: readonly Fall[] = [
  { name: 'the leader of a partition is killed', node: (cluster) => cluster.leader(TOPIC, 0) },
  { name: 'the active controller is killed', node: (cluster) => cluster.controller() },
  { name: "the group's coordinator is killed", node: (cluster) => cluster.coordinator(GROUP, 0) },
  { name: "the transactions' coordinator is killed", node: (cluster) => cluster.coordinator(COPIER, 1) },
  { name: 'a leader hangs', node: (cluster) => cluster.leader(TOPIC, 1), signal: 'SIGSTOP' },
  { name: 'a leader is restarted', node: (cluster) => cluster.leader(TOPIC, 2), signal: 'SIGTERM' },
];

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + RECOVERY_MS;
  while (!(await isSo())) {
    assert.ok(performance.now() < deadline, `not within ${RECOVERY_MS} ms: ${what}`);
    await wait(100);
  }
}

/** One node falls, everything goes on without it, and it comes back. */
async function fall(
  of: Fall,
  cluster: KlammCluster,
  { writer, copier }: { readonly writer: Writer; readonly copier: Copier },
): Promise<string> {
  const node = await of.node(cluster);
  writer.pauses.take();
  copier.pauses.take();
  await cluster.kill(node, of.signal ?? 'SIGKILL');
  const begun = performance.now();
  // Sent before it fell, what is acknowledged after may be none of its business; so all have to twice.
  await until('every partition is written to', () => writer.pauses.since(begun) === PARTITIONS);
  const again = performance.now();
  await until('every partition is written to', () => writer.pauses.since(again) === PARTITIONS);
  const { copied } = copier;
  await until('records are copied', () => copier.copied > copied);
  const [written, copying] = [writer.pauses.take(), copier.pauses.take()];
  if (of.signal === 'SIGSTOP') await cluster.goOn(node);
  else await cluster.startAgain(node);
  await cluster.whole();
  return `${of.name} (node ${node}): writing paused for ${written} ms at the most, copying for ${copying} ms`;
}

/** The log of a topic as it is, by partition. */
async function readAll(kafka: Kafka, topic: string): Promise<Acknowledged[][]> {
  const found: Acknowledged[][] = [];
  const consumer = kafka.consume({ topic, from: 'earliest', toEnd: true, readCommitted: true });
  for await (const message of consumer) {
    const log = found[message.partition] ?? [];
    log.push({ offset: message.offset, value: message.text() });
    found[message.partition] = log;
  }
  return found;
}

/** What is amiss in a partition's log: records that are missing, elsewhere, twice, or out of order. */
function amissIn(log: readonly Acknowledged[], acknowledged: readonly Acknowledged[]): string[] {
  const amiss: string[] = [];
  const places = new Map(log.map(({ offset, value }) => [offset, value]));
  for (const { offset, value } of acknowledged) {
    // The broker may know a repeat and no longer its offset.
    const isThere = offset < 0 ? log.some((record) => record.value === value) : places.get(offset) === value;
    if (!isThere) amiss.push(`${value} was acknowledged at ${offset}, where there is ${places.get(offset)}`);
  }
  let next = 0;
  for (const { offset, value } of log) {
    const number = Number(value.split(':')[1]);
    if (number < next) amiss.push(`${value} at ${offset} is there twice, or behind ${next - 1}`);
    next = Math.max(next, number + 1);
  }
  return amiss;
}

/** The longest time between two records that any member read of a partition, in ms. */
function longestGap(lines: readonly { letter: string; at: number; text: string }[]): number {
  const last = new Map<string, number>();
  let longest = 0;
  for (const { letter, at, text } of [...lines].sort((a, b) => a.at - b.at)) {
    if (letter !== 'R') continue;
    const partition = text.split(' ')[0] ?? '';
    longest = Math.max(longest, at - (last.get(partition) ?? at));
    last.set(partition, at);
  }
  return longest;
}

async function storm(cluster: KlammCluster, t: TestContext): Promise<void> {
  const kafka = new Kafka(cluster.client);
  await using cleanup = new AsyncDisposableStack();
  const admin = kafka.admin();
  cleanup.defer(() => admin.close());
  await cluster.whole();
  for (const name of [TOPIC, COPY]) {
    await admin.createTopic({ name, partitions: PARTITIONS, replicationFactor: 3 });
  }
  const writer = new Writer(kafka, TOPIC, PARTITIONS);
  cleanup.defer(() => writer.stop());
  const members = new Members(3, cluster.bootstrap, GROUP, TOPIC);
  cleanup.defer(() => members.stop());
  const copier = new Copier(kafka, TOPIC, COPY, COPIER);
  cleanup.defer(() => copier.stop().catch(() => {}));
  const isReading = (): boolean => readLedger(members.files).some(({ letter }) => letter === 'R');
  await until('records are written, read and copied', () => isReading() && copier.copied > 0);
  await cluster.whole();
  const begun = performance.now();
  do {
    for (const each of FALLS) t.diagnostic(await fall(each, cluster, { writer, copier }));
  } while (performance.now() - begun < STORM_MS);

  await writer.stop();
  assert.deepEqual(writer.failures, []);
  const log = await readAll(kafka, TOPIC);
  const ends = new Map(log.map((records, partition) => [partition, records.length]));
  await until('every record is read', () => skippedOf(readLedger(members.files), ends).length === 0);
  await members.stop();
  const count = log.flat().length;
  const copied = async (): Promise<string[]> => (await readAll(kafka, COPY)).flat().map(({ value }) => value);
  await until('every record is copied', async () => (await copied()).length >= count);
  await copier.stop();

  for (const [partition, acknowledged] of writer.acknowledged.entries()) {
    assert.deepEqual(amissIn(log[partition] ?? [], acknowledged), [], `partition ${partition}`);
  }
  const written = log.flat().map(({ value }) => value);
  assert.deepEqual((await copied()).sort(), written.sort(), 'copied exactly once');
  const lines = readLedger(members.files);
  assert.deepEqual(violationsOf(lines), []);
  assert.deepEqual(
    lines.filter(({ letter, text }) => letter === 'X' && text !== 'closed'),
    [],
  );
  const reads = lines.filter(({ letter }) => letter === 'R').length;
  t.diagnostic(
    `${count} records, read ${reads} times; the longest pause of reading in a partition was ${longestGap(lines)} ms`,
  );
  members.removeFiles();
}

const java = await usePeer(getJava);

test('no record is lost, out of order or there twice while nodes of a cluster fall', {
  skip: java.skip,
  timeout: 600_000 + STORM_MS,
}, async (t) => {
  java.get();
  await using cluster = await KlammCluster.start();
  await storm(cluster, t);
});

// docs/growing.md, step by step with the real thing: one node of Klamm becomes one of Apache Kafka on the same files, that
// one three, every partition gets three replicas, and the first node is killed. The program that writes and reads meanwhile is told of
// no more than two further addresses.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Kafka } from '@klamm/client/client';
import { getJava } from '../peers/java.ts';
import { usePeer } from '../peers/peers.ts';
import { freePort, untilAnswers } from '../peers/ports.ts';
import type { RunningProgram } from '../peers/program.ts';
import { HandOverPlace, SECURED } from './hand-over/place.ts';
import { until } from './hand-over/until.ts';

// Three nodes on one machine.
const FLAGS = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xmx256m', '-Xshare:auto'];
const java = await usePeer(() => getJava(FLAGS));
const TOPIC = 'orders';
const RECORDS = 300;

/** The settings of another node: the first one's, but for its number, its addresses and its place. */
function nodeSettings(first: string, id: number, ports: ReadonlyMap<string, number>, folder: string): string {
  const addresses = [...ports].map(([listener, port]) => `${listener}://127.0.0.1:${port}`);
  const own: Record<string, string> = {
    'node.id': `${id}`,
    'log.dirs': join(folder, `data-${id}`),
    listeners: addresses.join(','),
    'advertised.listeners': addresses.filter((address) => !address.startsWith('CONTROLLER')).join(','),
    'controller.quorum.auto.join.enable': 'true',
  };
  const lines = first
    .split('\n')
    .filter((line) => !Object.keys(own).some((name) => line.startsWith(`${name}=`)));
  return [...lines, ...Object.entries(own).map(([name, value]) => `${name}=${value}`), ''].join('\n');
}

/** Which sets of nodes the partitions are on. */
async function replicasOf(kafka: Kafka): Promise<{ replicas: Set<string>; inSync: Set<string> }> {
  await using admin = kafka.admin();
  const topics = await admin.listTopics({ internal: true });
  const partitions = topics.flatMap((topic) => topic.partitions);
  const sets = (ids: readonly (readonly number[])[]) =>
    new Set(ids.map((each) => [...each].sort().join(',')));
  return {
    replicas: sets(partitions.map((each) => each.replicas)),
    inSync: sets(partitions.map((each) => each.isr)),
  };
}

test('one node of Klamm grows into three of Apache Kafka, and the first one may die', {
  skip: java.skip,
  timeout: 280_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'klamm-growing-'));
  const running: RunningProgram[] = [];
  try {
    const { run, start } = java.get();
    const place = await HandOverPlace.make(folder, SECURED);
    const klamm = async (...args: readonly string[]): Promise<string> => {
      const to = ['-b', place.bootstrap, '--command-config', place.adminProperties];
      const { code, stdout, stderr } = await place.klamm(...args, ...to);
      assert.equal(code, 0, stderr + stdout);
      return stdout;
    };
    const quorum = async (): Promise<Record<string, unknown>[]> =>
      JSON.parse(await klamm('cluster', 'quorum', '-o', 'json'));
    const sent = new Set<string>();
    const received = new Set<string>();
    let kafka = place.kafka();
    /** Sends records, each acknowledged before the next, while a member of the group reads them. */
    const work = async (before = async (_soFar: number): Promise<void> => {}): Promise<void> => {
      const send = async (): Promise<void> => {
        await using producer = kafka.producer();
        for (let i = 0; i < RECORDS; i++) {
          await before(i);
          const value = `${sent.size}`;
          await producer.send({ topic: TOPIC, key: `${i % 7}`, value });
          sent.add(value);
        }
      };
      const receive = async (count: number): Promise<void> => {
        const options = { groupId: 'billing', topics: TOPIC, autoOffsetReset: 'earliest' } as const;
        for await (const message of kafka.group(options)) {
          received.add(`${message.value}`);
          message.mark();
          if (received.size === count) return;
        }
      };
      await Promise.all([send(), receive(sent.size + RECORDS)]);
      assert.deepEqual([...received].sort(), [...sent].sort());
    };

    // One node of Klamm.
    {
      const broker = await place.startKlamm();
      running.push(broker);
      await using admin = kafka.admin();
      await admin.createTopics([{ name: TOPIC, partitions: 3 }, { name: 'invoices' }]);
      await work();
      await using producer = kafka.producer({ transactionalId: 'billing' });
      await producer.transaction(async (txn) => void (await txn.send({ topic: 'invoices', value: 'one' })));
      await broker.stop();
    }

    // One node of Apache Kafka.
    assert.equal((await place.handOver()).code, 0);
    let first = await place.startKafka(java.get());
    running.push(first);
    await work();

    // Three.
    await klamm('cluster', 'upgrade', 'kraft.version=1', '--yes');
    await first.stop();
    const settings = readFileSync(place.handedOver, 'utf8')
      .replace(/^controller\.quorum\.voters=1@(.*)$/m, 'controller.quorum.bootstrap.servers=$1')
      .replace(/^(.*replication\.factor)=1$/gm, '$1=3')
      .replace(/^(.*min\.isr)=1$/gm, '$1=2');
    writeFileSync(place.handedOver, settings);
    first = await place.startKafka(java.get());
    running.push(first);
    const brokers = [place.bootstrap];
    for (const id of [2, 3]) {
      const names = ['PLAINTEXT', 'SASL_PLAINTEXT', 'INTERNAL', 'CONTROLLER'];
      const ports = new Map<string, number>();
      for (const name of names) ports.set(name, await freePort());
      const file = join(folder, `node-${id}.properties`);
      writeFileSync(file, nodeSettings(settings, id, ports, folder));
      await using admin = kafka.admin();
      const { clusterId } = await admin.describeCluster();
      const format = ['format', '-t', `${clusterId}`, '-c', file, '--no-initial-controllers'];
      await run('kafka.tools.StorageTool', format);
      const program = start('kafka.Kafka', [file]);
      running.push(program);
      const port = ports.get('SASL_PLAINTEXT') ?? 0;
      await untilAnswers(port, program);
      brokers.push(`127.0.0.1:${port}`);
    }
    const { stdout: known } = await place.check();
    assert.match(known, /kraft\.version=1/);
    await until(quorum, (nodes) => nodes.filter(({ role }) => role !== 'observer').length === 3);
    kafka = place.kafka(brokers);
    await work();

    // Three replicas of everything, of which two have what is acknowledged.
    const internal = ['__consumer_offsets', '__transaction_state'];
    await klamm(
      'topic',
      'reassign',
      TOPIC,
      'invoices',
      ...internal,
      '-r',
      '3',
      '--wait',
      '--timeout',
      '120s',
      '--yes',
    );
    await klamm('config', 'set', '--brokers', 'min.insync.replicas=2');
    const { replicas, inSync } = await replicasOf(kafka);
    assert.deepEqual([...replicas, ...inSync], ['1,2,3', '1,2,3']);

    // The node that was Klamm dies while it is worked with.
    await work(async (soFar) => {
      if (soFar === RECORDS / 2) await first.stop('SIGKILL');
    });
    assert.deepEqual([...(await replicasOf(kafka)).inSync], ['2,3']);

    // What Klamm says of a directory that has become part of a cluster.
    const refused = await place.klamm('start', '-d', join(folder, 'data'), '--port', '0');
    assert.match(refused.stderr, /Apache Kafka did not close the data directory/);
    const { stderr: reasons } = await place.check();
    assert.match(reasons, /Klamm cannot serve it: nodes 2, 3 vote in its quorum too/);
    assert.match(
      reasons,
      /Klamm cannot serve it: __consumer_offsets, .*, orders have replicas on brokers 2, 3/,
    );
  } finally {
    await Promise.all(running.map((program) => program.stop('SIGKILL')));
    rmSync(folder, { recursive: true, force: true });
  }
});

// docs/growing.md, step by step with the real thing: one node of Klamm becomes one of Apache Kafka on the same files, that
// one three, every partition gets three replicas, and the first node is killed. The program that writes and reads meanwhile is told of
// no more than two further addresses.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Kafka } from '@klamm/client/client';
import { getJava } from '../peers/java.ts';
import { usePeer } from '../peers/peers.ts';
import { freePort, untilAnswers } from '../peers/ports.ts';
import type { RunningProgram } from '../peers/program.ts';
import { HandOverPlace } from './hand-over/place.ts';
import { until } from './hand-over/until.ts';

// Three nodes on one machine.
const FLAGS = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xmx256m', '-Xshare:auto'];
const java = await usePeer(() => getJava(FLAGS));
const TOPIC = 'orders';
const RECORDS = 300;

/** The settings of another node: the first one's, but for its number, its addresses and its place. */
function nodeSettings(
  first: string,
  node: {
    readonly id: number;
    readonly port: number;
    readonly controllerPort: number;
    readonly folder: string;
  },
): string {
  const own: Record<string, string> = {
    'node.id': `${node.id}`,
    'log.dirs': join(node.folder, `data-${node.id}`),
    listeners: `PLAINTEXT://127.0.0.1:${node.port},CONTROLLER://127.0.0.1:${node.controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${node.port}`,
    'controller.quorum.auto.join.enable': 'true',
  };
  const lines = first
    .split('\n')
    .filter((line) => !Object.keys(own).some((name) => line.startsWith(`${name}=`)));
  return [...lines, ...Object.entries(own).map(([name, value]) => `${name}=${value}`), ''].join('\n');
}

/** What `kafka-reassign-partitions` takes: every partition on nodes 1 to 3, the preferred leaders in turn. */
async function threefold(kafka: Kafka): Promise<unknown> {
  await using admin = kafka.admin();
  const topics = await admin.listTopics({ internal: true });
  const places = topics.flatMap(({ name: topic, partitions }) =>
    partitions.map(({ index: partition }) => ({ topic, partition })),
  );
  return {
    version: 1,
    partitions: places.map((place, i) => ({ ...place, replicas: [0, 1, 2].map((k) => ((i + k) % 3) + 1) })),
  };
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

async function leaderOf(
  tool: (name: string, ...args: readonly string[]) => Promise<string>,
): Promise<number> {
  return Number(/LeaderId:\s+(\d+)/.exec(await tool('MetadataQuorumCommand', 'describe', '--status'))?.[1]);
}

test('one node of Klamm grows into three of Apache Kafka, and the first one may die', {
  skip: java.skip,
  timeout: 280_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'klamm-growing-'));
  const running: RunningProgram[] = [];
  try {
    const { run, start } = java.get();
    const controllerPort = await freePort();
    const place = await HandOverPlace.make(folder, {});
    writeFileSync(
      join(folder, 'klamm.properties'),
      [
        `listeners=PLAINTEXT://${place.open},CONTROLLER://127.0.0.1:${controllerPort}`,
        `log.dirs=${place.directory}`,
        'offsets.topic.num.partitions=3',
        '',
      ].join('\n'),
    );
    const tool = async (name: string, ...args: readonly string[]): Promise<string> =>
      (await run(`org.apache.kafka.tools.${name}`, ['--bootstrap-server', place.open, ...args])).stdout;
    const sent = new Set<string>();
    const received = new Set<string>();
    let kafka = new Kafka({ brokers: place.open });
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
      const klamm = await place.startKlamm(place.port);
      running.push(klamm);
      await using admin = kafka.admin();
      await admin.createTopic({ name: TOPIC, partitions: 3 });
      await work();
      await klamm.stop();
    }
    // One node of Apache Kafka.
    const { code, stderr } = await place.handOver();
    assert.equal(code, 0, stderr);
    let first = start('kafka.Kafka', [place.handedOver]);
    running.push(first);
    await untilAnswers(place.port, first);
    await work();
    await tool('FeatureCommand', 'upgrade', '--feature', 'kraft.version=1');
    await first.stop();
    const settings = readFileSync(place.handedOver, 'utf8')
      .replace(/^controller\.quorum\.voters=1@(.*)$/m, 'controller.quorum.bootstrap.servers=$1')
      .replace(/^(.*replication\.factor)=1$/gm, '$1=3')
      .replace(/^(.*min\.isr)=1$/gm, '$1=2');
    writeFileSync(place.handedOver, settings);
    first = start('kafka.Kafka', [place.handedOver]);
    running.push(first);
    await untilAnswers(place.port, first);

    // Three.
    const addresses = [place.open];
    for (const id of [2, 3]) {
      const node = { id, port: await freePort(), controllerPort: await freePort(), folder };
      const file = join(folder, `node-${id}.properties`);
      writeFileSync(file, nodeSettings(settings, node));
      await using admin = kafka.admin();
      const { clusterId } = await admin.describeCluster();
      await run('kafka.tools.StorageTool', [
        'format',
        '-t',
        `${clusterId}`,
        '-c',
        file,
        '--no-initial-controllers',
      ]);
      const program = start('kafka.Kafka', [file]);
      running.push(program);
      await untilAnswers(node.port, program);
      addresses.push(`127.0.0.1:${node.port}`);
    }
    await until(
      () => tool('MetadataQuorumCommand', 'describe', '--status'),
      (text) => /CurrentVoters:.*"id": 2,.*"id": 3,/.test(text),
    );
    kafka = new Kafka({ brokers: addresses });
    await work();

    // Three replicas of everything, of which two have what is acknowledged.
    const everything = join(folder, 'everything.json');
    writeFileSync(everything, JSON.stringify(await threefold(kafka)));
    await tool('reassign.ReassignPartitionsCommand', '--reassignment-json-file', everything, '--execute');
    const verify = ['--reassignment-json-file', everything, '--verify', '--preserve-throttles'];
    await until(
      () => tool('reassign.ReassignPartitionsCommand', ...verify),
      (text) => !/still in progress/.test(text),
    );
    {
      await using admin = kafka.admin();
      await admin.alterConfigs({ broker: '' }, { 'min.insync.replicas': 2 });
      const { replicas, inSync } = await replicasOf(kafka);
      assert.deepEqual([...replicas, ...inSync], ['1,2,3', '1,2,3']);
    }

    // The node that was Klamm dies while it is worked with.
    assert.equal(await leaderOf(tool), 1);
    await work(async (soFar) => {
      if (soFar === RECORDS / 2) await first.stop('SIGKILL');
    });
    const { inSync } = await replicasOf(kafka);
    assert.deepEqual([...inSync], ['2,3']);

    // What Klamm says of a directory that has become part of a cluster.
    const refused = await place.klamm('start', '-d', join(folder, 'data'), '--port', '0');
    assert.match(refused.stderr, /Apache Kafka did not close the data directory/);
    const { stderr: reasons } = await place.check();
    assert.match(reasons, /Klamm cannot serve it: nodes 2, 3 vote in its quorum too/);
    assert.match(reasons, /Klamm cannot serve it: .*orders have replicas on brokers 2, 3/);
  } finally {
    await Promise.all(running.map((program) => program.stop('SIGKILL')));
    rmSync(folder, { recursive: true, force: true });
  }
});

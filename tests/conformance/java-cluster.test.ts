// Apache Kafka's tools for those who look after a cluster, against one node: quorum, features, leaders, reassignments, log
// directories. `KLAMM_TEST_BOOTSTRAP=apache-kafka` has the same said by Apache Kafka itself.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Broker } from '../peers/broker.ts';
import { getJava } from '../peers/java.ts';
import { startKlamm } from '../peers/klamm.ts';
import { usePeer } from '../peers/peers.ts';
import { newTopic } from '../peers/topics.ts';

const peer = await usePeer(getJava);
const TOOLS = 'org.apache.kafka.tools';

suite("Apache Kafka's tools for clusters", { skip: peer.skip }, () => {
  let broker: Broker;
  let folder: string;
  before(async () => {
    peer.get();
    broker = await startKlamm();
    folder = mkdtempSync(join(tmpdir(), 'klamm-java-cluster-'));
  });
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    await broker?.[Symbol.asyncDispose]();
  });

  async function tool(mainClass: string, ...args: string[]): Promise<{ code: number; text: string }> {
    const place = ['--bootstrap-server', broker.bootstrap];
    const { code, stdout, stderr } = await peer
      .get()
      .run(`${TOOLS}.${mainClass}`, [...place, ...args], { mayFail: true });
    return { code: code ?? -1, text: stdout + stderr };
  }

  function file(name: string, content: object): string {
    const path = join(folder, name);
    writeFileSync(path, JSON.stringify(content));
    return path;
  }

  test('MetadataQuorumCommand shows one voter that leads and has no lag', async () => {
    const status = await tool('MetadataQuorumCommand', 'describe', '--status');
    assert.equal(status.code, 0, status.text);
    assert.match(status.text, /LeaderId:\s+1\n/);
    assert.match(status.text, /LeaderEpoch:\s+[1-9]\d*\n/);
    assert.match(status.text, /HighWatermark:\s+[1-9]\d*\n/);
    assert.match(status.text, /MaxFollowerLag:\s+0\n/);
    assert.match(status.text, /CurrentObservers:\s+\[\]/);
    const replication = await tool('MetadataQuorumCommand', 'describe', '--replication');
    assert.match(replication.text, /^1\s+\S+\s+\d+\s+0\s+\d+\s+\d+\s+Leader\s*$/m);
  });

  test('FeatureCommand describes features, and is refused what cannot be', async () => {
    const { text } = await tool('FeatureCommand', 'describe');
    for (const name of [
      'metadata',
      'group',
      'transaction',
      'share',
      'streams',
      'kraft',
      'eligible.leader.replicas',
    ])
      assert.match(
        text,
        new RegExp(`Feature: ${name}\\.version\\s+SupportedMinVersion: \\S+\\s+SupportedMaxVersion: \\S+`),
      );
    const down = await tool('FeatureCommand', 'downgrade', '--feature', 'metadata.version=29');
    assert.notEqual(down.code, 0);
    assert.match(down.text, /Could not downgrade metadata\.version to 29|1 out of 1 operation\(s\) failed/);
  });

  test('LeaderElectionCommand finds the elected leader in office already', async () => {
    const topic = await newTopic(broker.bootstrap, 'java-elect', { partitions: 2 });
    const args = ['--election-type', 'preferred', '--topic', topic, '--partition', '1'];
    const elected = await tool('LeaderElectionCommand', ...args);
    assert.equal(elected.code, 0, elected.text);
    assert.match(elected.text, new RegExp(`Valid replica already elected for partitions ${topic}-1`));
    const missing = await tool('LeaderElectionCommand', ...args.slice(0, -1), '7');
    assert.notEqual(missing.code, 0);
    assert.match(missing.text, /UnknownTopicOrPartition/);
  });

  test('ReassignPartitionsCommand moves a topic to where it is, verifies that, and to nowhere else', async () => {
    const topic = await newTopic(broker.bootstrap, 'java-reassign');
    const plan = (replicas: number[]) => ({ version: 1, partitions: [{ topic, partition: 0, replicas }] });
    const reassign = (...args: string[]) => tool('reassign.ReassignPartitionsCommand', ...args);
    const here = file('here.json', plan([1]));
    const executed = await reassign('--execute', '--reassignment-json-file', here);
    assert.equal(executed.code, 0, executed.text);
    assert.match(executed.text, new RegExp(`Successfully started partition reassignment for ${topic}-0`));
    const verified = await reassign('--verify', '--reassignment-json-file', here);
    assert.match(verified.text, new RegExp(`Reassignment of partition ${topic}-0 is completed`));
    assert.match((await reassign('--list')).text, /No partition reassignments found/);
    const nowhere = await reassign('--execute', '--reassignment-json-file', file('nowhere.json', plan([2])));
    assert.notEqual(nowhere.code, 0);
  });

  test('LogDirsCommand describes the directory; ClusterTool tells the id, and cannot unregister who is not there', async () => {
    const topic = await newTopic(broker.bootstrap, 'java-dirs');
    const { text } = await tool('LogDirsCommand', '--describe', '--topic-list', topic);
    const described = JSON.parse(text.split('\n').find((line) => line.startsWith('{')) ?? '{}');
    const [own] = described.brokers;
    assert.equal(own.broker, 1);
    assert.equal(own.logDirs[0].error, null);
    assert.deepEqual(own.logDirs[0].partitions, [
      { partition: `${topic}-0`, size: 0, offsetLag: 0, isFuture: false },
    ]);
    const run = (command: string, ...args: string[]) =>
      peer.get().run(`${TOOLS}.ClusterTool`, [command, '--bootstrap-server', broker.bootstrap, ...args], {
        mayFail: true,
      });
    assert.match((await run('cluster-id')).stdout, /^Cluster ID: [\w-]{22}$/m);
    const gone = await run('unregister', '--id', '7');
    assert.match(gone.stdout + gone.stderr, /BrokerIdNotRegistered/);
  });
});

// The commands that look after a cluster, as a person types them: on one node of Apache Kafka and on Klamm, where there is
// nothing to move, and on three nodes of Apache Kafka, where partitions move, leaders change and voters come and go.

import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Kafka } from '@klamm/client/client';
import { ApacheCluster, getClusterJava } from '../peers/apache-cluster.ts';
import { startApacheKafka } from '../peers/apache-kafka.ts';
import type { Broker } from '../peers/broker.ts';
import { getJava } from '../peers/java.ts';
import { startKlamm } from '../peers/klamm.ts';
import { usePeer } from '../peers/peers.ts';
import { type Outcome, runProgram } from '../peers/program.ts';

const BIN = fileURLToPath(new URL('../../packages/klamm/src/bin.ts', import.meta.url));
const java = await usePeer(getJava);
const clusterJava = await usePeer(getClusterJava);
const brokers: [string, string | false, () => Promise<Broker>][] = [
  ['Apache Kafka 4.3.1', java.skip, () => startApacheKafka(java.get())],
  ['Klamm', false, () => startKlamm()],
];

const run = (bootstrap: string, args: readonly string[]): Promise<Outcome> =>
  runProgram(process.execPath, [BIN, ...args, '-b', bootstrap], { mayFail: true, env: { NO_COLOR: '1' } });

for (const [name, skip, start] of brokers) {
  suite(`one node of ${name}`, { skip, timeout: 120_000 }, () => {
    let broker: Broker;
    before(async () => {
      broker = await start();
    });
    after(async () => {
      await broker?.[Symbol.asyncDispose]();
    });
    const klamm = (...args: string[]): Promise<Outcome> => run(broker.bootstrap, args);

    test('it is its quorum alone, and nothing is wrong with that', async () => {
      const { stdout, stderr } = await klamm('cluster', 'quorum', '-o', 'json');
      const [row, ...others] = JSON.parse(stdout);
      assert.equal(stderr, '');
      assert.deepEqual(others, []);
      assert.deepEqual([row.node, row.role, row.lag], [1, 'leader', 0]);
      assert.ok(row.endOffset > 0);
    });

    test('features are shown, and those at the newest level have nowhere to go', async () => {
      const { stdout } = await klamm('cluster', 'features', '-o', 'json');
      const rows: { feature: string; level: number; most: number }[] = JSON.parse(stdout);
      const shown = rows.map(({ feature, level, most }) => `${feature} ${level}/${most}`);
      assert.ok(shown.includes('metadata.version 30/30') && shown.includes('kraft.version 0/1'), `${shown}`);
      assert.match((await klamm('cluster', 'upgrade')).stderr, /^Every feature is at the newest level/);
      const down = await klamm('cluster', 'upgrade', 'metadata.version=29', '--down', 'safe', '--yes');
      assert.equal(down.code, 1);
      assert.match(down.stderr, /INVALID_UPDATE_VERSION/);
      const back = await klamm('cluster', 'upgrade', 'share.version=0', '--down', 'safe', '--yes');
      assert.match(back.stderr, /^Done: share\.version 1 → 0/);
      assert.match((await klamm('cluster', 'upgrade', '--yes')).stderr, /^Done: share\.version 0 → 1/);
    });

    test('everything lies where it shall and is led as it shall be; there is nowhere to go', async () => {
      assert.equal((await klamm('topic', 'create', 'orders', '-p', '3')).code, 0);
      assert.match((await klamm('topic', 'reassign', 'orders', '-r', '1')).stderr, /nothing is to be moved/);
      assert.equal((await klamm('topic', 'reassign', 'orders', '-r', '3')).code, 2);
      assert.match((await klamm('topic', 'reassign', '--follow')).stderr, /^Nothing is under way/);
      assert.match((await klamm('topic', 'elect', 'orders')).stderr, /^Every leader is the one it shall be/);
      assert.match((await klamm('cluster', 'balance')).stderr, /^Every leader is the one it shall be/);
      await using admin = new Kafka({ brokers: broker.bootstrap }).admin();
      const move = admin.reassignPartitions([{ topic: 'orders', partition: 0, replicas: [1, 2] }]);
      await assert.rejects(move, { code: 'INVALID_REPLICA_ASSIGNMENT' });
      const cancel = admin.cancelReassignments([{ topic: 'orders', partition: 0 }]);
      await assert.rejects(cancel, { code: 'NO_REASSIGNMENT_IN_PROGRESS' });
    });

    test('brokers and voters that are not there are not taken away', async () => {
      const gone = await klamm('cluster', 'unregister', '7', '--yes');
      assert.match(gone.stderr, /BROKER_ID_NOT_REGISTERED/);
      assert.match((await klamm('cluster', 'voter', 'remove', '1', '--yes')).stderr, /voters .* are fixed/);
    });

    test('log directories are told, and a replica stays in the one there is', async () => {
      await using admin = new Kafka({ brokers: broker.bootstrap }).admin();
      const dirs = (await admin.describeLogDirs()).get(1);
      assert.ok(Array.isArray(dirs) && dirs.length === 1);
      const path = dirs[0]?.path ?? '';
      assert.ok(dirs[0]?.replicas.some(({ topic }) => topic === 'orders'));
      const place = { topic: 'orders', partition: 0, nodeId: 1 };
      await admin.alterReplicaLogDirs([{ ...place, path }]);
      const elsewhere = admin.alterReplicaLogDirs([{ ...place, path: '/nowhere' }]);
      await assert.rejects(elsewhere, { code: 'LOG_DIR_NOT_FOUND' });
    });

    test('many groups are described and deleted in one call', async () => {
      await using admin = new Kafka({ brokers: broker.bootstrap }).admin();
      const offsets = [{ topic: 'orders', partition: 0, offset: 0 }];
      await Promise.all(['a', 'b', 'c'].map((group) => admin.setGroupOffsets(group, offsets)));
      const groups = await admin.describeGroups(['a', 'b', 'c', 'none']);
      const states = Array.from(groups, ([id, group]) => [id, 'state' in group ? group.state : group.code]);
      const kept = ['a', 'b', 'c'].map((id) => [id, 'Empty']);
      assert.deepEqual(states, [...kept, ['none', 'GROUP_ID_NOT_FOUND']]);
      const outcomes = await admin.deleteGroups(['a', 'b', 'none']);
      assert.deepEqual(
        Array.from(outcomes, ([id, error]) => [id, error?.code]),
        [
          ['a', undefined],
          ['b', undefined],
          ['none', 'GROUP_ID_NOT_FOUND'],
        ],
      );
      assert.deepEqual(
        (await admin.listGroups()).map(({ groupId }) => groupId),
        ['c'],
      );
    });
  });
}

suite('three nodes of Apache Kafka', { skip: clusterJava.skip, timeout: 240_000 }, () => {
  let cluster: ApacheCluster;
  before(async () => {
    cluster = await ApacheCluster.start(clusterJava.get());
  });
  after(async () => {
    await cluster?.[Symbol.asyncDispose]();
  });
  const klamm = (...args: string[]): Promise<Outcome> => run(cluster.bootstrap.join(','), args);
  const admin = () => new Kafka({ brokers: cluster.bootstrap }).admin();

  test('a topic of one replica gets three, slowly, and keeps its records; then two, on other brokers', async () => {
    await using tool = admin();
    await tool.createTopic({ name: 'orders', assignments: { 0: [1], 1: [1], 2: [1] } });
    await using producer = new Kafka({ brokers: cluster.bootstrap }).producer();
    await Promise.all(
      Array.from({ length: 300 }, (_, i) => producer.send({ topic: 'orders', value: `${i}` })),
    );
    assert.match((await klamm('doctor')).stdout, /single-replica/);
    const dry = await klamm('topic', 'reassign', 'orders', '-r', '3', '--dry-run', '-o', 'json');
    assert.deepEqual(
      JSON.parse(dry.stdout).map((row: { from: number[]; to: number[] }) => [row.from, row.to.toSorted()]),
      [1, 1, 1].map((id) => [[id], [1, 2, 3]]),
    );
    const grown = await klamm('topic', 'reassign', 'orders', '-r', '3', '--throttle', '50MB/s', '--yes');
    assert.equal(grown.code, 0, grown.stderr);
    assert.match(grown.stderr, /3 partitions moved\./);
    const { partitions } = await tool.describeTopic('orders');
    for (const { isr } of partitions) assert.deepEqual(isr.toSorted(), [1, 2, 3]);
    assert.deepEqual(partitions.map(({ leader }) => leader).toSorted(), [1, 2, 3]);
    const ends = await tool.listOffsets('orders', 'latest');
    assert.equal(
      [...ends.values()].reduce((sum, end) => sum + end, 0),
      300,
    );
    const limits = await tool.describeConfigs({ topic: 'orders' });
    assert.ok(limits.every(({ name, isDefault }) => !name.includes('throttled') || isDefault));
    const rates = await tool.describeConfigs({ broker: 1 });
    assert.ok(rates.every(({ name, isDefault }) => !name.includes('throttled.rate') || isDefault));

    const fewer = await klamm(
      'topic',
      'reassign',
      'orders',
      '-r',
      '2',
      '--brokers',
      '2,3',
      '--wait',
      '--yes',
    );
    assert.equal(fewer.code, 0, fewer.stderr);
    const after = await tool.describeTopic('orders');
    for (const { replicas } of after.partitions) assert.deepEqual(replicas.toSorted(), [2, 3]);
  });

  test('after a node was away, the doctor tells, and leaders are balanced again', async () => {
    await using tool = admin();
    await tool.createTopic({ name: 'payments', assignments: { 0: [3, 1, 2], 1: [1, 2, 3] } });
    await cluster.kill(3);
    const isOut = async (): Promise<boolean> =>
      (await tool.describeTopic('payments')).partitions.every(({ leader }) => leader !== 3 && leader > 0);
    for (const deadline = performance.now() + 60_000; !(await isOut()); ) {
      assert.ok(performance.now() < deadline, 'node 3 still leads');
    }
    assert.match((await klamm('doctor')).stdout, /under-replicated/);
    await cluster.startAgain(3);
    await cluster.whole();
    assert.equal((await klamm('cluster', 'balance')).code, 0);
    assert.deepEqual(
      (await tool.describeTopic('payments')).partitions.map(({ leader }) => leader),
      [3, 1],
    );
  });

  test('voters go and come back where kraft.version lets them', async () => {
    const { stdout } = await klamm('cluster', 'quorum', '-o', 'json');
    const rows: { node: number; role: string }[] = JSON.parse(stdout);
    assert.deepEqual(rows.map(({ role }) => role).toSorted(), ['leader', 'voter', 'voter']);
    const up = await klamm('cluster', 'upgrade', 'kraft.version=1', '--yes');
    assert.equal(up.code, 0, up.stderr);
    const node = String(rows.find(({ role }) => role === 'voter')?.node);
    const removed = await klamm('cluster', 'voter', 'remove', node, '--yes');
    assert.equal(removed.code, 0, removed.stderr);
    assert.match(removed.stderr, /2 voters now/);
    assert.match((await klamm('doctor')).stdout, /error two-voters/);
    const after = await klamm('cluster', 'quorum', '-o', 'json');
    const left: { role: string }[] = JSON.parse(after.stdout);
    assert.equal(left.filter(({ role }) => role !== 'observer').length, 2);
  });
});

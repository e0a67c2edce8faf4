// The client while brokers die, hang, move or know too little. Its clock runs ten times as fast: a silence of a second
// takes a tenth of one.

import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:net';
import { test } from 'node:test';
import { Produce } from '@klamm/protocol/api/00-produce';
import { Fetch } from '@klamm/protocol/api/01-fetch';
import { Metadata } from '@klamm/protocol/api/03-metadata';
import { OffsetCommit } from '@klamm/protocol/api/08-offset-commit';
import { FindCoordinator } from '@klamm/protocol/api/10-find-coordinator';
import { ApiVersions } from '@klamm/protocol/api/18-api-versions';
import { DeleteTopics } from '@klamm/protocol/api/20-delete-topics';
import { InitProducerId } from '@klamm/protocol/api/22-init-producer-id';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { BatchBuilder } from '@klamm/protocol/records/builder';
import type { Api } from '@klamm/protocol/schema/message';
import { Kafka } from './client.ts';
import { Cluster } from './cluster.ts';
import { Coordinator } from './coordinator.ts';
import { coordinatedGroup } from './group/membership/group-errors.ts';
import { HANG_UP, ScriptedBroker, SILENCE } from './network/scripted-broker.ts';
import { clientSettings, type KafkaOptions } from './options.ts';
import { FAST_CLOCK, ScriptedCluster } from './testing/scripted-cluster.ts';

const FAST = { clock: FAST_CLOCK, retryBackOff: { firstMs: 10, mostMs: 50 } };

function kafkaOf(cluster: ScriptedCluster, options: Partial<KafkaOptions> = {}): Kafka {
  return new Kafka({ brokers: cluster.bootstrap, ...FAST, ...options });
}

/** Somebody who takes connections and says nothing, as the kernel does for a process that was stopped. */
async function silentServer(): Promise<
  AsyncDisposable & { readonly address: string; readonly calls: number }
> {
  const sockets: { destroy(): void }[] = [];
  const server: Server = createServer((socket) => sockets.push(socket.on('error', () => {})));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { readonly port: number };
  return {
    address: `127.0.0.1:${port}`,
    get calls() {
      return sockets.length;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An address where nobody is. */
async function deadAddress(): Promise<string> {
  await using gone = await silentServer();
  return gone.address;
}

const counts = (node: ScriptedBroker, name: string): number =>
  node.requests.filter((request) => request === name).length;

function recordAt(offset: number): Buffer {
  const builder = new BatchBuilder();
  builder.append(null, `${offset}`, [], 1000);
  return builder.build({ baseOffset: offset });
}

function rangeOf({ key, versions: [minVersion, maxVersion] }: Api) {
  return { apiKey: key, minVersion, maxVersion };
}

test('dead and silent addresses at the head of the list cost a moment, not a timeout', async () => {
  await using broker = await ScriptedBroker.start();
  await using silent = await silentServer();
  await using other = await silentServer();
  const brokers = [await deadAddress(), silent.address, other.address, await deadAddress(), broker.bootstrap];
  // A timeout of these would outlive the test.
  const timeouts = { connectionTimeoutMs: 3_600_000, requestTimeoutMs: 3_600_000 };
  const admin = new Kafka({ brokers, ...FAST, ...timeouts }).admin();
  assert.equal((await admin.describeCluster()).clusterId, 'scripted');
  assert.deepEqual([silent.calls, other.calls], [1, 1]);
  await admin.close();
});

test('a broker that does not answer is not waited for where another can tell', async () => {
  await using cluster = await ScriptedCluster.start(2, [2]);
  cluster.produces(2);
  cluster.node(1).on(Metadata, () => SILENCE);
  await using producer = kafkaOf(cluster, { requestTimeoutMs: 3_600_000 }).producer({ idempotent: false });
  await producer.send({ topic: 't', value: 'x' });
  assert.deepEqual(cluster.log, ['2/0: x']);
});

test('a producer id comes from another broker where the first cannot give one', async () => {
  await using cluster = await ScriptedCluster.start(2, [2]);
  cluster.produces(2);
  cluster.node(1).on(InitProducerId, () => ({ errorCode: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS }));
  await using producer = kafkaOf(cluster).producer();
  await producer.send({ topic: 't', value: 'x' });
  assert.equal(counts(cluster.node(2), 'InitProducerId'), 1);
});

test('a batch that is refused goes to the leader that the refusal names, and nobody is asked', async () => {
  await using cluster = await ScriptedCluster.start(3, [1]);
  for (const id of [1, 2, 3]) cluster.produces(id, true);
  await using producer = kafkaOf(cluster, { retryBackOff: { firstMs: 3_600_000 } }).producer();
  await producer.send({ topic: 't', value: 'a' });
  const asked = cluster.nodes.map((node) => counts(node, 'Metadata'));
  cluster.elect(3);
  await Promise.all(['b', 'c', 'd'].map((value) => producer.send({ topic: 't', value })));
  assert.deepEqual(cluster.log, ['1/0: a', '3/0: b', '3/0: c', '3/0: d']);
  assert.deepEqual(
    cluster.nodes.map((node) => counts(node, 'Metadata')),
    asked,
  );
});

test('so does a fetch', async () => {
  await using cluster = await ScriptedCluster.start(2, [1]);
  for (const id of [1, 2])
    cluster.fetches(id, (_partition, offset) => (offset < 6 ? recordAt(offset) : null));
  const kafka = kafkaOf(cluster, { retryBackOff: { firstMs: 3_600_000 } });
  const consumer = kafka.consume({ topic: 't', from: 0, prefetchBytes: 1 });
  const seen: string[] = [];
  let asked = 0;
  for await (const message of consumer) {
    seen.push(message.text());
    if (seen.length === 2) {
      asked = counts(cluster.node(1), 'Metadata') + counts(cluster.node(2), 'Metadata');
      cluster.elect(2);
    }
    if (seen.length === 6) break;
  }
  assert.deepEqual(seen, ['0', '1', '2', '3', '4', '5']);
  assert.ok(counts(cluster.node(2), 'Fetch') >= 3);
  assert.equal(counts(cluster.node(1), 'Metadata') + counts(cluster.node(2), 'Metadata'), asked);
});

test('a leader that hangs is left as soon as the cluster has put it out; partitions of others never wait', async () => {
  await using cluster = await ScriptedCluster.start(3, [1, 2]);
  for (const id of [1, 2, 3]) cluster.produces(id);
  const timeouts = { connectionTimeoutMs: 3_600_000, requestTimeoutMs: 3_600_000 };
  await using producer = kafkaOf(cluster, timeouts).producer({ deliveryTimeoutMs: 3_600_000 });
  await producer.send({ topic: 't', partition: 0, value: 'a' });
  // It takes what it is sent, and connections too, and answers nothing.
  cluster.node(1).isHanging = true;
  const stuck = producer.send({ topic: 't', partition: 0, value: 'b' });
  const behind = producer.send({ topic: 't', partition: 0, value: 'c' });
  await producer.send({ topic: 't', partition: 1, value: 'x' });
  assert.deepEqual(cluster.log, ['1/0: a', '2/1: x']);
  const asked = counts(cluster.node(2), 'Metadata') + counts(cluster.node(3), 'Metadata');
  const isAsked = (): boolean =>
    counts(cluster.node(2), 'Metadata') + counts(cluster.node(3), 'Metadata') > asked + 1;
  await until(isAsked);
  // As long as the cluster counts on it, it may still answer.
  assert.deepEqual(cluster.log, ['1/0: a', '2/1: x']);
  cluster.up.delete(1);
  cluster.elect(3);
  await Promise.all([stuck, behind]);
  assert.deepEqual(cluster.log, ['1/0: a', '2/1: x', '3/0: b', '3/0: c']);
});

test('where another node does not answer either, a third is asked', async () => {
  await using cluster = await ScriptedCluster.start(3, [1]);
  for (const id of [1, 2, 3]) cluster.produces(id);
  const timeouts = { connectionTimeoutMs: 3_600_000, requestTimeoutMs: 3_600_000 };
  await using producer = kafkaOf(cluster, timeouts).producer({ deliveryTimeoutMs: 3_600_000 });
  await producer.send({ topic: 't', value: 'a' });
  cluster.node(1).isHanging = true;
  cluster.node(2).on(Metadata, () => SILENCE);
  cluster.up.delete(1);
  cluster.elect(3);
  await producer.send({ topic: 't', value: 'b' });
  assert.deepEqual(cluster.log, ['1/0: a', '3/0: b']);
});

test('records without a key go past a leader that hangs', async () => {
  await using cluster = await ScriptedCluster.start(2, [1, 2]);
  for (const id of [1, 2]) cluster.produces(id);
  const timeouts = { connectionTimeoutMs: 3_600_000, requestTimeoutMs: 3_600_000 };
  const producer = kafkaOf(cluster, timeouts).producer({ deliveryTimeoutMs: 3_600_000 });
  cluster.node(1).on(Produce, () => SILENCE);
  const stuck = producer.send({ topic: 't', partition: 0, value: 'stuck' });
  const asked = counts(cluster.node(2), 'Metadata');
  // The other broker is asked about it once it counts as silent.
  await until(() => counts(cluster.node(2), 'Metadata') > asked + 1);
  for (let i = 0; i < 20; i++) await producer.send({ topic: 't', value: `${i}` });
  assert.equal(cluster.log.filter((line) => line.startsWith('2/1')).length, 20);
  cluster.produces(1);
  cluster.node(1).hangUp();
  await stuck;
  await producer.close();
});

test('a consumer leaves a leader that hangs as soon as the cluster has put it out', async () => {
  await using cluster = await ScriptedCluster.start(2, [1]);
  for (const id of [1, 2])
    cluster.fetches(id, (_partition, offset) => (offset < 4 ? recordAt(offset) : null));
  const timeouts = { connectionTimeoutMs: 3_600_000, requestTimeoutMs: 3_600_000 };
  const consumer = kafkaOf(cluster, timeouts).consume({ topic: 't', from: 0, prefetchBytes: 1 });
  assert.equal((await consumer.next()).value?.text(), '0');
  cluster.node(1).isHanging = true;
  cluster.up.delete(1);
  cluster.elect(2);
  const seen: (string | undefined)[] = [];
  for (let i = 0; i < 3; i++) seen.push((await consumer.next()).value?.text());
  assert.deepEqual(seen, ['1', '2', '3']);
  await consumer.close();
});

test('a leader that was cut off, and answers as ever, is left when what is known has grown old', async () => {
  await using cluster = await ScriptedCluster.start(2, [1]);
  cluster.fetches(2, (_partition, offset) => (offset < 2 ? recordAt(offset) : null));
  // It takes itself for the leader, and has no more than it had.
  cluster.node(1).on(Fetch, ({ topics }) => ({
    responses: topics.map(({ topic, topicId, partitions }) => ({
      topic,
      topicId,
      partitions: partitions.map(({ partition, fetchOffset }) => ({
        partitionIndex: partition,
        highWatermark: 1,
        records: fetchOffset < 1 ? recordAt(fetchOffset) : null,
      })),
    })),
  }));
  const metadata = cluster.metadata();
  cluster.node(1).on(Metadata, () => metadata);
  const brokers = [cluster.node(2).bootstrap];
  const consumer = kafkaOf(cluster, { brokers, metadataMaxAgeMs: 100 }).consume({ topic: 't', from: 0 });
  assert.equal((await consumer.next()).value?.text(), '0');
  cluster.elect(2);
  assert.equal((await consumer.next()).value?.text(), '1');
  await consumer.close();
});

test('a broker that knows nothing new of a leader that is gone is not asked again and again', async () => {
  await using cluster = await ScriptedCluster.start(3, [1]);
  for (const id of [1, 2, 3]) cluster.produces(id);
  // The first that is asked is cut off from the controller: it tells what it knew.
  const old = cluster.metadata();
  cluster.node(2).on(Metadata, () => old);
  const brokers = [cluster.node(2).bootstrap, cluster.node(3).bootstrap, cluster.node(1).bootstrap];
  await using producer = kafkaOf(cluster, { brokers }).producer();
  await producer.send({ topic: 't', value: 'a' });
  cluster.up.delete(1);
  cluster.elect(3);
  await cluster.node(1)[Symbol.asyncDispose]();
  await producer.send({ topic: 't', value: 'b' });
  // And what it says later is not believed.
  await producer.send({ topic: 't', value: 'c' });
  assert.deepEqual(cluster.log, ['1/0: a', '3/0: b', '3/0: c']);
});

test('a coordinator that moved is not looked for where nobody has heard of it', async () => {
  await using cluster = await ScriptedCluster.start(3, [1]);
  const keys = [ApiVersions, Metadata, FindCoordinator, OffsetCommit];
  for (const id of [1, 2, 3]) {
    const node = cluster.node(id);
    node.on(ApiVersions, () => ({ apiKeys: keys.map(rangeOf) }));
    const coordinator = id === 3 ? 3 : 1;
    node.on(FindCoordinator, ({ coordinatorKeys }) => ({
      coordinators: coordinatorKeys.map((key) => {
        return { key, nodeId: coordinator, host: '127.0.0.1', port: cluster.node(coordinator).port };
      }),
    }));
    node.on(OffsetCommit, () => ({
      topics: [
        {
          name: 't',
          partitions: [{ partitionIndex: 0, errorCode: id === 3 ? 0 : ErrorCode.NOT_COORDINATOR }],
        },
      ],
    }));
  }
  const known = new Cluster(clientSettings({ brokers: cluster.bootstrap, ...FAST }), {
    name: 'test',
    version: '0',
  });
  const release = known.use();
  const coordinator = new Coordinator(known, coordinatedGroup('g'));
  const answer = await coordinator.request(OffsetCommit, { groupId: 'g' }, new AbortController().signal);
  assert.equal(answer.topics[0]?.partitions[0]?.errorCode, 0);
  release();
});

test('a change is sent to a broker that answers, and once', async () => {
  await using cluster = await ScriptedCluster.start(2, [1]);
  const keys = [ApiVersions, Metadata, DeleteTopics];
  for (const id of [1, 2]) {
    cluster.node(id).on(ApiVersions, () => ({ apiKeys: keys.map(rangeOf) }));
    cluster.node(id).on(DeleteTopics, ({ topicNames }) => ({
      responses: topicNames.map((name) => ({ name, errorCode: 0 })),
    }));
  }
  const timeouts = { connectionTimeoutMs: 3_600_000, requestTimeoutMs: 3_600_000 };
  const admin = kafkaOf(cluster, timeouts).admin();
  await admin.describeTopic('t');
  cluster.node(1).isHanging = true;
  await admin.deleteTopics(['t']);
  assert.deepEqual(cluster.nodes.map((node) => counts(node, 'DeleteTopics')).filter(Boolean), [1]);
  await admin.close();
});

test('where no broker has answered for long, the client begins anew from the first ones, and not before', async () => {
  await using cluster = await ScriptedCluster.start(2, [2]);
  cluster.produces(2);
  const metadataRecovery = { rebootstrapTriggerMs: 2000 };
  const said: string[] = [];
  const note = (message: string): void => void said.push(message);
  const logger = { debug() {}, info: note, warn() {}, error() {} };
  const options = { brokers: cluster.node(1).bootstrap, metadataRecovery, metadataMaxAgeMs: 1, logger };
  await using producer = kafkaOf(cluster, options).producer();
  cluster.up.delete(1);
  await producer.send({ topic: 't', value: 'a' });
  // Whoever is named takes connections and requests, and gives no answer of use.
  cluster.node(1).on(Metadata, () => HANG_UP);
  cluster.node(2).on(Metadata, () => HANG_UP);
  cluster.node(2).on(Produce, () => HANG_UP);
  const sent = producer.send({ topic: 't', value: 'b' });
  await until(() => said.some((message) => /anew from the first brokers: no broker has told/.test(message)));
  cluster.node(1).on(Metadata, () => cluster.metadata());
  cluster.produces(2);
  await sent;
  assert.deepEqual(cluster.log, ['2/0: a', '2/0: b']);
});

test('a broker that says so has the client begin anew at once', async () => {
  await using moved = await ScriptedCluster.start(1, [1]);
  await using cluster = await ScriptedCluster.start(1, [1]);
  for (const each of [moved, cluster]) each.produces(1);
  // A name that first means one cluster, and then another.
  let answers = cluster.metadata();
  await using front = await ScriptedBroker.start();
  front.on(Metadata, () => answers);
  await using producer = kafkaOf(cluster, { brokers: front.bootstrap, metadataMaxAgeMs: 0 }).producer();
  await producer.send({ topic: 't', value: 'a' });
  answers = moved.metadata();
  cluster.node(1).on(Metadata, () => ({ errorCode: ErrorCode.REBOOTSTRAP_REQUIRED }));
  cluster.node(1).on(Produce, () => HANG_UP);
  await producer.send({ topic: 't', value: 'b' });
  assert.deepEqual([cluster.log, moved.log], [['1/0: a'], ['1/0: b']]);
});

test('without recovery only brokers that the cluster named are asked again', async () => {
  await using cluster = await ScriptedCluster.start(1, [1]);
  await using front = await ScriptedBroker.start();
  front.on(Metadata, () => cluster.metadata());
  const admin = kafkaOf(cluster, {
    brokers: front.bootstrap,
    metadataRecovery: { strategy: 'none' },
    retryTimeoutMs: 200,
  }).admin();
  await admin.describeTopic('t');
  await cluster.node(1)[Symbol.asyncDispose]();
  await assert.rejects(admin.describeTopic('t'), { code: 'NETWORK_EXCEPTION' });
  assert.equal(counts(front, 'Metadata'), 1);
  await admin.close();
});

/** Resolves when `isSo`; the test's own time limit is the only one. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

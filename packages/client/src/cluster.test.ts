import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DescribeCluster } from '@klamm/protocol/api/60-describe-cluster';
import { Kafka } from './client.ts';
import { Cluster } from './cluster.ts';
import { ScriptedBroker } from './network/scripted-broker.ts';
import { clientSettings } from './options.ts';

/** A cluster whose only broker is gone. */
async function abandoned(): Promise<Cluster> {
  const broker = await ScriptedBroker.start();
  const settings = clientSettings({ brokers: broker.bootstrap, retryBackOff: { firstMs: 1, mostMs: 5 } });
  await broker[Symbol.asyncDispose]();
  return new Cluster(settings, { name: 'test', version: '0' });
}

test('a search for a topic, or a question, goes on while somebody uses the cluster, and ends with the last of them', async () => {
  const cluster = await abandoned();
  const [one, other] = [cluster.use(), cluster.use()];
  const waits = [cluster.topic('t', false), cluster.request(DescribeCluster, {})];
  const ends = waits.map((wait) => assert.rejects(wait, { code: 'CLOSED', retriable: false }));
  one();
  one();
  // Who asks anew still shares the search that is under way.
  assert.equal(cluster.topic('t', false), waits[0]);
  other();
  await Promise.all(ends);
});

test('a consumer that waits for a broker ends at once when it is closed', async () => {
  const broker = await ScriptedBroker.start();
  const { bootstrap } = broker;
  await broker[Symbol.asyncDispose]();
  const kafka = new Kafka({ brokers: bootstrap, retryBackOff: { firstMs: 1, mostMs: 5 } });
  const consumer = kafka.consume({ topic: 't' });
  const next = consumer[Symbol.asyncIterator]().next();
  await consumer.close();
  assert.deepEqual(await next, { done: true, value: undefined });
  // Nor does it matter that nobody was reading.
  await kafka.consume({ topic: 't' }).close();
});

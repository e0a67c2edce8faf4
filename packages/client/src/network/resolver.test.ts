// Hosts with several addresses. All of 127.0.0.0/8 is this machine on Linux; elsewhere 127.0.0.2 is nobody, which does as well.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Kafka } from '../client.ts';
import { canonical, lookupFrom, type Resolver } from './resolver.ts';
import { ScriptedBroker } from './scripted-broker.ts';

/** `brokers.test` has these addresses. */
function resolverOf(...addresses: string[]): Resolver & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async addressesOf(host) {
      asked.push(host);
      if (host !== 'brokers.test') throw Object.assign(new Error('no'), { code: 'ENOTFOUND' });
      return addresses.map((address) => ({ address, family: 4 }));
    },
    async nameOf(address) {
      if (address.endsWith('.9')) throw new Error('no name');
      return `node-${address.split('.').at(-1)}.test`;
    },
  };
}

const FAST = { retryBackOff: { firstMs: 1, mostMs: 5 } };

test('every address of a name is tried, and a name that cannot be told costs nothing but its turn', async () => {
  await using broker = await ScriptedBroker.start();
  const resolver = resolverOf('127.0.0.2', '127.0.0.3', '127.0.0.1');
  const brokers = [`nowhere.test:${broker.port}`, `brokers.test:${broker.port}`];
  const admin = new Kafka({ brokers, resolver, ...FAST }).admin();
  assert.equal((await admin.describeCluster()).clusterId, 'scripted');
  assert.deepEqual(resolver.asked, ['nowhere.test', 'brokers.test']);
  await admin.close();
});

test('after an attempt that failed another address comes first', async () => {
  const resolver = resolverOf('127.0.0.1', '127.0.0.2', '127.0.0.3');
  const inOrder = (skipped: number): Promise<unknown> =>
    new Promise((resolve) => {
      lookupFrom(resolver, skipped)('brokers.test', { all: true }, (_error, found) => resolve(found));
    });
  const last = async (skipped: number): Promise<string[]> =>
    ((await inOrder(skipped)) as { address: string }[]).map(({ address }) => address.slice(-1));
  assert.deepEqual(await Promise.all([0, 1, 2, 4].map(last)), [
    ['1', '2', '3'],
    ['2', '3', '1'],
    ['3', '1', '2'],
    ['2', '3', '1'],
  ]);
});

test('the first brokers may stand for the canonical names of all their addresses', async () => {
  const resolver = resolverOf('127.0.0.2', '127.0.0.3');
  const given = [
    { host: 'brokers.test', port: 1 },
    { host: '127.0.0.4', port: 2 },
    { host: 'nowhere.test', port: 3 },
    { host: '127.0.0.9', port: 4 },
  ];
  assert.deepEqual(
    (await canonical(resolver, given)).map(({ host, port }) => `${host}:${port}`),
    ['node-2.test:1', 'node-3.test:1', 'node-4.test:2', 'nowhere.test:3', '127.0.0.9:4'],
  );
});

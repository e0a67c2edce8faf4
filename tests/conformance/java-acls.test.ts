// Apache Kafka's AclCommand against the broker: what administrators have in their scripts.

import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Broker } from '../peers/broker.ts';
import { getJava } from '../peers/java.ts';
import { startKlamm } from '../peers/klamm.ts';
import { usePeer } from '../peers/peers.ts';

const peer = await usePeer(getJava);

suite("Apache Kafka's AclCommand", { skip: peer.skip }, () => {
  let broker: Broker;
  before(async () => {
    peer.get();
    broker = await startKlamm({
      settings: {
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'super.users': 'User:ANONYMOUS',
      },
    });
  });
  after(async () => {
    await broker?.[Symbol.asyncDispose]();
  });

  /** The ACLs that it prints, without their indentation, in order. */
  async function acls(...args: string[]): Promise<string[]> {
    const { stdout, stderr } = await peer
      .get()
      .run('org.apache.kafka.tools.AclCommand', ['--bootstrap-server', broker.bootstrap, ...args]);
    assert.doesNotMatch(stderr, /\b(WARN|ERROR|Exception)\b/);
    const lines = stdout.split('\n').map((line) => line.trim());
    return lines.filter((line) => /^(Current ACLs|\(principal=)/.test(line)).sort();
  }

  test('ACLs of a consumer are added, listed for a name that a prefix covers, and removed', async () => {
    const consumer = [
      '--allow-principal',
      'User:alice',
      '--consumer',
      '--topic',
      'orders',
      '--group',
      'billing-',
    ];
    await acls('--add', ...consumer, '--resource-pattern-type', 'prefixed');
    const own = '(principal=User:alice, host=*, operation=';
    const forOrders = [
      'Current ACLs for resource `ResourcePattern(resourceType=TOPIC, name=orders, patternType=PREFIXED)`:',
      `${own}DESCRIBE, permissionType=ALLOW)`,
      `${own}READ, permissionType=ALLOW)`,
    ].sort();
    assert.deepEqual(
      await acls('--list', '--topic', 'orders-eu', '--resource-pattern-type', 'match'),
      forOrders,
    );
    assert.deepEqual(await acls('--list', '--topic', 'orders-eu'), []);
    await acls('--remove', '--force', ...consumer, '--resource-pattern-type', 'prefixed');
    assert.deepEqual(await acls('--list'), []);
  });
});

// Klamm's client with exactly the permissions that it needs, and with one too few: on Apache Kafka and on Klamm. What is
// refused fails at once with an error that names it, and nothing waits for what will not come.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { KlammError } from '@klamm/base/errors';
import type { NewAcl } from '@klamm/client/admin/acls';
import { Kafka } from '@klamm/client/client';
import {
  type SecuredBroker,
  startSecuredKafka,
  startSecuredKlamm,
} from '../conformance/authorization/brokers.ts';
import { type PrincipalName, passwordOf } from '../conformance/authorization/cast.ts';
import { getJava } from '../peers/java.ts';
import { usePeer } from '../peers/peers.ts';

const java = await usePeer(getJava);
const brokers: [string, string | false, () => Promise<SecuredBroker>][] = [
  ['Apache Kafka 4.3.1', java.skip, () => startSecuredKafka(java.get())],
  ['Klamm', false, () => startSecuredKlamm()],
];

const clientOf = ({ port }: SecuredBroker, user: PrincipalName): Kafka =>
  new Kafka({
    brokers: `127.0.0.1:${port}`,
    sasl: { mechanism: 'plain', username: user, password: passwordOf(user) },
  });

const ACLS: Omit<NewAcl, 'principal'>[] = [
  { resourceType: 'topic', resourceName: 'orders', operation: 'read' },
  { resourceType: 'topic', resourceName: 'invoices', operation: 'write' },
  { resourceType: 'group', resourceName: 'billing', patternType: 'prefixed', operation: 'read' },
  { resourceType: 'transactionalId', resourceName: 'billing-1', operation: 'write' },
];

const withCode = (code: string) => (error: unknown) => error instanceof KlammError && error.code === code;

for (const [name, skip, start] of brokers) {
  suite(`permissions on ${name}`, { skip, timeout: 40_000 }, () => {
    test('a transform runs with READ and WRITE on its topics, group and transactional id, and nothing else', async () => {
      await using broker = await start();
      const root = clientOf(broker, 'admin');
      await using admin = root.admin();
      for (const topic of ['orders', 'invoices', 'secret'])
        await admin.createTopic({ name: topic, partitions: 1 });
      await admin.createAcls(ACLS.map((acl) => ({ ...acl, principal: 'User:owner' })));
      await using source = root.producer();
      await source.send({ topic: 'orders', value: 'coffee' });

      const owner = clientOf(broker, 'owner');
      const billing = owner.transform({
        from: { groupId: 'billing', topics: 'orders' },
        to: { transactionalId: 'billing-1' },
      });
      const running = billing.run((order) => ({ topic: 'invoices', value: `invoice for ${order.text()}` }));
      for await (const message of root.consume({
        topic: 'invoices',
        from: 'earliest',
        readCommitted: true,
      })) {
        assert.equal(message.text(), 'invoice for coffee');
        break;
      }
      await billing.close();
      await running;

      await using producer = owner.producer();
      await producer.send({ topic: 'invoices', value: 'by hand' });
      await assert.rejects(
        producer.send({ topic: 'orders', value: 'x' }),
        withCode('TOPIC_AUTHORIZATION_FAILED'),
      );
      await assert.rejects(
        producer.send({ topic: 'secret', value: 'x' }),
        withCode('TOPIC_AUTHORIZATION_FAILED'),
      );
      await assert.rejects(readOne(owner, 'invoices'), withCode('TOPIC_AUTHORIZATION_FAILED'));
      await assert.rejects(readOne(owner, 'not-there'), withCode('TOPIC_AUTHORIZATION_FAILED'));
      await assert.rejects(readInGroup(owner, 'another'), withCode('GROUP_AUTHORIZATION_FAILED'));
      await assert.rejects(readInGroup(owner, 'billing-2', 'secret'), withCode('TOPIC_AUTHORIZATION_FAILED'));
      await using other = owner.producer({ transactionalId: 'billing-2' });
      await assert.rejects(other.begin(), withCode('TRANSACTIONAL_ID_AUTHORIZATION_FAILED'));

      await using stranger = clientOf(broker, 'stranger').producer();
      await assert.rejects(stranger.send({ topic: 'invoices', value: 'x' }), KlammError);
    });
  });
}

async function readOne(kafka: Kafka, topic: string): Promise<void> {
  for await (const _message of kafka.consume({ topic, from: 'earliest' })) return;
}

async function readInGroup(kafka: Kafka, groupId: string, topic = 'orders'): Promise<void> {
  for await (const _message of kafka.group({ groupId, topics: topic, autoOffsetReset: 'earliest' })) return;
}

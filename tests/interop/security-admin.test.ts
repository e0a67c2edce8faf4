// The client's calls for ACLs and SCRAM users, on a real Apache Kafka and on Klamm.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { KlammError } from '@klamm/base/errors';
import type { Admin } from '@klamm/client/admin/admin';
import { startApacheKafka } from '../peers/apache-kafka.ts';
import type { Broker } from '../peers/broker.ts';
import { getJava } from '../peers/java.ts';
import { startKlamm } from '../peers/klamm.ts';
import { usePeer } from '../peers/peers.ts';
import { useTarget } from './target.ts';

const java = await usePeer(getJava);
const settings = {
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'super.users': 'User:ANONYMOUS',
  'delegation.token.secret.key': 'a secret of the brokers',
};
const brokers: [string, string | false, () => Promise<Broker>][] = [
  ['Apache Kafka 4.3.1', java.skip, () => startApacheKafka(java.get(), { settings })],
  ['Klamm', false, () => startKlamm({ settings })],
];

const withCode = (code: string) => (error: unknown) => error instanceof KlammError && error.code === code;

for (const [name, skip, start] of brokers) {
  suite(`ACLs, users and tokens of ${name}`, { skip, timeout: 120_000 }, () => {
    const target = useTarget(start);
    async function withAdmin<T>(use: (admin: Admin) => Promise<T>): Promise<T> {
      await using admin = target.kafka.admin();
      return await use(admin);
    }

    test('ACLs are created, found by filters, and deleted', async () => {
      await withAdmin(async (admin) => {
        const about = {
          resourceType: 'topic',
          resourceName: 'orders',
          host: '*',
          permission: 'allow',
        } as const;
        const alice = {
          ...about,
          patternType: 'prefixed',
          principal: 'User:alice',
          operation: 'read',
        } as const;
        const bob = {
          ...about,
          patternType: 'literal',
          principal: 'User:bob',
          host: '10.0.0.7',
          operation: 'write',
          permission: 'deny',
        } as const;
        const all = {
          ...alice,
          resourceName: '*',
          patternType: 'literal',
          principal: 'User:*',
          operation: 'describe',
        } as const;
        await admin.createAcls([alice, bob, all]);
        await admin.createAcls([alice]);
        const byPrincipal = async (filter: Parameters<Admin['describeAcls']>[0]) =>
          (await admin.describeAcls(filter)).sort((a, b) => (a.principal < b.principal ? -1 : 1));
        assert.deepEqual(await byPrincipal({}), [all, alice, bob]);
        assert.deepEqual(await byPrincipal({ principal: 'User:bob' }), [bob]);
        assert.deepEqual(await byPrincipal({ operation: 'read', permission: 'allow' }), [alice]);
        assert.deepEqual(await byPrincipal({ host: '10.0.0.7' }), [bob]);
        assert.deepEqual(
          await byPrincipal({ resourceType: 'topic', resourceName: 'orders-2026', patternType: 'match' }),
          [all, alice],
          'a name matches its prefixes and *',
        );
        assert.deepEqual(await byPrincipal({ resourceType: 'group' }), []);
        assert.deepEqual(await admin.deleteAcls([{ principal: 'User:alice' }, { resourceName: 'none' }]), [
          alice,
        ]);
        assert.equal((await admin.deleteAcls([{}])).length, 2);
        assert.deepEqual(await admin.describeAcls(), []);
      });
    });

    test('an ACL that makes no sense is refused, and the others of the call are created', async () => {
      await withAdmin(async (admin) => {
        const good = {
          resourceType: 'group',
          resourceName: 'g',
          principal: 'User:a',
          operation: 'read',
        } as const;
        const cluster = {
          ...good,
          resourceType: 'cluster',
          resourceName: 'wrong',
          operation: 'alter',
        } as const;
        await assert.rejects(admin.createAcls([cluster, good]), (error: unknown) => {
          assert.ok(withCode('INVALID_REQUEST')(error), String(error));
          assert.match(String(error), /allow User:a alter cluster wrong/);
          return true;
        });
        assert.equal((await admin.deleteAcls([{}])).length, 1);
      });
    });

    test('users get passwords, are told with mechanism and rounds, and go', async () => {
      await withAdmin(async (admin) => {
        await admin.setUserPasswords([
          { name: 'alice', password: 'one' },
          { name: 'alice', password: 'one', mechanism: 'SCRAM-SHA-256', iterations: 8192 },
          { name: 'bob', password: 'two' },
        ]);
        const alice = {
          name: 'alice',
          credentials: [
            { mechanism: 'SCRAM-SHA-256', iterations: 8192 },
            { mechanism: 'SCRAM-SHA-512', iterations: 4096 },
          ],
        };
        const bob = { name: 'bob', credentials: [{ mechanism: 'SCRAM-SHA-512', iterations: 4096 }] };
        assert.deepEqual(await admin.describeUsers(), [alice, bob]);
        assert.deepEqual(await admin.describeUsers(['bob']), [bob]);
        await admin.deleteUser('alice', ['SCRAM-SHA-256']);
        assert.deepEqual((await admin.describeUsers(['alice']))[0]?.credentials.length, 1);
        await admin.deleteUser('alice');
        await assert.rejects(admin.describeUsers(['alice']), withCode('RESOURCE_NOT_FOUND'));
        await assert.rejects(admin.deleteUser('bob', ['SCRAM-SHA-256']), withCode('RESOURCE_NOT_FOUND'));
        await admin.deleteUser('bob');
        assert.deepEqual(await admin.describeUsers(), []);
      });
    });

    test('a password or a number of rounds that cannot be is refused here, without its text', async () => {
      await withAdmin(async (admin) => {
        for (const credential of [
          { name: 'eve', password: '' },
          { name: 'eve', password: 'hidden', iterations: 100 },
          { name: 'eve', password: 'hidden', iterations: 20_000 },
        ]) {
          await assert.rejects(admin.setUserPasswords([credential]), (error: unknown) => {
            assert.ok(withCode('INVALID_CONFIG')(error), String(error));
            assert.doesNotMatch(String(error), /hidden/);
            return true;
          });
        }
      });
    });

    test('nobody makes a delegation token who is not logged in', async () => {
      await withAdmin(async (admin) => {
        await assert.rejects(admin.createToken(), withCode('DELEGATION_TOKEN_REQUEST_NOT_ALLOWED'));
        await assert.rejects(admin.createToken({ owner: 'alice' }), /write it as User:alice/);
      });
    });
  });
}

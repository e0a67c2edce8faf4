// The ACLs of a data directory that Apache Kafka 4.3.1 wrote hold in Klamm, for the users that are in it too; those that
// Klamm adds and removes hold in Apache Kafka, and again in Klamm after that.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { KlammError } from '@klamm/base/errors';
import type { Acl } from '@klamm/client/admin/acls';
import type { Admin } from '@klamm/client/admin/admin';
import { Kafka } from '@klamm/client/client';
import {
  type SecuredBroker,
  startSecuredKafka,
  startSecuredKlamm,
} from '../conformance/authorization/brokers.ts';
import { passwordOf } from '../conformance/authorization/cast.ts';
import { getJava } from '../peers/java.ts';
import { usePeer } from '../peers/peers.ts';
import { runProgram } from '../peers/program.ts';

const ARCHIVE = fileURLToPath(new URL('apache-kafka-4.3.1.tar.gz', import.meta.url));
const SCRAM = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
const settings = {
  'listener.name.sasl_plaintext.scram-sha-256.sasl.jaas.config': SCRAM,
  'listener.name.sasl_plaintext.scram-sha-512.sasl.jaas.config': SCRAM,
  'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
  // What is in the directory grows old.
  'offsets.retention.minutes': '20000000',
  'transactional.id.expiration.ms': '2147483647',
  'log.retention.check.interval.ms': '1000000000',
};
const LOGINS = {
  admin: { mechanism: 'plain', username: 'admin', password: passwordOf('admin') },
  alice: { mechanism: 'scram-sha-256', username: 'alice', password: 'alice-secret' },
  bob: { mechanism: 'scram-sha-512', username: 'bob', password: 'bob-secret' },
} as const;

const OF_ALICE: Acl = {
  resourceType: 'topic',
  resourceName: 'plain',
  patternType: 'literal',
  principal: 'User:alice',
  host: '*',
  operation: 'read',
  permission: 'allow',
};
const OF_BOB: Acl = {
  resourceType: 'group',
  resourceName: 'team-',
  patternType: 'prefixed',
  principal: 'User:bob',
  host: '127.0.0.1',
  operation: 'all',
  permission: 'deny',
};
const NEW: Acl = {
  ...OF_BOB,
  resourceName: '*',
  patternType: 'literal',
  host: '*',
  operation: 'read',
  permission: 'allow',
};

const java = await usePeer(getJava);

async function as<T>(
  user: keyof typeof LOGINS,
  { port }: SecuredBroker,
  use: (admin: Admin) => Promise<T>,
): Promise<T> {
  await using admin = new Kafka({ brokers: `127.0.0.1:${port}`, sasl: LOGINS[user] }).admin();
  return await use(admin);
}

async function acls(broker: SecuredBroker): Promise<Acl[]> {
  const found = await as('admin', broker, (admin) => admin.describeAcls());
  return found.sort((a, b) => (a.resourceName < b.resourceName ? -1 : 1));
}

const topicsOf = async (user: keyof typeof LOGINS, broker: SecuredBroker): Promise<string[]> =>
  (await as(user, broker, (admin) => admin.listTopics())).map(({ name }) => name);

/** What Klamm left behind holds in the broker. */
async function holdsWhatWasLeft(broker: SecuredBroker): Promise<void> {
  assert.deepEqual(await acls(broker), [NEW, OF_BOB]);
  assert.deepEqual(await topicsOf('alice', broker), []);
  await as('bob', broker, async (admin) => {
    assert.deepEqual(await admin.groupOffsets('another'), []);
    await assert.rejects(
      admin.groupOffsets('team-classic'),
      (error) => error instanceof KlammError && error.code === 'GROUP_AUTHORIZATION_FAILED',
    );
  });
}

test('ACLs go from Apache Kafka to Klamm and back in a data directory', {
  skip: java.skip,
  timeout: 120_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'klamm-acls-'));
  try {
    await runProgram('tar', ['xzf', ARCHIVE, '-C', folder]);
    const options = { dataDirectory: join(folder, 'data-dir'), settings };
    {
      await using klamm = await startSecuredKlamm(options);
      assert.deepEqual(await acls(klamm), [OF_ALICE, OF_BOB]);
      assert.deepEqual(await topicsOf('alice', klamm), ['plain']);
      assert.deepEqual(await topicsOf('bob', klamm), []);
      await as('admin', klamm, async (admin) => {
        await admin.createAcls([NEW as Parameters<Admin['createAcls']>[0][number]]);
        await admin.deleteAcls([{ principal: 'User:alice' }]);
      });
      await holdsWhatWasLeft(klamm);
    }
    {
      await using kafka = await startSecuredKafka(java.get(), options);
      await holdsWhatWasLeft(kafka);
    }
    await using klamm = await startSecuredKlamm(options);
    await holdsWhatWasLeft(klamm);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

// Users of SCRAM in a data directory: those that Apache Kafka 4.3.1 made log in to Klamm, and those that Klamm makes log
// in to Apache Kafka. apache-kafka-4.3.1.tar.gz has two of them.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Kafka } from 'klamm';
import { startApacheKafka } from '../peers/apache-kafka.ts';
import { getJava } from '../peers/java.ts';
import { startKlamm } from '../peers/klamm.ts';
import { usePeer } from '../peers/peers.ts';
import { freePort } from '../peers/ports.ts';
import { runProgram } from '../peers/program.ts';

const ARCHIVE = fileURLToPath(new URL('apache-kafka-4.3.1.tar.gz', import.meta.url));
const MODULE = 'org.apache.kafka.common.security.scram.ScramLoginModule';
const settings = {
  'sasl.enabled.mechanisms': 'SCRAM-SHA-256,SCRAM-SHA-512',
  'listener.name.sasl_plaintext.scram-sha-256.sasl.jaas.config': `${MODULE} required;`,
  'listener.name.sasl_plaintext.scram-sha-512.sasl.jaas.config': `${MODULE} required;`,
  'offsets.retention.minutes': '20000000',
  'transactional.id.expiration.ms': '2147483647',
  'log.retention.check.interval.ms': '1000000000',
};
const alice = { username: 'alice', password: 'alice-secret', mechanism: 'scram-sha-256' };
const bob = { username: 'bob', password: 'bob-secret', mechanism: 'scram-sha-512' };
const carol = { username: 'carol', password: 'carol-secret', mechanism: 'scram-sha-512' };

const java = await usePeer(getJava);

async function logsIn(bootstrap: string, sasl: typeof alice): Promise<boolean> {
  await using admin = new Kafka({ brokers: bootstrap, sasl }).admin();
  try {
    return (await admin.listTopics()).some(({ name }) => name === 'plain');
  } catch (error) {
    assert.match(String(error), /SASL_AUTHENTICATION_FAILED|invalid credentials/);
    return false;
  }
}

test('users that Apache Kafka made log in to Klamm, and the other way round', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'klamm-users-'));
  try {
    await runProgram('tar', ['xzf', ARCHIVE, '-C', folder]);
    const bootstrap = `127.0.0.1:${await freePort()}`;
    const listeners = `SASL_PLAINTEXT://${bootstrap}`;
    const options = { dataDirectory: join(folder, 'data-dir'), listeners, settings };
    {
      await using klamm = await startKlamm(options);
      assert.equal(await logsIn(bootstrap, alice), true);
      assert.equal(await logsIn(bootstrap, bob), true);
      assert.equal(await logsIn(bootstrap, { ...alice, password: 'bob-secret' }), false);
      assert.equal(await logsIn(bootstrap, { ...alice, mechanism: 'scram-sha-512' }), false);
      await using admin = new Kafka({ brokers: klamm.bootstrap }).admin();
      assert.deepEqual(await admin.describeUsers(), [
        { name: 'alice', credentials: [{ mechanism: 'SCRAM-SHA-256', iterations: 4096 }] },
        { name: 'bob', credentials: [{ mechanism: 'SCRAM-SHA-512', iterations: 8192 }] },
      ]);
      await admin.deleteUser('bob');
      const { username: name, password } = carol;
      await admin.setUserPasswords([{ name, password, mechanism: 'SCRAM-SHA-512', iterations: 5000 }]);
      assert.equal(await logsIn(bootstrap, carol), true, 'at once');
      assert.equal(await logsIn(bootstrap, bob), false, 'at once');
    }
    const others = [() => startKlamm(options)];
    if (java.skip === false) others.push(() => startApacheKafka(java.get(), options));
    for (const start of others) {
      await using next = await start();
      const answers = [alice, bob, carol].map((user) => logsIn(bootstrap, user));
      assert.deepEqual(await Promise.all(answers), [true, false, true], next.name);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

// franz-go's own tests, whole: groups in every protocol under load, transactions from topic to topic, regular expressions,
// fetches of every shape. They check by themselves that nothing is lost or doubled.
//
// KLAMM_KGO_RECORDS says how many records each of the large tests sends: 500,000 for the authors, fewer here.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Kafka } from 'klamm';
import { getKgo } from '../peers/kgo.ts';
import { startKlamm } from '../peers/klamm.ts';
import { usePeer } from '../peers/peers.ts';
import { freePort } from '../peers/ports.ts';

const peer = await usePeer(getKgo);
const RECORDS = Number(process.env.KLAMM_KGO_RECORDS ?? 10_000);
/** For 500,000 records, on two cores. */
const TIMEOUT_MS = 1_500_000;
const OUTPUT_END = 20_000;
const SCRAM_MODULE = 'org.apache.kafka.common.security.scram.ScramLoginModule';

/** What skips itself, and why. One that no longer does is to be taken off. */
const SKIPPED: Readonly<Record<string, string>> = {
  TestIssueProduceBrokerTooOldFailsRecords: 'is about brokers of before 0.11',
  TestConsumeRegexShareSkipsInternal: 'share groups are not in the broker yet',
  TestShareGroup: 'share groups',
  TestShareGroupAckOnClose: 'share groups',
  TestShareGroupETL: 'share groups',
  TestShareGroupOffsetsAdmin: 'share groups',
};

test(`the tests of franz-go's client pass, with ${RECORDS} records`, { skip: peer.skip }, async () => {
  const login = { bootstrap: `127.0.0.1:${await freePort()}`, user: 'franz', password: 'a secret' };
  await using broker = await startKlamm({
    listeners: `SASL_PLAINTEXT://${login.bootstrap}`,
    settings: {
      'sasl.enabled.mechanisms': 'SCRAM-SHA-256',
      'listener.name.sasl_plaintext.scram-sha-256.sasl.jaas.config': `${SCRAM_MODULE} required;`,
    },
  });
  await using admin = new Kafka({ brokers: broker.bootstrap }).admin();
  const { user: name, password } = login;
  await admin.setUserPasswords([{ name, password, mechanism: 'SCRAM-SHA-256' }]);
  const suite = peer.get().run(broker.bootstrap, RECORDS, TIMEOUT_MS, login);
  const { passed, failed, skipped, output } = await suite;
  assert.deepEqual(failed, [], output.slice(-OUTPUT_END));
  for (const name of ['TestGroupETL', 'TestTxnEtl', 'TestSCRAMAuth', 'TestSCRAMAuthBadCredentials'])
    assert.ok(passed.includes(name), output.slice(-OUTPUT_END));
  if (broker.name === 'Klamm') assert.deepEqual(skipped, Object.keys(SKIPPED).sort());
});

// franz-go's own tests, whole: groups in every protocol under load, transactions from topic to topic, regular expressions,
// fetches of every shape. They check by themselves that nothing is lost or doubled.
//
// KLAMM_KGO_RECORDS says how many records each of the large tests sends: 500,000 for the authors, fewer here.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getKgo } from '../peers/kgo.ts';
import { startKlamm } from '../peers/klamm.ts';
import { usePeer } from '../peers/peers.ts';

const peer = await usePeer(getKgo);
const RECORDS = Number(process.env.KLAMM_KGO_RECORDS ?? 10_000);
/** For 500,000 records, on two cores. */
const TIMEOUT_MS = 1_500_000;
const OUTPUT_END = 20_000;

/** What skips itself, and why. One that no longer does is to be taken off. */
const SKIPPED: Readonly<Record<string, string>> = {
  TestIssueProduceBrokerTooOldFailsRecords: 'is about brokers of before 0.11',
  TestConsumeRegexShareSkipsInternal: 'share groups are not in the broker yet',
  TestShareGroup: 'share groups',
  TestShareGroupAckOnClose: 'share groups',
  TestShareGroupETL: 'share groups',
  TestShareGroupOffsetsAdmin: 'share groups',
  TestSCRAMAuth: 'SASL is not in the broker yet',
  TestSCRAMAuthBadCredentials: 'SASL',
};

test(`the tests of franz-go's client pass, with ${RECORDS} records`, { skip: peer.skip }, async () => {
  await using broker = await startKlamm();
  const { passed, failed, skipped, output } = await peer.get().run(broker.bootstrap, RECORDS, TIMEOUT_MS);
  assert.deepEqual(failed, [], output.slice(-OUTPUT_END));
  for (const name of ['TestGroupETL', 'TestTxnEtl'])
    assert.ok(passed.includes(name), output.slice(-OUTPUT_END));
  if (broker.name === 'Klamm') assert.deepEqual(skipped, Object.keys(SKIPPED).sort());
});

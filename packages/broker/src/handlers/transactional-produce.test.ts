import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Produce } from '@klamm/protocol/api/00-produce';
import { FindCoordinator } from '@klamm/protocol/api/10-find-coordinator';
import { InitProducerId } from '@klamm/protocol/api/22-init-producer-id';
import { EndTxn } from '@klamm/protocol/api/26-end-txn';
import { errorName } from '@klamm/protocol/error-codes';
import { startBroker } from '../broker.ts';
import { batchOf } from '../testing/batches.ts';
import { RawClient } from '../testing/raw-client.ts';

test('without verification, what no transaction has is stored; a version that adds partitions adds them all the same', async () => {
  for (const [verifies, expected] of [
    ['true', { added: ['NONE', 'NONE'], unknown: ['TRANSACTION_ABORTABLE', 'INVALID_TXN_STATE'] }],
    ['false', { added: ['NONE', 'NONE'], unknown: ['NONE', 'INVALID_TXN_STATE'] }],
  ] as const) {
    const config = { 'transaction.partition.verification.enable': verifies };
    await using broker = await startBroker({ port: 0, config });
    await broker.createTopic('t');
    const client = await RawClient.open('127.0.0.1', broker.port);
    /** What a record, and the commit after it, are answered in a transaction whose partitions were never added. */
    const outcomeOf = async (transactionalId: string, produceVersion: number): Promise<string[]> => {
      await client.request(FindCoordinator, 4, { keyType: 1, coordinatorKeys: [transactionalId] });
      const init = { transactionalId, transactionTimeoutMs: 60_000 };
      const { producerId, producerEpoch } = await client.request(InitProducerId, 4, init);
      const records = batchOf(1, { producerId, producerEpoch, baseSequence: 0, transactional: true });
      const topicData = [{ name: 't', partitionData: [{ index: 0, records }] }];
      const body = { transactionalId, acks: -1, timeoutMs: 1000, topicData };
      const { responses } = await client.request(Produce, produceVersion, body);
      const end = { transactionalId, producerId, producerEpoch, committed: true };
      const { errorCode } = await client.request(EndTxn, 4, end);
      return [responses[0]?.partitionResponses[0]?.errorCode ?? -1, errorCode].map(errorName);
    };
    assert.deepEqual(await outcomeOf('added', 12), expected.added, verifies);
    assert.deepEqual(await outcomeOf('unknown', 11), expected.unknown, verifies);
    client.close();
  }
});

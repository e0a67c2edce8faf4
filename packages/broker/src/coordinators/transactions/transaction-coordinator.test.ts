import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '@klamm/base/clock';
import { silentLogger } from '@klamm/base/logger';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { BatchBuilder } from '@klamm/protocol/records/builder';
import type { TopicImage } from '../../metadata/image.ts';
import type { Partition } from '../../partitions/partition.ts';
import type { TransactionMarker } from '../../partitions/producers.ts';
import { batchOf } from '../../testing/batches.ts';
import { openPartition } from '../../testing/open-partition.ts';
import { ProducerIds } from '../producer-ids.ts';
import { encodeTransactionRecord, recordOf, TransactionState } from './transaction.ts';
import { TRANSACTIONS_TOPIC, TransactionCoordinator } from './transaction-coordinator.ts';

function coordinatorOf(
  partitions: readonly Partition[],
  writeMarker: (marker: TransactionMarker) => number = () => ErrorCode.NONE,
): TransactionCoordinator {
  const coordinator = new TransactionCoordinator({
    clock: systemClock,
    logger: silentLogger,
    shard: { timeoutMaxMs: 900_000, idExpirationMs: 900_000 },
    expirationCheckMs: 900_000,
    verifies: true,
    producerIds: new ProducerIds(async () => 500),
    partitionOf: (_topic, index) => partitions[index],
    createTopic: async () => ErrorCode.NONE,
    writeMarker: async (_place, marker) => writeMarker(marker),
  });
  const topic = { name: TRANSACTIONS_TOPIC, partitions: partitions.map((_, index) => ({ index })) };
  coordinator.partitionsAdded(topic as unknown as TopicImage, 0);
  return coordinator;
}

test('transactions are listed all, or not at all: one that is left out would be taken for one that hangs', async () => {
  const [{ partition: sound }, { partition: damaged }] = [await openPartition(), await openPartition()];
  const builder = new BatchBuilder();
  builder.append(Buffer.from([0, 0, 0, 99]), Buffer.from('no transaction'), [], 0);
  damaged.appendOwn(builder.build({}));
  const whole = coordinatorOf([sound]);
  assert.equal((await whole.shards())?.length, 1);
  const partial = coordinatorOf([sound, damaged]);
  assert.equal(await partial.shards(), undefined);
  whole.close();
  partial.close();
});

test('a transaction in the last epoch of a producer id, as Apache Kafka may leave one, ends like any other', async () => {
  const { partition } = await openPartition();
  const LAST = 0x7fff;
  const owner = { transactionalId: 'x', producerId: 7, producerEpoch: LAST };
  const record = recordOf({
    ...owner,
    state: TransactionState.ongoing,
    previousProducerId: -1,
    nextProducerId: -1,
    lastProducerEpoch: -1,
    timeoutMs: 60_000,
    partitions: new Map([['t', new Set([3])]]),
    startTimestamp: Date.now(),
    updateTimestamp: Date.now(),
    clientVersion: 2,
  });
  const { key, value } = encodeTransactionRecord(record);
  const builder = new BatchBuilder();
  builder.append(key, value, [], 0);
  partition.appendOwn(builder.build({}));
  const { partition: data } = await openPartition();
  data.append(batchOf(1, { producerId: 7, producerEpoch: LAST, baseSequence: 0, transactional: true }));
  const coordinator = coordinatorOf([partition], (marker) => data.appendMarker(marker).errorCode);
  const ended = await coordinator.end({ ...owner, committed: true, clientVersion: 2 });
  assert.deepEqual(ended, { errorCode: 0, producerId: 500, producerEpoch: 0 });
  await data.flush();
  assert.equal(data.lastStableOffset, 2, 'the marker has the same epoch, as there is none above it');
  coordinator.close();
});

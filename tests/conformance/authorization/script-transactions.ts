// Requests about transactions. Their producer is one that no coordinator knows, so that nothing comes of what is allowed.

import { systemClock } from '@klamm/base/clock';
import { Produce } from '@klamm/protocol/api/00-produce';
import { InitProducerId } from '@klamm/protocol/api/22-init-producer-id';
import { AddPartitionsToTxn } from '@klamm/protocol/api/24-add-partitions-to-txn';
import { AddOffsetsToTxn } from '@klamm/protocol/api/25-add-offsets-to-txn';
import { EndTxn } from '@klamm/protocol/api/26-end-txn';
import { WriteTxnMarkers } from '@klamm/protocol/api/27-write-txn-markers';
import { TxnOffsetCommit } from '@klamm/protocol/api/28-txn-offset-commit';
import { DescribeTransactions } from '@klamm/protocol/api/65-describe-transactions';
import { ListTransactions } from '@klamm/protocol/api/66-list-transactions';
import { BatchBuilder } from '@klamm/protocol/records/builder';
import { EVERY_TOPIC, EVERY_TRANSACTION } from './cast.ts';
import { from, type Row, rows } from './row.ts';

const GHOST = { producerId: 424_242, producerEpoch: 0 };

function batch(): Buffer {
  const builder = new BatchBuilder();
  builder.append(null, 'a record', [], systemClock.now());
  return builder.build({ ...GHOST, baseSequence: 0, transactional: true });
}

export function transactionRows(): Row[] {
  return [
    ...rows(DescribeTransactions, [0], 'every one', () => ({ transactionalIds: EVERY_TRANSACTION })),
    ...rows(ListTransactions, from(0, 2), '', () => ({})),
    ...rows(InitProducerId, from(0, 5), 'without a transaction', () => ({
      transactionalId: null,
      transactionTimeoutMs: 60_000,
    })),
    ...['orders-init', 'logs-init', 'none-init'].flatMap((transactionalId) =>
      rows(InitProducerId, [0, 3, 5], transactionalId, () => ({
        transactionalId,
        transactionTimeoutMs: 60_000,
      })),
    ),
    ...EVERY_TRANSACTION.flatMap(ofOne),
    ...rows(AddPartitionsToTxn, [4, 5], 'of brokers', () => ({
      transactions: EVERY_TRANSACTION.map((transactionalId) => ({
        transactionalId,
        ...GHOST,
        verifyOnly: true,
        topics: [{ name: 'orders', partitions: [0] }],
      })),
    })),
    ...rows(WriteTxnMarkers, [1, 2], '', () => ({
      markers: [
        {
          ...GHOST,
          transactionResult: false,
          coordinatorEpoch: 0,
          topics: [{ name: 'nothing-here', partitionIndexes: [0] }],
        },
      ],
    })),
  ];
}

function ofOne(transactionalId: string): Row[] {
  const topicSets = [['orders'], ['logs.app', 'secret'], ['orders', 'nothing-here'], ['__consumer_offsets']];
  return [
    ...topicSets.flatMap((topics) =>
      rows(AddPartitionsToTxn, [0, 3], `${transactionalId}: ${topics.join(' and ')}`, () => ({
        v3AndBelowTransactionalId: transactionalId,
        v3AndBelowProducerId: GHOST.producerId,
        v3AndBelowProducerEpoch: GHOST.producerEpoch,
        v3AndBelowTopics: topics.map((name) => ({ name, partitions: [0] })),
      })),
    ),
    ...['orders-group', 'logs-group'].flatMap((groupId) => [
      ...rows(AddOffsetsToTxn, [0, 3, 4], `${transactionalId}: ${groupId}`, () => ({
        transactionalId,
        groupId,
        ...GHOST,
      })),
      ...rows(TxnOffsetCommit, [0, 3, 5], `${transactionalId}: ${groupId}`, () => ({
        transactionalId,
        groupId,
        ...GHOST,
        topics: EVERY_TOPIC.map((name) => ({
          name,
          partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }],
        })),
      })),
    ]),
    ...rows(EndTxn, [0, 3, 5], transactionalId, () => ({ transactionalId, ...GHOST, committed: true })),
    ...rows(Produce, [3, 11], `in ${transactionalId}`, () => ({
      transactionalId,
      acks: -1,
      timeoutMs: 5000,
      topicData: ['orders', 'secret', 'logs.app'].map((name) => ({
        name,
        partitionData: [{ index: 0, records: batch() }],
      })),
    })),
  ];
}

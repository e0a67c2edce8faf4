// The transaction coordinator as the settings want it.

import type { BrokerSettings } from '../../config/settings.ts';
import {
  TRANSACTIONS_TOPIC,
  TransactionCoordinator,
  type TransactionCoordinatorOptions,
} from './transaction-coordinator.ts';

/** What `__transaction_state` is created as. */
export function transactionsTopic(settings: BrokerSettings) {
  return {
    name: TRANSACTIONS_TOPIC,
    numPartitions: settings.number('transaction.state.log.num.partitions'),
    replicationFactor: 1,
    assignments: [],
    configs: [
      { name: 'cleanup.policy', value: 'compact' },
      { name: 'compression.type', value: 'uncompressed' },
      { name: 'segment.bytes', value: settings.text('transaction.state.log.segment.bytes') },
      { name: 'unclean.leader.election.enable', value: 'false' },
    ],
  };
}

export function openTransactions(
  settings: BrokerSettings,
  rooms: Omit<TransactionCoordinatorOptions, 'shard' | 'expirationCheckMs' | 'verifies'>,
): TransactionCoordinator {
  return new TransactionCoordinator({
    ...rooms,
    expirationCheckMs: settings.number('transaction.remove.expired.transaction.cleanup.interval.ms'),
    get verifies() {
      return settings.boolean('transaction.partition.verification.enable');
    },
    shard: {
      timeoutMaxMs: settings.number('transaction.max.timeout.ms'),
      idExpirationMs: settings.number('transactional.id.expiration.ms'),
    },
  });
}

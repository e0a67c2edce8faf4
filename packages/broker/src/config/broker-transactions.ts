// The broker settings of the transaction coordinator: Kafka's names, types, defaults and limits (TransactionLogConfig
// and TransactionStateManagerConfig of Apache Kafka 4.3), those that Klamm acts on.

import type { ConfigTable } from '@klamm/base/config';

export const transactionConfigs = {
  'transaction.max.timeout.ms': {
    type: 'int',
    default: '900000',
    min: 1,
    doc: 'Longest timeout a producer may ask for its transactions, in ms.',
  },
  'transaction.partition.verification.enable': {
    type: 'boolean',
    default: 'true',
    doc: 'Whether a batch of a transaction is stored only where its coordinator knows the transaction to be open.',
  },
  'transaction.remove.expired.transaction.cleanup.interval.ms': {
    type: 'int',
    default: '3600000',
    min: 1,
    doc: 'How often transactional ids that nobody uses are looked for, in ms.',
  },
  'transaction.state.log.num.partitions': {
    type: 'int',
    default: '50',
    min: 1,
    doc: 'Partitions of __transaction_state, when it is created.',
  },
  'transaction.state.log.segment.bytes': {
    type: 'int',
    default: '104857600',
    min: 1,
    doc: 'Segment size of __transaction_state, when it is created.',
  },
  'transactional.id.expiration.ms': {
    type: 'int',
    default: '604800000',
    min: 1,
    doc: 'How long a transactional id is kept after its last transaction, in ms.',
  },
} as const satisfies ConfigTable;

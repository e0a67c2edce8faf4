// The broker settings of the transaction coordinator: Kafka's names, types, defaults and limits (TransactionLogConfig
// and TransactionStateManagerConfig of Apache Kafka 4.3). Rows marked `inert` are accepted and do nothing.

import type { ConfigTable } from '@klamm/base/config';

export const transactionConfigs = {
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': {
    type: 'int',
    inert: true,
    default: '10000',
    min: 1,
    doc: 'How often transactions that ran out of time are looked for, in ms; Klamm has a deadline for each.',
  },
  'transaction.max.timeout.ms': {
    type: 'int',
    default: '900000',
    min: 1,
    doc: 'Longest timeout a producer may ask for its transactions, in ms.',
  },
  'transaction.partition.verification.enable': {
    type: 'boolean',
    dynamic: 'cluster-wide',
    default: 'true',
    doc: 'Whether a batch of a transaction is stored only where its coordinator knows the transaction to be open.',
  },
  'transaction.remove.expired.transaction.cleanup.interval.ms': {
    type: 'int',
    default: '3600000',
    min: 1,
    doc: 'How often transactional ids that nobody uses are looked for, in ms.',
  },
  'transaction.state.log.load.buffer.size': {
    type: 'int',
    inert: true,
    default: '5242880',
    min: 1,
    doc: 'Bytes that are read at a time when transactions are loaded.',
  },
  'transaction.state.log.min.isr': {
    type: 'int',
    inert: true,
    default: '2',
    min: 1,
    doc: 'Replicas of __transaction_state that must have a record before it counts; one node has one.',
  },
  'transaction.state.log.num.partitions': {
    type: 'int',
    default: '50',
    min: 1,
    doc: 'Partitions of __transaction_state, when it is created.',
  },
  'transaction.state.log.replication.factor': {
    type: 'short',
    inert: true,
    default: '3',
    min: 1,
    doc: 'Replicas of __transaction_state; one node has one.',
  },
  'transaction.state.log.segment.bytes': {
    type: 'int',
    default: '104857600',
    min: 1,
    doc: 'Segment size of __transaction_state, when it is created.',
  },
  'transaction.two.phase.commit.enable': {
    type: 'boolean',
    inert: true,
    default: 'false',
    doc: 'Whether producers may prepare transactions for a coordinator of their own; Klamm does not offer it.',
  },
  'transactional.id.expiration.ms': {
    type: 'int',
    default: '604800000',
    min: 1,
    doc: 'How long a transactional id is kept after its last transaction, in ms.',
  },
} as const satisfies ConfigTable;

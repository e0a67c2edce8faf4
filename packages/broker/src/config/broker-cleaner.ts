// The broker settings of the log cleaner: Kafka's names, types, defaults and limits (CleanerConfig of Apache Kafka 4.3).
// Rows marked `inert` are accepted and do nothing.

import type { ConfigTable } from '@klamm/base/config';

export const cleanerConfigs = {
  'log.cleaner.backoff.ms': {
    type: 'long',
    dynamic: 'cluster-wide',
    default: '15000',
    min: 0,
    doc: 'How often it is looked whether a log needs compaction, in ms.',
  },
  'log.cleaner.dedupe.buffer.size': {
    type: 'long',
    dynamic: 'cluster-wide',
    default: '134217728',
    min: 1,
    doc: 'Most bytes that compaction takes to remember keys by; about 20 for each.',
  },
  'log.cleaner.delete.retention.ms': {
    type: 'long',
    dynamic: 'cluster-wide',
    default: '86400000',
    min: 0,
    doc: 'Default of the topic setting delete.retention.ms.',
  },
  'log.cleaner.enable': {
    type: 'boolean',
    default: 'true',
    doc: 'Whether logs are compacted; __consumer_offsets grows without end where they are not.',
  },
  'log.cleaner.io.buffer.load.factor': {
    type: 'double',
    dynamic: 'cluster-wide',
    inert: true,
    default: '0.9',
    doc: 'How full the table of keys may get.',
  },
  'log.cleaner.io.buffer.size': {
    type: 'int',
    dynamic: 'cluster-wide',
    inert: true,
    default: '524288',
    min: 0,
    doc: 'Bytes of the buffers that compaction reads and writes with.',
  },
  'log.cleaner.io.max.bytes.per.second': {
    type: 'double',
    dynamic: 'cluster-wide',
    default: '1.7976931348623157E308',
    doc: 'Most bytes a second that compaction reads.',
  },
  'log.cleaner.max.compaction.lag.ms': {
    type: 'long',
    dynamic: 'cluster-wide',
    default: '9223372036854775807',
    min: 1,
    doc: 'Default of the topic setting max.compaction.lag.ms.',
  },
  'log.cleaner.min.cleanable.ratio': {
    type: 'double',
    dynamic: 'cluster-wide',
    default: '0.5',
    min: 0,
    max: 1,
    doc: 'Default of the topic setting min.cleanable.dirty.ratio.',
  },
  'log.cleaner.min.compaction.lag.ms': {
    type: 'long',
    dynamic: 'cluster-wide',
    default: '0',
    min: 0,
    doc: 'Default of the topic setting min.compaction.lag.ms.',
  },
  'log.cleaner.threads': {
    type: 'int',
    dynamic: 'cluster-wide',
    inert: true,
    default: '1',
    min: 0,
    doc: 'Threads that compact; Klamm compacts one log at a time.',
  },
} as const satisfies ConfigTable;

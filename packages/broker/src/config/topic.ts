// The settings of a topic: Kafka's names, types, defaults and limits (org.apache.kafka.common.config.TopicConfig
// and LogConfig of 4.3), and the broker settings each takes its value from where the topic has none
// (ServerTopicConfigSynonyms).

import { type ConfigRow, type ConfigTable, listOf } from '@klamm/base/config';
import { Compression } from '@klamm/protocol/records/batch';
import type { PartitionConfig } from '../partitions/partition.ts';

const NO_LIMIT = '9223372036854775807';

export const topicConfigs = {
  'cleanup.policy': {
    type: 'list',
    default: 'delete',
    oneOf: ['compact', 'delete'],
    doc: 'What happens to old segments: they are deleted, or compacted to the newest record of each key.',
  },
  'compression.gzip.level': {
    type: 'int',
    default: '-1',
    min: 1,
    max: 9,
    also: -1,
    inert: true,
    doc: 'Level of gzip where the broker compresses.',
  },
  'compression.lz4.level': {
    type: 'int',
    default: '9',
    min: 1,
    max: 17,
    inert: true,
    doc: 'Level of lz4 where the broker compresses.',
  },
  'compression.type': {
    type: 'string',
    default: 'producer',
    oneOf: ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'],
    doc: 'Compression that batches are kept in; producer keeps what came.',
  },
  'compression.zstd.level': {
    type: 'int',
    default: '3',
    min: -131072,
    max: 22,
    inert: true,
    doc: 'Level of zstd where the broker compresses.',
  },
  'delete.retention.ms': {
    type: 'long',
    default: '86400000',
    min: 0,
    doc: 'How long a tombstone is kept in a compacted topic, in ms.',
  },
  'file.delete.delay.ms': {
    type: 'long',
    default: '60000',
    min: 0,
    doc: 'How long the file of a deleted segment is still kept, in ms.',
  },
  'flush.messages': {
    type: 'long',
    default: NO_LIMIT,
    min: 1,
    doc: 'Records after which a log is synced, where flush.policy is os.',
  },
  'flush.ms': {
    type: 'long',
    default: NO_LIMIT,
    min: 0,
    doc: 'Time after which a log is synced, in ms, where flush.policy is os.',
  },
  'follower.replication.throttled.replicas': {
    type: 'list',
    default: '',
    inert: true,
    doc: 'Replicas whose fetching is throttled; of no use on one node.',
  },
  'index.interval.bytes': {
    type: 'int',
    default: '4096',
    min: 0,
    doc: 'Bytes of batches between two entries of an index.',
  },
  'leader.replication.throttled.replicas': {
    type: 'list',
    default: '',
    inert: true,
    doc: 'Replicas whose leader is throttled; of no use on one node.',
  },
  'local.retention.bytes': {
    type: 'long',
    default: '-2',
    min: -2,
    inert: true,
    doc: 'Local size limit of tiered storage, which Klamm does not have.',
  },
  'local.retention.ms': {
    type: 'long',
    default: '-2',
    min: -2,
    inert: true,
    doc: 'Local time limit of tiered storage, which Klamm does not have.',
  },
  'max.compaction.lag.ms': {
    type: 'long',
    default: NO_LIMIT,
    min: 1,
    doc: 'Longest time a record may stay uncompacted, in ms.',
  },
  'max.message.bytes': {
    type: 'int',
    default: '1048588',
    min: 0,
    doc: 'Largest record batch that is accepted, in bytes.',
  },
  'message.timestamp.after.max.ms': {
    type: 'long',
    default: '3600000',
    min: 0,
    doc: 'How far ahead of the broker a record may be dated, in ms.',
  },
  'message.timestamp.before.max.ms': {
    type: 'long',
    default: NO_LIMIT,
    min: 0,
    doc: 'How far back a record may be dated, in ms.',
  },
  'message.timestamp.type': {
    type: 'string',
    default: 'CreateTime',
    oneOf: ['CreateTime', 'LogAppendTime'],
    doc: 'Whether a record keeps its own time or gets that of the broker.',
  },
  'min.cleanable.dirty.ratio': {
    type: 'double',
    default: '0.5',
    min: 0,
    max: 1,
    doc: 'Share of uncompacted bytes from which a log is compacted.',
  },
  'min.compaction.lag.ms': {
    type: 'long',
    default: '0',
    min: 0,
    doc: 'Shortest time a record stays uncompacted, in ms.',
  },
  'min.insync.replicas': {
    type: 'int',
    default: '1',
    min: 1,
    doc: 'Replicas that must have a batch before acks=all is answered; more than 1 can never be met on one node.',
  },
  preallocate: {
    type: 'boolean',
    default: 'false',
    inert: true,
    doc: 'Whether the file of a new segment is given its full size at once.',
  },
  'remote.log.copy.disable': {
    type: 'boolean',
    default: 'false',
    inert: true,
    doc: 'Part of tiered storage, which Klamm does not have.',
  },
  'remote.log.delete.on.disable': {
    type: 'boolean',
    default: 'false',
    inert: true,
    doc: 'Part of tiered storage, which Klamm does not have.',
  },
  'remote.storage.enable': {
    type: 'boolean',
    default: 'false',
    oneOf: ['false'],
    inert: true,
    doc: 'Tiered storage, which Klamm does not have.',
  },
  'retention.bytes': {
    type: 'long',
    default: '-1',
    doc: 'Size of a partition above which old segments are deleted, in bytes; -1 for no limit.',
  },
  'retention.ms': {
    type: 'long',
    default: '604800000',
    min: -1,
    doc: 'Age from which segments are deleted, in ms; -1 for no limit.',
  },
  'segment.bytes': {
    type: 'int',
    default: '1073741824',
    min: 1048576,
    doc: 'Size at which a new segment is begun, in bytes.',
  },
  'segment.index.bytes': {
    type: 'int',
    default: '10485760',
    min: 4,
    doc: "Largest size of a segment's index, in bytes.",
  },
  'segment.jitter.ms': {
    type: 'long',
    default: '0',
    min: 0,
    inert: true,
    doc: 'Random time by which segment.ms is shortened, in ms.',
  },
  'segment.ms': {
    type: 'long',
    default: '604800000',
    min: 1,
    doc: 'Age at which a new segment is begun, in ms.',
  },
  'unclean.leader.election.enable': {
    type: 'boolean',
    default: 'false',
    inert: true,
    doc: 'Whether a replica that lags may lead; of no use on one node.',
  },
} as const satisfies ConfigTable;

export type TopicConfigName = keyof typeof topicConfigs;

export function isTopicConfig(name: string): name is TopicConfigName {
  return Object.hasOwn(topicConfigs, name);
}

export const topicConfigRow = (name: TopicConfigName): ConfigRow => topicConfigs[name];

const MS_PER_MINUTE = 60_000;
const MS_PER_HOUR = 3_600_000;

/** A broker setting that a topic's falls back to, and what one of its units is of the topic's. */
export interface ConfigSynonym {
  readonly name: string;
  readonly factor: number;
}

const same = (name: string): readonly ConfigSynonym[] => [{ name, factor: 1 }];

/** For each topic setting the broker settings it falls back to, the first that is set. */
export const topicSynonyms: Partial<Record<TopicConfigName, readonly ConfigSynonym[]>> = {
  'cleanup.policy': same('log.cleanup.policy'),
  'compression.gzip.level': same('compression.gzip.level'),
  'compression.lz4.level': same('compression.lz4.level'),
  'compression.type': same('compression.type'),
  'compression.zstd.level': same('compression.zstd.level'),
  'delete.retention.ms': same('log.cleaner.delete.retention.ms'),
  'file.delete.delay.ms': same('log.segment.delete.delay.ms'),
  'flush.messages': same('log.flush.interval.messages'),
  'flush.ms': [...same('log.flush.interval.ms'), ...same('log.flush.scheduler.interval.ms')],
  'index.interval.bytes': same('log.index.interval.bytes'),
  'local.retention.bytes': same('log.local.retention.bytes'),
  'local.retention.ms': same('log.local.retention.ms'),
  'max.compaction.lag.ms': same('log.cleaner.max.compaction.lag.ms'),
  'max.message.bytes': same('message.max.bytes'),
  'message.timestamp.after.max.ms': same('log.message.timestamp.after.max.ms'),
  'message.timestamp.before.max.ms': same('log.message.timestamp.before.max.ms'),
  'message.timestamp.type': same('log.message.timestamp.type'),
  'min.cleanable.dirty.ratio': same('log.cleaner.min.cleanable.ratio'),
  'min.compaction.lag.ms': same('log.cleaner.min.compaction.lag.ms'),
  'min.insync.replicas': same('min.insync.replicas'),
  preallocate: same('log.preallocate'),
  'retention.bytes': same('log.retention.bytes'),
  'retention.ms': [
    ...same('log.retention.ms'),
    { name: 'log.retention.minutes', factor: MS_PER_MINUTE },
    { name: 'log.retention.hours', factor: MS_PER_HOUR },
  ],
  'segment.bytes': same('log.segment.bytes'),
  'segment.index.bytes': same('log.index.size.max.bytes'),
  'segment.jitter.ms': [
    ...same('log.roll.jitter.ms'),
    { name: 'log.roll.jitter.hours', factor: MS_PER_HOUR },
  ],
  'segment.ms': [...same('log.roll.ms'), { name: 'log.roll.hours', factor: MS_PER_HOUR }],
  'unclean.leader.election.enable': same('unclean.leader.election.enable'),
};

const CODECS: Record<string, Compression | undefined> = {
  uncompressed: Compression.none,
  gzip: Compression.gzip,
  snappy: Compression.snappy,
  lz4: Compression.lz4,
  zstd: Compression.zstd,
};

/** What a partition does, from the effective values of its topic's settings. */
export function partitionConfig(value: (name: TopicConfigName) => string): PartitionConfig {
  const number = (name: TopicConfigName): number => Number(value(name));
  const policies = listOf(value('cleanup.policy'));
  const isCompacted = policies.includes('compact');
  // Only a segment that is no longer written to can be compacted.
  const segmentMs = Math.min(
    number('segment.ms'),
    isCompacted ? number('max.compaction.lag.ms') : number('segment.ms'),
  );
  return {
    log: {
      segmentBytes: number('segment.bytes'),
      segmentMs,
      segmentIndexBytes: number('segment.index.bytes'),
      indexIntervalBytes: number('index.interval.bytes'),
      fileDeleteDelayMs: number('file.delete.delay.ms'),
      flushMessages: number('flush.messages'),
      flushMs: number('flush.ms'),
      retentionMs: number('retention.ms'),
      retentionBytes: number('retention.bytes'),
      deletes: policies.includes('delete'),
    },
    produce: {
      maxMessageBytes: number('max.message.bytes'),
      compression: CODECS[value('compression.type')],
      logAppendTime: value('message.timestamp.type') === 'LogAppendTime',
      timestampBeforeMaxMs: number('message.timestamp.before.max.ms'),
      timestampAfterMaxMs: number('message.timestamp.after.max.ms'),
      compacted: isCompacted,
    },
    compaction: isCompacted
      ? {
          minDirtyRatio: number('min.cleanable.dirty.ratio'),
          minLagMs: number('min.compaction.lag.ms'),
          maxLagMs: number('max.compaction.lag.ms'),
          deleteRetentionMs: number('delete.retention.ms'),
        }
      : undefined,
  };
}

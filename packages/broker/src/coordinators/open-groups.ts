// The group coordinator as the settings want it.

import type { Clock } from '@klamm/base/clock';
import { listOf } from '@klamm/base/config';
import type { Logger } from '@klamm/base/logger';
import { randomUuid } from '@klamm/base/random';
import type { BrokerSettings } from '../config/settings.ts';
import type { ConsumerGroupTimes } from './consumer/consumer-options.ts';
import type { Topics } from './consumer/subscriptions.ts';
import { GroupCoordinator, type GroupCoordinatorOptions, OFFSETS_TOPIC } from './group-coordinator.ts';

const MS_PER_MINUTE = 60_000;
/** How long the first join of a member of a classic group may wait, in ms; Kafka has no setting for it. */
const NEW_MEMBER_JOIN_TIMEOUT_MS = 5 * MS_PER_MINUTE;

/** What `__consumer_offsets` is created as. */
export function offsetsTopic(settings: BrokerSettings) {
  return {
    name: OFFSETS_TOPIC,
    numPartitions: settings.number('offsets.topic.num.partitions'),
    replicationFactor: 1,
    assignments: [],
    configs: [
      { name: 'cleanup.policy', value: 'compact' },
      { name: 'compression.type', value: 'producer' },
      { name: 'segment.bytes', value: settings.text('offsets.topic.segment.bytes') },
    ],
  };
}

export function openGroups(
  settings: BrokerSettings,
  topics: Topics,
  timesOf: (groupId: string) => ConsumerGroupTimes,
  rooms: Pick<GroupCoordinatorOptions, 'partitionOf' | 'createTopic'> & {
    readonly clock: Clock;
    readonly logger: Logger;
  },
): GroupCoordinator {
  return new GroupCoordinator({
    ...rooms,
    retentionCheckMs: settings.number('offsets.retention.check.interval.ms'),
    shard: {
      classic: {
        settings: {
          sessionTimeoutMinMs: settings.number('group.min.session.timeout.ms'),
          sessionTimeoutMaxMs: settings.number('group.max.session.timeout.ms'),
          initialRebalanceDelayMs: settings.number('group.initial.rebalance.delay.ms'),
          maxSize: settings.number('group.max.size'),
          newMemberJoinTimeoutMs: NEW_MEMBER_JOIN_TIMEOUT_MS,
        },
        newMemberId: (prefix) => `${prefix}-${randomUuid()}`,
      },
      consumer: {
        timesOf,
        settings: {
          maxSize: settings.number('group.consumer.max.size'),
          classicMaxSize: settings.number('group.max.size'),
          migrationPolicy: settings.text('group.consumer.migration.policy').toLowerCase(),
          assignors: listOf(settings.text('group.consumer.assignors')),
        },
        topics,
        newMemberId: randomUuid,
      },
      offsetMetadataBytesMax: settings.number('offset.metadata.max.bytes'),
      offsetsRetentionMs: settings.number('offsets.retention.minutes') * MS_PER_MINUTE,
    },
  });
}

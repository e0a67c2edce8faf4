// The coordinators of one broker, and what they need of each other: a transaction that commits offsets of a group ends
// in the group's log too.

import type { Clock } from '@klamm/base/clock';
import type { Logger } from '@klamm/base/logger';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { ProducerIdsRecord } from '@klamm/protocol/stored/metadata';
import { encodeMetadata } from '@klamm/protocol/stored/metadata-frame';
import type { BrokerSettings } from '../config/settings.ts';
import type { Catalog } from '../metadata/catalog.ts';
import type { ConfigValues } from '../metadata/config-values.ts';
import type { TopicImage } from '../metadata/image.ts';
import type { NewTopic } from '../metadata/topic-changes.ts';
import type { Partition } from '../partitions/partition.ts';
import type { ConsumerGroupTimes } from './consumer/consumer-options.ts';
import type { GroupCoordinator } from './group-coordinator.ts';
import { offsetsTopic, openGroups } from './open-groups.ts';
import { PRODUCER_ID_BLOCK, ProducerIds } from './producer-ids.ts';
import { type MarkerWriter, markerWriter } from './transactions/marker-writer.ts';
import { openTransactions, transactionsTopic } from './transactions/open-transactions.ts';
import type { TransactionCoordinator } from './transactions/transaction-coordinator.ts';

export interface CoordinatorRooms {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly partitionOf: (topic: string, index: number) => Partition | undefined;
  readonly createTopic: (
    topic: Omit<NewTopic, 'id'>,
  ) => Promise<{ errorCode: number; errorMessage: string | null }>;
}

export interface Coordinators {
  readonly groups: GroupCoordinator;
  readonly transactions: TransactionCoordinator;
  readonly producerIds: ProducerIds;
  readonly writeMarker: MarkerWriter;
}

export function openCoordinators(
  settings: BrokerSettings,
  catalog: Catalog,
  { clock, logger, partitionOf, createTopic }: CoordinatorRooms,
): Coordinators {
  const create = async (topic: Omit<NewTopic, 'id'>): Promise<number> => {
    const { errorCode, errorMessage } = await createTopic(topic);
    if (errorCode === ErrorCode.NONE || errorCode === ErrorCode.TOPIC_ALREADY_EXISTS) return ErrorCode.NONE;
    logger.error(`${topic.name} cannot be created: ${errorMessage ?? errorCode}`);
    return errorCode;
  };
  const producerIds = new ProducerIds(() =>
    catalog.change(({ nextProducerId }) => ({
      records: [
        encodeMetadata(ProducerIdsRecord, {
          brokerId: catalog.nodeId,
          brokerEpoch: catalog.brokerEpoch,
          nextProducerId: nextProducerId + PRODUCER_ID_BLOCK,
        }),
      ],
      result: nextProducerId,
    })),
  );
  const groups = openGroups(settings, catalog.image, (group) => timesOf(catalog.configs, group), {
    clock,
    logger,
    partitionOf,
    createTopic: () => create(offsetsTopic(settings)),
  });
  const writeMarker = markerWriter(partitionOf, groups);
  const transactions = openTransactions(settings, {
    clock,
    logger,
    partitionOf,
    producerIds,
    writeMarker,
    createTopic: () => create(transactionsTopic(settings)),
  });
  return { groups, transactions, producerIds, writeMarker };
}

/** Tells both of partitions that are there now, from index `from` on. */
export function partitionsAdded(
  { groups, transactions }: Coordinators,
  topic: TopicImage,
  from: number,
): void {
  groups.partitionsAdded(topic, from);
  transactions.partitionsAdded(topic, from);
}

export function topicRemoved({ groups, transactions }: Coordinators, topic: TopicImage): void {
  groups.topicRemoved(topic);
  transactions.topicRemoved(topic);
}

/** Answers whoever waits. */
export function closeCoordinators({ groups, transactions }: Coordinators): void {
  transactions.close();
  groups.close();
}

function timesOf(configs: ConfigValues, group: string): ConsumerGroupTimes {
  return {
    sessionTimeoutMs: Number(configs.group(group, 'consumer.session.timeout.ms')),
    heartbeatIntervalMs: Number(configs.group(group, 'consumer.heartbeat.interval.ms')),
  };
}

// The settings of a group: Kafka's names, types, defaults and limits (GroupConfig of Apache Kafka 4.3), and the broker
// setting that each takes its value from where the group has none. Those of share and streams groups do nothing yet.

import type { ConfigRow, ConfigTable } from '@klamm/base/config';
import type { BrokerConfigName } from './broker.ts';

export const groupResourceConfigs = {
  'consumer.assignment.interval.ms': {
    type: 'int',
    inert: true,
    default: '1000',
    min: 0,
    doc: 'Shortest time between two assignments, in ms; Klamm assigns at once.',
  },
  'consumer.heartbeat.interval.ms': {
    type: 'int',
    default: '5000',
    min: 1,
    doc: 'How often members are told to send a heartbeat, in ms.',
  },
  'consumer.session.timeout.ms': {
    type: 'int',
    default: '45000',
    min: 1,
    doc: 'After how much silence a member is taken for dead, in ms.',
  },
  'share.assignment.interval.ms': {
    type: 'int',
    inert: true,
    default: '1000',
    min: 0,
    doc: 'Shortest time between two assignments of a share group, in ms.',
  },
  'share.auto.offset.reset': {
    type: 'string',
    inert: true,
    default: 'latest',
    doc: 'Where a new share group begins: latest, earliest, or by_duration: and an ISO 8601 duration.',
  },
  'share.delivery.count.limit': {
    type: 'int',
    inert: true,
    default: '5',
    min: 2,
    doc: 'How often a record is delivered at the most.',
  },
  'share.heartbeat.interval.ms': {
    type: 'int',
    inert: true,
    default: '5000',
    min: 1,
    doc: 'How often members of a share group are told to send a heartbeat, in ms.',
  },
  'share.isolation.level': {
    type: 'string',
    inert: true,
    default: 'read_uncommitted',
    oneOf: ['read_committed', 'read_uncommitted'],
    doc: 'Whether a share group reads records of transactions that are not committed.',
  },
  'share.partition.max.record.locks': {
    type: 'int',
    inert: true,
    default: '2000',
    min: 100,
    doc: 'Most records of a partition that are locked at one time.',
  },
  'share.record.lock.duration.ms': {
    type: 'int',
    inert: true,
    default: '30000',
    min: 1000,
    doc: 'How long a record is locked for the member that got it, in ms.',
  },
  'share.renew.acknowledge.enable': {
    type: 'boolean',
    inert: true,
    default: 'true',
    doc: 'Whether members may lengthen the lock of a record.',
  },
  'share.session.timeout.ms': {
    type: 'int',
    inert: true,
    default: '45000',
    min: 1,
    doc: 'After how much silence a member of a share group is taken for dead, in ms.',
  },
  'streams.assignment.interval.ms': {
    type: 'int',
    inert: true,
    default: '1000',
    min: 0,
    doc: 'Shortest time between two assignments of a streams group, in ms.',
  },
  'streams.heartbeat.interval.ms': {
    type: 'int',
    inert: true,
    default: '5000',
    min: 1,
    doc: 'How often members of a streams group are told to send a heartbeat, in ms.',
  },
  'streams.initial.rebalance.delay.ms': {
    type: 'int',
    inert: true,
    default: '3000',
    min: 0,
    doc: 'How long the first assignment of a streams group waits for more members, in ms.',
  },
  'streams.num.standby.replicas': {
    type: 'int',
    inert: true,
    default: '0',
    min: 0,
    doc: 'Standby copies of the state of each task.',
  },
  'streams.session.timeout.ms': {
    type: 'int',
    inert: true,
    default: '45000',
    min: 1,
    doc: 'After how much silence a member of a streams group is taken for dead, in ms.',
  },
} as const satisfies ConfigTable;

export type GroupConfigName = keyof typeof groupResourceConfigs;

export function isGroupConfig(name: string): name is GroupConfigName {
  return Object.hasOwn(groupResourceConfigs, name);
}

export const groupConfigRow = (name: GroupConfigName): ConfigRow => groupResourceConfigs[name];

/** Settings of a group that no broker setting stands behind. */
const WITHOUT_SYNONYM = [
  'share.auto.offset.reset',
  'share.isolation.level',
  'share.renew.acknowledge.enable',
] as const satisfies readonly GroupConfigName[];

type WithoutSynonym = (typeof WITHOUT_SYNONYM)[number];

/** The broker setting that a group's falls back to; undefined where there is none. */
export function groupSynonym(name: GroupConfigName): BrokerConfigName | undefined {
  return hasSynonym(name) ? `group.${name}` : undefined;
}

function hasSynonym(name: GroupConfigName): name is Exclude<GroupConfigName, WithoutSynonym> {
  return !WITHOUT_SYNONYM.some((without) => without === name);
}

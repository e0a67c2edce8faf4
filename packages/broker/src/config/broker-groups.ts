// The broker settings of the group coordinator: Kafka's names, types, defaults and limits (GroupCoordinatorConfig of
// Apache Kafka 4.3), those that Klamm acts on.

import type { ConfigTable } from '@klamm/base/config';

export const groupConfigs = {
  'group.consumer.assignors': {
    type: 'list',
    default: 'uniform,range',
    doc: 'Server-side assignors of the consumer protocol, the default first: uniform, range.',
  },
  'group.consumer.heartbeat.interval.ms': {
    type: 'int',
    default: '5000',
    min: 1,
    doc: 'How often members of the consumer protocol are told to send a heartbeat, in ms.',
  },
  'group.consumer.max.size': {
    type: 'int',
    default: '2147483647',
    min: 1,
    doc: 'Most members of a group of the consumer protocol.',
  },
  'group.consumer.migration.policy': {
    type: 'string',
    default: 'bidirectional',
    oneOf: ['disabled', 'downgrade', 'upgrade', 'bidirectional'],
    doc: 'Whether a group may change between the classic and the consumer protocol while it runs.',
  },
  'group.consumer.session.timeout.ms': {
    type: 'int',
    default: '45000',
    min: 1,
    doc: 'After how much silence a member of the consumer protocol is taken for dead, in ms.',
  },
  'group.coordinator.rebalance.protocols': {
    type: 'list',
    default: 'classic,consumer,streams',
    doc: 'Group protocols that are served; Klamm has classic and consumer.',
  },
  'group.initial.rebalance.delay.ms': {
    type: 'int',
    default: '0',
    min: 0,
    doc: "How long the first rebalance of an empty classic group waits for more members, in ms. Apache Kafka's default is 3000, its sample configuration and images set 0.",
  },
  'group.max.session.timeout.ms': {
    type: 'int',
    default: '1800000',
    min: 0,
    doc: 'Longest session timeout a member of a classic group may ask for, in ms.',
  },
  'group.max.size': {
    type: 'int',
    default: '2147483647',
    min: 1,
    doc: 'Most members of a classic group.',
  },
  'group.min.session.timeout.ms': {
    type: 'int',
    default: '6000',
    min: 0,
    doc: 'Shortest session timeout a member of a classic group may ask for, in ms.',
  },
  'offset.metadata.max.bytes': {
    type: 'int',
    default: '4096',
    min: 0,
    doc: 'Most bytes of metadata that may be committed beside an offset.',
  },
  'offsets.retention.check.interval.ms': {
    type: 'long',
    default: '600000',
    min: 1,
    doc: 'How often offsets that are too old are looked for, in ms.',
  },
  'offsets.retention.minutes': {
    type: 'int',
    default: '10080',
    min: 1,
    doc: 'How long offsets are kept after their group has become empty, in minutes.',
  },
  'offsets.topic.num.partitions': {
    type: 'int',
    default: '50',
    min: 1,
    doc: 'Partitions of __consumer_offsets, when it is created.',
  },
  'offsets.topic.segment.bytes': {
    type: 'int',
    default: '104857600',
    min: 1,
    doc: 'Segment size of __consumer_offsets, when it is created.',
  },
} as const satisfies ConfigTable;

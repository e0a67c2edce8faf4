// The broker settings of streams groups (GroupCoordinatorConfig of Apache Kafka 4.3), which Klamm does not have: all are
// accepted and do nothing.

import type { ConfigTable } from '@klamm/base/config';

export const streamsConfigs = {
  'group.streams.assignment.interval.ms': {
    type: 'int',
    dynamic: 'cluster-wide',
    inert: true,
    default: '1000',
    min: 0,
    doc: 'Shortest time between two assignments of a streams group, in ms.',
  },
  'group.streams.heartbeat.interval.ms': {
    type: 'int',
    inert: true,
    default: '5000',
    min: 1,
    doc: 'How often members of streams groups are told to send a heartbeat, in ms.',
  },
  'group.streams.initial.rebalance.delay.ms': {
    type: 'int',
    inert: true,
    default: '3000',
    min: 0,
    doc: 'How long the first assignment of a streams group waits for more members, in ms.',
  },
  'group.streams.max.assignment.interval.ms': {
    type: 'int',
    inert: true,
    default: '15000',
    min: 0,
    doc: 'Longest assignment interval that a group may be given, in ms.',
  },
  'group.streams.max.heartbeat.interval.ms': {
    type: 'int',
    inert: true,
    default: '15000',
    min: 1,
    doc: 'Longest heartbeat interval that a group may be given, in ms.',
  },
  'group.streams.max.session.timeout.ms': {
    type: 'int',
    inert: true,
    default: '60000',
    min: 1,
    doc: 'Longest session timeout that a group may be given, in ms.',
  },
  'group.streams.max.size': {
    type: 'int',
    inert: true,
    default: '2147483647',
    min: 1,
    doc: 'Most members of a streams group.',
  },
  'group.streams.max.standby.replicas': {
    type: 'int',
    inert: true,
    default: '2',
    min: 0,
    doc: 'Most standby copies of state that a group may be given.',
  },
  'group.streams.min.assignment.interval.ms': {
    type: 'int',
    inert: true,
    default: '0',
    min: 0,
    doc: 'Shortest assignment interval that a group may be given, in ms.',
  },
  'group.streams.min.heartbeat.interval.ms': {
    type: 'int',
    inert: true,
    default: '5000',
    min: 1,
    doc: 'Shortest heartbeat interval that a group may be given, in ms.',
  },
  'group.streams.min.session.timeout.ms': {
    type: 'int',
    inert: true,
    default: '45000',
    min: 1,
    doc: 'Shortest session timeout that a group may be given, in ms.',
  },
  'group.streams.num.standby.replicas': {
    type: 'int',
    inert: true,
    default: '0',
    min: 0,
    doc: 'Standby copies of the state of each task.',
  },
  'group.streams.session.timeout.ms': {
    type: 'int',
    inert: true,
    default: '45000',
    min: 1,
    doc: 'After how much silence a member of a streams group is taken for dead, in ms.',
  },
} as const satisfies ConfigTable;

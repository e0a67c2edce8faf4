// The settings of a broker: Kafka's names, types, defaults and limits (configs of Apache Kafka 4.3), those that Klamm
// acts on. The rest of Kafka's, accepted and named once at start as having no effect, are in broker-inert.ts.

import type { ConfigRow, ConfigTable } from '@klamm/base/config';
import { accessConfigs } from './broker-access.ts';
import { cleanerConfigs } from './broker-cleaner.ts';
import { groupConfigs } from './broker-groups.ts';
import { saslConfigs } from './broker-sasl.ts';
import { tlsConfigs } from './broker-tls.ts';
import { transactionConfigs } from './broker-transactions.ts';

export const brokerConfigs = {
  ...accessConfigs,
  ...cleanerConfigs,
  ...groupConfigs,
  ...saslConfigs,
  ...tlsConfigs,
  ...transactionConfigs,
  'flush.policy': {
    type: 'string',
    default: 'sync',
    oneOf: ['sync', 'os'],
    doc: "Klamm's own. sync: acks=all is answered after fdatasync, and only what is synced is read. os: the page cache is trusted, as Kafka does by default.",
  },
  'cluster.id': {
    type: 'string',
    default: null,
    doc: "Klamm's own. Id of the cluster that a new data directory belongs to: 22 characters of URL-safe base64. By default it is made up.",
  },
  'klamm.allow.remote.plaintext': {
    type: 'boolean',
    default: 'false',
    doc: "Klamm's own. Whether a listener without authentication may listen beyond this machine.",
  },
  'advertised.listeners': {
    type: 'list',
    default: null,
    doc: 'Addresses that clients are told to connect to; by default those of listeners.',
  },
  'auto.create.topics.enable': {
    type: 'boolean',
    default: 'true',
    doc: 'Whether a topic that a client asks for is created.',
  },
  'broker.rack': { type: 'string', default: null, doc: 'Rack of this node, told to clients.' },
  'compression.type': {
    type: 'string',
    dynamic: true,
    default: 'producer',
    doc: 'Default of the topic setting of that name.',
  },
  'connections.max.idle.ms': {
    type: 'long',
    default: '600000',
    doc: 'Time without traffic after which a connection is closed, in ms.',
  },
  'default.replication.factor': {
    type: 'int',
    default: '1',
    doc: 'Replicas of a topic that is created without a number; only 1 can be met on one node.',
  },
  'delete.topic.enable': { type: 'boolean', default: 'true', doc: 'Whether topics may be deleted.' },
  'fetch.max.bytes': {
    type: 'int',
    default: '57671680',
    min: 1024,
    doc: 'Most bytes that one Fetch request is answered with.',
  },
  'listener.security.protocol.map': {
    type: 'string',
    default: 'SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT',
    doc: 'Security protocol of each listener name.',
  },
  listeners: {
    type: 'list',
    default: 'PLAINTEXT://127.0.0.1:9092',
    doc: 'Addresses to listen on, as NAME://HOST:PORT, separated by commas.',
  },
  'log.cleanup.policy': {
    type: 'list',
    dynamic: true,
    default: 'delete',
    doc: 'Default of the topic setting cleanup.policy.',
  },
  'log.dir': { type: 'list', default: '/tmp/kafka-logs', doc: 'Data directory, where log.dirs is not set.' },
  'log.dirs': { type: 'list', default: null, doc: 'Data directory; Klamm uses one.' },
  'log.flush.interval.messages': {
    type: 'long',
    dynamic: true,
    default: '9223372036854775807',
    min: 1,
    doc: 'Default of the topic setting flush.messages.',
  },
  'log.flush.interval.ms': {
    type: 'long',
    dynamic: true,
    default: null,
    doc: 'Default of the topic setting flush.ms.',
  },
  'log.flush.offset.checkpoint.interval.ms': {
    type: 'int',
    default: '60000',
    min: 0,
    doc: 'How often the recovery points are written down, in ms.',
  },
  'log.index.interval.bytes': {
    type: 'int',
    dynamic: true,
    default: '4096',
    min: 0,
    doc: 'Default of the topic setting index.interval.bytes.',
  },
  'log.index.size.max.bytes': {
    type: 'int',
    dynamic: true,
    default: '10485760',
    min: 4,
    doc: 'Default of the topic setting segment.index.bytes.',
  },
  'log.message.timestamp.after.max.ms': {
    type: 'long',
    dynamic: true,
    default: '3600000',
    min: 0,
    doc: 'Default of the topic setting message.timestamp.after.max.ms.',
  },
  'log.message.timestamp.before.max.ms': {
    type: 'long',
    dynamic: true,
    default: '9223372036854775807',
    min: 0,
    doc: 'Default of the topic setting message.timestamp.before.max.ms.',
  },
  'log.message.timestamp.type': {
    type: 'string',
    dynamic: true,
    default: 'CreateTime',
    doc: 'Default of the topic setting message.timestamp.type.',
  },
  'log.retention.bytes': {
    type: 'long',
    dynamic: true,
    default: '-1',
    doc: 'Default of the topic setting retention.bytes.',
  },
  'log.retention.check.interval.ms': {
    type: 'long',
    default: '300000',
    min: 1,
    doc: 'How often old segments are looked for, in ms.',
  },
  'log.retention.hours': {
    type: 'int',
    default: '168',
    doc: 'Default of the topic setting retention.ms, in hours.',
  },
  'log.retention.minutes': {
    type: 'int',
    default: null,
    doc: 'Default of the topic setting retention.ms, in minutes.',
  },
  'log.retention.ms': {
    type: 'long',
    dynamic: true,
    default: null,
    doc: 'Default of the topic setting retention.ms.',
  },
  'log.roll.hours': {
    type: 'int',
    default: '168',
    min: 1,
    doc: 'Default of the topic setting segment.ms, in hours.',
  },
  'log.roll.ms': {
    type: 'long',
    dynamic: true,
    default: null,
    doc: 'Default of the topic setting segment.ms.',
  },
  'log.segment.bytes': {
    type: 'int',
    dynamic: true,
    default: '1073741824',
    min: 1048576,
    doc: 'Default of the topic setting segment.bytes.',
  },
  'log.segment.delete.delay.ms': {
    type: 'long',
    dynamic: true,
    default: '60000',
    min: 0,
    doc: 'Default of the topic setting file.delete.delay.ms.',
  },
  'max.incremental.fetch.session.cache.slots': {
    type: 'int',
    default: '1000',
    min: 0,
    doc: 'Most incremental fetch sessions at one time (KIP-227).',
  },
  'message.max.bytes': {
    type: 'int',
    dynamic: true,
    default: '1048588',
    min: 0,
    doc: 'Default of the topic setting max.message.bytes.',
  },
  'min.insync.replicas': {
    type: 'int',
    dynamic: true,
    default: '1',
    min: 1,
    doc: 'Default of the topic setting of that name.',
  },
  'node.id': { type: 'int', default: '1', min: 0, doc: 'Number of this node.' },
  'num.partitions': {
    type: 'int',
    default: '1',
    min: 1,
    doc: 'Partitions of a topic that is created without a number.',
  },
  'producer.id.expiration.ms': {
    type: 'int',
    default: '86400000',
    min: 1,
    doc: 'Silence after which an idempotent producer is forgotten, in ms.',
  },
  'queued.max.request.bytes': {
    type: 'long',
    default: '-1',
    doc: 'Most bytes of requests that are being worked on before reading pauses; -1 for no limit.',
  },
  'queued.max.requests': {
    type: 'int',
    default: '500',
    min: 1,
    doc: 'Most requests that are being worked on before reading pauses.',
  },
  'socket.listen.backlog.size': {
    type: 'int',
    default: '50',
    min: 1,
    doc: 'Connections that may wait to be accepted.',
  },
  'socket.request.max.bytes': {
    type: 'int',
    default: '104857600',
    min: 1,
    doc: 'Largest request that is read, in bytes.',
  },
} as const satisfies ConfigTable;

export type BrokerConfigName = keyof typeof brokerConfigs;

export function isBrokerConfig(name: string): name is BrokerConfigName {
  return Object.hasOwn(brokerConfigs, name);
}

export const brokerConfigRow = (name: BrokerConfigName): ConfigRow => brokerConfigs[name];

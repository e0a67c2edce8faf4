// The settings of a broker: all of Apache Kafka 4.3's, by subject in the tables beside this one, and Klamm's own. Rows
// marked `inert` are known, checked and shown, but do nothing; at start they are named once.

import type { ConfigRow, ConfigTable } from '@klamm/base/config';
import { accessConfigs } from './broker-access.ts';
import { cleanerConfigs } from './broker-cleaner.ts';
import { groupConfigs } from './broker-groups.ts';
import { loginConfigs } from './broker-login.ts';
import { logConfigs } from './broker-logs.ts';
import { networkConfigs } from './broker-network.ts';
import { quorumConfigs } from './broker-quorum.ts';
import { replicationConfigs } from './broker-replication.ts';
import { saslConfigs } from './broker-sasl.ts';
import { shareConfigs } from './broker-share.ts';
import { streamsConfigs } from './broker-streams.ts';
import { tieredConfigs } from './broker-tiered.ts';
import { tlsConfigs } from './broker-tls.ts';
import { transactionConfigs } from './broker-transactions.ts';

const klammConfigs = {
  'klamm.scram.users': {
    type: 'password',
    default: null,
    doc: 'Users that a new data directory begins with where a SCRAM mechanism is enabled: ScramLoginModule required user_NAME="PASSWORD";',
  },
  'cluster.id': {
    type: 'string',
    default: null,
    doc: 'Id of the cluster that a new data directory belongs to: 22 characters of URL-safe base64. By default it is made up.',
  },
  'flush.policy': {
    type: 'string',
    default: 'sync',
    oneOf: ['sync', 'os'],
    doc: 'sync: acks=all is answered after fdatasync, and only what is synced is read. os: the page cache is trusted, as Kafka does by default.',
  },
  'klamm.allow.remote.plaintext': {
    type: 'boolean',
    default: 'false',
    doc: 'Whether a listener without authentication may listen beyond this machine.',
  },
} as const satisfies ConfigTable;

/** The tables by subject, in the order in which the reference has them. */
export const brokerTables = {
  "Klamm's own": klammConfigs,
  'Listeners, sockets, threads, metrics': networkConfigs,
  'Topics and logs': logConfigs,
  Compaction: cleanerConfigs,
  TLS: tlsConfigs,
  'Logins of clients': saslConfigs,
  'Who may do what, and how much': accessConfigs,
  Groups: groupConfigs,
  Transactions: transactionConfigs,
  'Nodes and their quorum': quorumConfigs,
  Replication: replicationConfigs,
  'Logins at other nodes': loginConfigs,
  'Share groups': shareConfigs,
  'Streams groups': streamsConfigs,
  'Tiered storage': tieredConfigs,
} as const;

export const brokerConfigs = {
  ...klammConfigs,
  ...networkConfigs,
  ...logConfigs,
  ...cleanerConfigs,
  ...tlsConfigs,
  ...saslConfigs,
  ...accessConfigs,
  ...groupConfigs,
  ...transactionConfigs,
  ...quorumConfigs,
  ...replicationConfigs,
  ...loginConfigs,
  ...shareConfigs,
  ...streamsConfigs,
  ...tieredConfigs,
} as const satisfies ConfigTable;

export type BrokerConfigName = keyof typeof brokerConfigs;

export function isBrokerConfig(name: string): name is BrokerConfigName {
  return Object.hasOwn(brokerConfigs, name);
}

export const brokerConfigRow = (name: BrokerConfigName): ConfigRow => brokerConfigs[name];

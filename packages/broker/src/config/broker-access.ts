// The broker settings of who may connect, how often, and do what (BrokerSecurityConfigs, SocketServerConfigs,
// QuotaConfig and StandardAuthorizer of Apache Kafka 4.3). Rows marked `inert` are accepted and do nothing.

import type { ConfigTable } from '@klamm/base/config';

export const accessConfigs = {
  'allow.everyone.if.no.acl.found': {
    type: 'boolean',
    default: 'false',
    doc: 'Whether everybody may use what no ACL is about.',
  },
  'authorizer.class.name': {
    type: 'string',
    default: '',
    doc: 'org.apache.kafka.metadata.authorizer.StandardAuthorizer, or nothing: then everybody may do everything.',
  },
  'client.quota.callback.class': {
    type: 'class',
    inert: true,
    default: null,
    doc: 'Java class that decides on quotas.',
  },
  'controller.quota.window.num': {
    type: 'int',
    default: '11',
    min: 1,
    doc: 'Windows over which changes of topics are counted.',
  },
  'controller.quota.window.size.seconds': {
    type: 'int',
    default: '1',
    min: 1,
    doc: 'Length of such a window, in s.',
  },
  'max.connection.creation.rate': {
    type: 'int',
    dynamic: 'cluster-wide',
    default: '2147483647',
    min: 0,
    doc: 'Most new connections a second.',
  },
  'max.connections': {
    type: 'int',
    dynamic: 'cluster-wide',
    default: '2147483647',
    min: 0,
    doc: 'Most connections at one time.',
  },
  'max.connections.per.ip': {
    type: 'int',
    dynamic: 'cluster-wide',
    default: '2147483647',
    min: 0,
    doc: 'Most connections at one time from one address.',
  },
  'max.connections.per.ip.overrides': {
    type: 'string',
    dynamic: 'cluster-wide',
    default: '',
    doc: 'Other limits for some addresses: `10.0.0.1:100,10.0.0.2:0`.',
  },
  'principal.builder.class': {
    type: 'class',
    dynamic: 'per-broker',
    inert: true,
    default: 'org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder',
    doc: 'Java class that makes principals.',
  },
  'quota.window.num': {
    type: 'int',
    default: '11',
    min: 1,
    doc: 'Windows over which bytes and times are counted for quotas.',
  },
  'quota.window.size.seconds': {
    type: 'int',
    default: '1',
    min: 1,
    doc: 'Length of such a window, in s.',
  },
  'security.providers': {
    type: 'string',
    inert: true,
    default: null,
    doc: 'Security providers of Java.',
  },
  'super.users': {
    type: 'string',
    default: '',
    doc: 'Users who may do everything: `User:admin;User:CN=ops`.',
  },
} as const satisfies ConfigTable;

// Who asks in the script of requests, what is there to be asked about, and which ACLs say who may do what.

import { AclResource, Operation, PatternType, Permission } from '@klamm/broker/metadata/acl';

/** The super user first: it prepares what the others find. */
export const PRINCIPALS = ['admin', 'owner', 'reader', 'denied', 'stranger'] as const;
export type PrincipalName = (typeof PRINCIPALS)[number];

export const passwordOf = (principal: PrincipalName): string => `the password of ${principal}`;

/** Topics that are there, each with one partition. */
export const TOPICS = ['orders', 'orders-eu', 'logs.app', 'secret', 'public', 'orders-scrap', 'logs.scrap'];
/** Topics that are not. */
export const MISSING = ['orders-missing', 'logs.missing', 'nothing-here'];
/** What the script may create. */
export const NEW_TOPICS = ['orders-new', 'logs.new', 'auto-new', 'orders-auto'];
export const EVERY_TOPIC = ['orders', 'orders-eu', 'logs.app', 'secret', 'public', ...MISSING];

/** Groups with a committed offset of a topic. */
export const GROUPS: Readonly<Record<string, string>> = {
  'orders-group': 'orders',
  'logs-group': 'logs.app',
  'secret-group': 'secret',
  'orders-scrap-group': 'orders',
};
export const EVERY_GROUP = ['orders-group', 'logs-group', 'secret-group', 'none-group'];
/** A group of the consumer protocol with a member that reads two topics. */
export const TEAM = {
  groupId: 'orders-team',
  memberId: 'YOEiIlwTQAmoJIBLhSrGlQ',
  topics: ['orders', 'secret'],
};

/** Transactional ids that their coordinator knows. */
export const TRANSACTIONS = ['orders-tx', 'logs-tx', 'secret-tx'];
export const EVERY_TRANSACTION = [...TRANSACTIONS, 'none-tx'];

/** Users with delegation tokens that the super user had issued for them. */
export const TOKEN_OWNERS = ['reader', 'stranger'];

const { topic, group, cluster, transactionalId, user } = AclResource;
const { literal, prefixed } = PatternType;
const { allow, deny } = Permission;

export interface Creation {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly resourcePatternType: number;
  readonly principal: string;
  readonly host: string;
  readonly operation: number;
  readonly permissionType: number;
}

function acls(
  principal: string,
  permissionType: number,
  resourceType: number,
  resourcePatternType: number,
  resourceName: string,
  operations: readonly (keyof typeof Operation)[],
  host = '*',
): Creation[] {
  return operations.map((operation) => ({
    resourceType,
    resourceName,
    resourcePatternType,
    principal: `User:${principal}`,
    host,
    operation: Operation[operation],
    permissionType,
  }));
}

const CLUSTER = 'kafka-cluster';

export const ACLS: readonly Creation[] = [
  ...acls('owner', allow, topic, literal, 'orders', ['read', 'write', 'alter', 'delete', 'alterConfigs']),
  ...acls('owner', allow, topic, literal, 'orders-missing', ['all']),
  ...acls('owner', allow, topic, literal, 'orders-scrap', ['delete']),
  ...acls('owner', allow, topic, literal, 'orders-new', ['create', 'delete']),
  ...acls('owner', allow, topic, literal, 'orders-auto', ['create', 'describe']),
  ...acls('owner', allow, topic, literal, 'auto-new', ['describe']),
  ...acls('owner', allow, group, literal, 'orders-group', ['read', 'alterConfigs', 'delete']),
  ...acls('owner', allow, group, literal, 'orders-scrap-group', ['delete']),
  ...acls('owner', allow, group, literal, 'orders-consumer', ['read']),
  ...acls('owner', allow, group, literal, 'orders-team', ['read']),
  ...acls('owner', allow, transactionalId, literal, 'orders-tx', ['write']),
  ...acls('owner', allow, transactionalId, literal, 'orders-init', ['write']),
  ...acls('owner', allow, cluster, literal, CLUSTER, ['idempotentWrite', 'alterConfigs']),
  ...acls('owner', allow, user, literal, 'User:reader', ['createTokens', 'describeTokens']),

  ...acls('reader', allow, topic, prefixed, 'logs.', ['read', 'write']),
  ...acls('reader', allow, topic, prefixed, 'orders', ['describe', 'describeConfigs']),
  ...acls('reader', allow, group, prefixed, 'logs-', ['read', 'describeConfigs']),
  ...acls('reader', allow, group, prefixed, 'orders-', ['describe']),
  ...acls('reader', allow, group, literal, 'secret-group', ['delete']),
  ...acls('reader', allow, transactionalId, prefixed, 'logs', ['describe']),
  ...acls('reader', allow, cluster, literal, CLUSTER, ['describe', 'clusterAction']),

  ...acls('denied', allow, topic, literal, '*', ['all']),
  ...acls('denied', deny, topic, literal, 'orders', ['all']),
  ...acls('denied', deny, topic, prefixed, 'logs.', ['read', 'describeConfigs']),
  ...acls('denied', deny, topic, literal, 'secret', ['describe']),
  ...acls('denied', allow, group, literal, '*', ['all']),
  ...acls('denied', deny, group, prefixed, 'orders-g', ['read', 'delete']),
  ...acls('denied', allow, transactionalId, literal, '*', ['all']),
  ...acls('denied', deny, transactionalId, literal, 'orders-tx', ['all']),
  ...acls('denied', allow, cluster, literal, CLUSTER, ['all']),
  ...acls('denied', deny, cluster, literal, CLUSTER, ['alter', 'clusterAction', 'idempotentWrite']),

  ...acls('*', allow, topic, literal, 'public', ['read'], '127.0.0.1'),
  ...acls('*', deny, topic, literal, 'public', ['write'], '10.9.8.7'),
  ...acls('stranger', allow, topic, literal, 'secret', ['all'], '10.9.8.7'),
  // As a login may not be: of another type, and with another case.
  ...acls('Stranger', allow, topic, literal, 'secret', ['read']),
];

// The flags of `klamm acl` in the client's words: which resources, which principals, which operations; and the sets of
// ACLs that a producer and a consumer need (AclCommand of Apache Kafka has the same two).

import { nearest } from '@klamm/base/config';
import {
  ACL_OPERATIONS,
  type AclOperation,
  type AclPatternType,
  type AclPermission,
  type AclResourceType,
} from '@klamm/client/admin/acl-names';
import type { AclFilter, NewAcl } from '@klamm/client/admin/acls';
import type { FlagSpec, Flags } from './command.ts';
import { usageError } from './usage-error.ts';

export const RESOURCE_FLAGS: readonly FlagSpec[] = [
  { flags: '-t, --topic <topic>', about: 'this topic; * is every topic', repeats: true },
  { flags: '-g, --group <group>', about: 'this consumer group', repeats: true },
  { flags: '--transactional-id <id>', about: 'this transactional id', repeats: true },
  { flags: '--cluster', about: 'the cluster itself' },
  { flags: '--delegation-token <owner>', about: 'delegation tokens of this owner', repeats: true },
  { flags: '--user-principal <user>', about: 'this user, on whose behalf tokens are made', repeats: true },
];

/** Several of one flag, or of several flags, are so many ACLs. */
export interface AclResource {
  readonly resourceType: AclResourceType;
  readonly resourceName: string;
  readonly patternType: AclPatternType;
}

interface Right {
  readonly principal: string;
  readonly permission: AclPermission;
}

const CLUSTER_NAME = 'kafka-cluster';

/** `alice` → `User:alice`; what has a type already stays as it is. */
export function principalText(user: string): string {
  return /^[A-Z][A-Za-z]*:/.test(user) ? user : `User:${user}`;
}

/** An operation in any of the ways it is written: describeConfigs, DescribeConfigs, describe-configs, DESCRIBE_CONFIGS. */
export function operationOf(text: string): AclOperation {
  const plain = (word: string): string => word.replaceAll(/[-_]/g, '').toLowerCase();
  const operation = ACL_OPERATIONS.find((name) => plain(name) === plain(text));
  if (operation !== undefined) return operation;
  const near = nearest(text, ACL_OPERATIONS);
  throw usageError(
    `--operation ${text}: there are ${ACL_OPERATIONS.join(', ')}.${near === undefined ? '' : ` Did you mean ${near}?`}`,
  );
}

/** The resources that the flags name. `--prefixed` is of topics, groups and transactional ids. */
export function resourcesOf(flags: Flags): AclResource[] {
  const patternType = flags.on('prefixed') ? 'prefixed' : 'literal';
  const of = (resourceType: AclResourceType, names: readonly string[]): AclResource[] =>
    names.map((resourceName) => ({ resourceType, resourceName, patternType }));
  return [
    ...of('topic', flags.list('topic')),
    ...of('group', flags.list('group')),
    ...of('transactionalId', flags.list('transactionalId')),
    ...literal(of('cluster', flags.on('cluster') ? [CLUSTER_NAME] : [])),
    ...literal(of('delegationToken', flags.list('delegationToken').map(principalText))),
    ...literal(of('user', flags.list('userPrincipal').map(principalText))),
  ];
}

const literal = (resources: readonly AclResource[]): AclResource[] =>
  resources.map((resource) => ({ ...resource, patternType: 'literal' }));

/** The ACLs that the flags of `add` and `remove` spell out. Throws a usage error where something is missing. */
export function aclsOf(flags: Flags): NewAcl[] {
  const rights = rightsOf(flags);
  if (rights.length === 0) throw usageError('For whom? Say it by --allow-user alice or --deny-user alice.');
  const hosts = flags.list('host').length > 0 ? flags.list('host') : ['*'];
  return pairsOf(flags).flatMap(([resource, operation]) =>
    rights.flatMap((right) => hosts.map((host) => ({ ...resource, ...right, host, operation }))),
  );
}

function rightsOf(flags: Flags): Right[] {
  const of = (permission: AclPermission, users: readonly string[]): Right[] =>
    users.map((user) => ({ principal: principalText(user), permission }));
  return [...of('allow', flags.list('allowUser')), ...of('deny', flags.list('denyUser'))];
}

function pairsOf(flags: Flags): [AclResource, AclOperation][] {
  const resources = resourcesOf(flags);
  const operations = flags.list('operation').map(operationOf);
  const isProducer = flags.on('producer');
  const isConsumer = flags.on('consumer');
  if (isProducer || isConsumer) {
    if (operations.length > 0) throw usageError('--producer and --consumer say the operations themselves.');
    return [...(isProducer ? producerPairs(resources) : []), ...(isConsumer ? consumerPairs(resources) : [])];
  }
  if (resources.length === 0)
    throw usageError('On what? Say it by --topic, --group, --transactional-id or --cluster.');
  if (operations.length === 0)
    throw usageError(
      'What may be done? Say it by --operation read (or write, all …), --producer or --consumer.',
    );
  return resources.flatMap((resource) =>
    operations.map((operation): [AclResource, AclOperation] => [resource, operation]),
  );
}

function producerPairs(resources: readonly AclResource[]): [AclResource, AclOperation][] {
  const topics = resources.filter(({ resourceType }) => resourceType === 'topic');
  const ids = resources.filter(({ resourceType }) => resourceType === 'transactionalId');
  if (topics.length === 0) throw usageError('--producer needs the topics it writes to: --topic orders.');
  return [...times(topics, ['write', 'describe', 'create']), ...times(ids, ['write', 'describe'])];
}

function consumerPairs(resources: readonly AclResource[]): [AclResource, AclOperation][] {
  const topics = resources.filter(({ resourceType }) => resourceType === 'topic');
  const groups = resources.filter(({ resourceType }) => resourceType === 'group');
  if (topics.length === 0 || groups.length === 0)
    throw usageError('--consumer needs the topics it reads and its group: --topic orders --group billing.');
  return [...times(topics, ['read', 'describe']), ...times(groups, ['read'])];
}

const times = (
  resources: readonly AclResource[],
  operations: readonly AclOperation[],
): [AclResource, AclOperation][] =>
  resources.flatMap((resource) =>
    operations.map((operation): [AclResource, AclOperation] => [resource, operation]),
  );

/**
 * What `list` and `remove` look for: one filter for each resource, principal, operation and host that is named; what is
 * not named may be anything.
 */
export function filtersOf(flags: Flags): AclFilter[] {
  const pattern = flags.on('match') ? 'match' : undefined;
  const resources: AclFilter[] = resourcesOf(flags).map(({ patternType, ...resource }) => ({
    ...resource,
    patternType: pattern ?? patternType,
  }));
  const users: AclFilter[] = [
    ...flags.list('user').map((user) => ({ principal: principalText(user) })),
    ...rightsOf(flags),
  ];
  const operations: AclFilter[] = flags.list('operation').map((text) => ({ operation: operationOf(text) }));
  const hosts: AclFilter[] = flags.list('host').map((host) => ({ host }));
  return [resources, users, operations, hosts].reduce<AclFilter[]>(
    (filters, choices) =>
      choices.length === 0
        ? filters
        : filters.flatMap((filter) => choices.map((choice) => ({ ...filter, ...choice }))),
    [{}],
  );
}

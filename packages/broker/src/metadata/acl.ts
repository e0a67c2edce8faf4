// What an ACL is, by the numbers the wire and the metadata log have for its parts, and which ACLs a filter matches
// (org.apache.kafka.common.acl, ResourcePatternFilter and AccessControlEntryFilter). It knows nobody who is judged by it.

/** Kinds of resources that ACLs are about (org.apache.kafka.common.resource.ResourceType). */
export const AclResource = {
  any: 1,
  topic: 2,
  group: 3,
  cluster: 4,
  transactionalId: 5,
  delegationToken: 6,
  user: 7,
} as const;

/** How the name of an ACL's resource is meant (PatternType). */
export const PatternType = { any: 1, match: 2, literal: 3, prefixed: 4 } as const;

/** What is done to a resource (AclOperation). */
export const Operation = {
  any: 1,
  all: 2,
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  clusterAction: 9,
  describeConfigs: 10,
  alterConfigs: 11,
  idempotentWrite: 12,
  createTokens: 13,
  describeTokens: 14,
  twoPhaseCommit: 15,
} as const;

export const Permission = { any: 1, deny: 2, allow: 3 } as const;

/** Matches every resource as the name of a literal pattern, and every host. */
export const WILDCARD = '*';
/** Everybody, whatever the type of the principal. */
export const EVERYBODY = 'User:*';
/** The one name of the one resource of type cluster. */
export const CLUSTER_NAME = 'kafka-cluster';

export interface Acl {
  readonly resourceType: number;
  readonly resourceName: string;
  /** Literal or prefixed. */
  readonly patternType: number;
  /** As `User:alice`. */
  readonly principal: string;
  readonly host: string;
  readonly operation: number;
  /** Deny or allow. */
  readonly permissionType: number;
}

/** Null, and `any`, match everything. */
export interface AclFilter {
  readonly resourceTypeFilter: number;
  readonly resourceNameFilter: string | null;
  /** Any, match (whatever applies to the name), literal or prefixed. */
  readonly patternTypeFilter: number;
  readonly principalFilter: string | null;
  readonly hostFilter: string | null;
  readonly operation: number;
  readonly permissionType: number;
}

/** The same for ACLs that say the same. */
export function aclKey(acl: Acl): string {
  return JSON.stringify([
    acl.resourceType,
    acl.resourceName,
    acl.patternType,
    acl.principal,
    acl.host,
    acl.operation,
    acl.permissionType,
  ]);
}

export function matches(filter: AclFilter, acl: Acl): boolean {
  return (
    isAnyOr(filter.resourceTypeFilter, acl.resourceType) &&
    isAnyOr(filter.operation, acl.operation) &&
    isAnyOr(filter.permissionType, acl.permissionType) &&
    isNullOr(filter.principalFilter, acl.principal) &&
    isNullOr(filter.hostFilter, acl.host) &&
    matchesName(filter, acl)
  );
}

// `any` has the same number in all of them.
const isAnyOr = (wanted: number, is: number): boolean => wanted === AclResource.any || wanted === is;
const isNullOr = (wanted: string | null, is: string): boolean => wanted === null || wanted === is;

function matchesName({ patternTypeFilter, resourceNameFilter }: AclFilter, acl: Acl): boolean {
  const { patternType, resourceName } = acl;
  if (patternTypeFilter !== PatternType.match) {
    return isAnyOr(patternTypeFilter, patternType) && isNullOr(resourceNameFilter, resourceName);
  }
  if (resourceNameFilter === null) return true;
  if (patternType === PatternType.prefixed) return resourceNameFilter.startsWith(resourceName);
  return resourceName === resourceNameFilter || resourceName === WILDCARD;
}

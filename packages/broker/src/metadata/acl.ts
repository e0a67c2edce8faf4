// What an ACL is, by the numbers the wire and the metadata log have for its parts, and which ACLs a filter matches
// (org.apache.kafka.common.acl, ResourcePatternFilter and AccessControlEntryFilter). It knows nobody who is judged by it.

import {
  ACL_ANY,
  ACL_MATCH,
  ACL_OPERATIONS,
  ACL_PATTERNS,
  ACL_PERMISSIONS,
  ACL_RESOURCES,
} from '@klamm/protocol/acl-numbers';

/** Kinds of resources that ACLs are about. */
export const AclResource = { any: ACL_ANY, ...ACL_RESOURCES } as const;

/** How the name of an ACL's resource is meant. */
export const PatternType = { any: ACL_ANY, match: ACL_MATCH, ...ACL_PATTERNS } as const;

/** What is done to a resource. */
export const Operation = { any: ACL_ANY, ...ACL_OPERATIONS } as const;

export const Permission = { any: ACL_ANY, ...ACL_PERMISSIONS } as const;

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

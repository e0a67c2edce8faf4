// The words that the client has for the parts of an ACL, and the numbers they have on the wire (ResourceType,
// PatternType, AclOperation and AclPermissionType of org.apache.kafka.common). Numbers of a broker that is newer than
// this table read as `unknown`; nothing can be asked for by that word.

import {
  ACL_ANY as ANY,
  ACL_MATCH as MATCH,
  ACL_OPERATIONS as OPERATIONS,
  ACL_PATTERNS as PATTERN_TYPES,
  ACL_PERMISSIONS as PERMISSIONS,
  ACL_RESOURCES as RESOURCE_TYPES,
} from '@klamm/protocol/acl-numbers';

/** What an ACL is about. The one resource of type `cluster` is called `kafka-cluster`. */
export type AclResourceType = keyof typeof RESOURCE_TYPES;
/** `literal`: of this name, or of all where the name is `*`. `prefixed`: of all names that begin with it. */
export type AclPatternType = keyof typeof PATTERN_TYPES;
export type AclOperation = keyof typeof OPERATIONS;
export type AclPermission = keyof typeof PERMISSIONS;

export const ACL_RESOURCE_TYPES = Object.keys(RESOURCE_TYPES) as readonly AclResourceType[];
export const ACL_OPERATIONS = Object.keys(OPERATIONS) as readonly AclOperation[];

export const resourceTypeNumber = (type: AclResourceType | undefined): number =>
  type === undefined ? ANY : RESOURCE_TYPES[type];
export const patternTypeNumber = (type: AclPatternType | 'match' | undefined): number =>
  type === undefined ? ANY : type === 'match' ? MATCH : PATTERN_TYPES[type];
export const operationNumber = (operation: AclOperation | undefined): number =>
  operation === undefined ? ANY : OPERATIONS[operation];
export const permissionNumber = (permission: AclPermission | undefined): number =>
  permission === undefined ? ANY : PERMISSIONS[permission];

export const resourceTypeName = nameOf(RESOURCE_TYPES);
export const patternTypeName = nameOf(PATTERN_TYPES);
export const operationName = nameOf(OPERATIONS);
export const permissionName = nameOf(PERMISSIONS);

function nameOf<Name extends string>(
  table: Readonly<Record<Name, number>>,
): (number: number) => Name | 'unknown' {
  const byNumber = new Map(Object.entries<number>(table).map(([name, number]) => [number, name as Name]));
  return (number) => byNumber.get(number) ?? 'unknown';
}

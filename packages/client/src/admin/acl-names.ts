// The words that the client has for the parts of an ACL, and the numbers they have on the wire (ResourceType,
// PatternType, AclOperation and AclPermissionType of org.apache.kafka.common). Numbers of a broker that is newer than
// this table read as `unknown`; nothing can be asked for by that word.

const RESOURCE_TYPES = {
  topic: 2,
  group: 3,
  cluster: 4,
  transactionalId: 5,
  delegationToken: 6,
  user: 7,
} as const;

const PATTERN_TYPES = { literal: 3, prefixed: 4 } as const;

const OPERATIONS = {
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

const PERMISSIONS = { deny: 2, allow: 3 } as const;

/** What an ACL is about. The one resource of type `cluster` is called `kafka-cluster`. */
export type AclResourceType = keyof typeof RESOURCE_TYPES;
/** `literal`: of this name, or of all where the name is `*`. `prefixed`: of all names that begin with it. */
export type AclPatternType = keyof typeof PATTERN_TYPES;
export type AclOperation = keyof typeof OPERATIONS;
export type AclPermission = keyof typeof PERMISSIONS;

export const ACL_RESOURCE_TYPES = Object.keys(RESOURCE_TYPES) as readonly AclResourceType[];
export const ACL_OPERATIONS = Object.keys(OPERATIONS) as readonly AclOperation[];

/** Number of "any", in a filter. */
export const ANY = 1;
/** Number of the pattern type that matches whatever applies to a name. */
const MATCH = 2;

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

// The parts of an ACL by the numbers that the wire and the metadata log have for them (ResourceType, PatternType,
// AclOperation and AclPermissionType of org.apache.kafka.common). In a filter, 1 is any.

export const ACL_RESOURCES = {
  topic: 2,
  group: 3,
  cluster: 4,
  transactionalId: 5,
  delegationToken: 6,
  user: 7,
} as const;

export const ACL_PATTERNS = { literal: 3, prefixed: 4 } as const;

export const ACL_OPERATIONS = {
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

export const ACL_PERMISSIONS = { deny: 2, allow: 3 } as const;

/** Number of "any", in a filter. */
export const ACL_ANY = 1;
/** Number of the pattern, in a filter, that matches whatever applies to a name. */
export const ACL_MATCH = 2;

// Decisions on ACLs: what is refused and why, or which records make it so. Rules of AclControlManager and AclApis.

import { randomUuid } from '@klamm/base/random';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { AccessControlEntryRecord, RemoveAccessControlEntryRecord } from '@klamm/protocol/stored/metadata';
import { encodeMetadata } from '@klamm/protocol/stored/metadata-frame';
import {
  type Acl,
  type AclFilter,
  AclResource,
  aclKey,
  CLUSTER_NAME,
  matches,
  Operation,
  PatternType,
  Permission,
} from './acl.ts';
import type { AclImage } from './acl-image.ts';
import type { Refused } from './topic-changes.ts';

/** ACLs that one request may add or remove; Kafka's own bound for a batch of metadata records. */
const CHANGES_MAX = 10_000;

const refuse = (errorMessage: string, errorCode: number = ErrorCode.INVALID_REQUEST): Refused => ({
  errorCode,
  errorMessage,
});

const TOO_MANY = refuse(
  `A request may change ${CHANGES_MAX} ACLs at the most; ask for less at a time.`,
  ErrorCode.POLICY_VIOLATION,
);

/** Why an ACL cannot be; null where it can. */
export function aclProblem(acl: Acl): Refused | null {
  const { resourceType, resourceName, patternType, principal, operation, permissionType } = acl;
  if (!isWithin(resourceType, AclResource.topic, AclResource.user))
    return refuse(`An ACL cannot be about a resource of type ${resourceType}; 2 (topic) to 7 (user) exist.`);
  if (patternType !== PatternType.literal && patternType !== PatternType.prefixed)
    return refuse(`An ACL cannot have pattern type ${patternType}; 3 (literal) and 4 (prefixed) exist.`);
  if (!isWithin(operation, Operation.all, Operation.twoPhaseCommit))
    return refuse(`An ACL cannot be about operation ${operation}; 2 (all) to 15 (two-phase commit) exist.`);
  if (permissionType !== Permission.deny && permissionType !== Permission.allow)
    return refuse(`An ACL cannot have permission ${permissionType}; 2 (deny) and 3 (allow) exist.`);
  if (resourceName === '') return refuse('The resource of an ACL needs a name.');
  if (resourceType === AclResource.cluster && resourceName !== CLUSTER_NAME)
    return refuse(`The only resource of type cluster is "${CLUSTER_NAME}".`);
  if (!principal.includes(':'))
    return refuse('The principal of an ACL is written as type:name, as in User:alice.');
  return null;
}

/** The records that add what is new, and the outcome of each ACL. */
export function createAclRecords(
  image: AclImage,
  wanted: readonly Acl[],
): { records: Buffer[]; results: (Refused | null)[] } {
  if (wanted.length > CHANGES_MAX) return { records: [], results: wanted.map(() => TOO_MANY) };
  const records: Buffer[] = [];
  const seen = new Set<string>();
  const results = wanted.map((acl) => {
    const problem = aclProblem(acl);
    if (problem !== null || image.has(acl)) return problem;
    const key = aclKey(acl);
    if (!seen.has(key)) records.push(encodeMetadata(AccessControlEntryRecord, { id: randomUuid(), ...acl }));
    seen.add(key);
    return null;
  });
  return { records, results };
}

/** Why a filter cannot be; null where it can. */
export function filterProblem(filter: AclFilter): Refused | null {
  const isKnown =
    isWithin(filter.resourceTypeFilter, AclResource.any, AclResource.user) &&
    isWithin(filter.patternTypeFilter, PatternType.any, PatternType.prefixed) &&
    isWithin(filter.operation, Operation.any, Operation.twoPhaseCommit) &&
    isWithin(filter.permissionType, Permission.any, Permission.allow);
  return isKnown ? null : refuse('The filter names a type, an operation or a permission that is not known.');
}

/** ACLs that a filter matches, by kind and name of their resource. */
export function matchingAcls(image: AclImage, filter: AclFilter): Acl[] {
  return found(image, filter).map(([, acl]) => acl);
}

/** The records that remove what the filters match, and what each of them matched. */
export function deleteAclRecords(
  image: AclImage,
  filters: readonly AclFilter[],
): { records: Buffer[]; results: (Refused | readonly Acl[])[] } {
  if (filters.length > CHANGES_MAX) return { records: [], results: filters.map(() => TOO_MANY) };
  const ids = new Set<string>();
  const results = filters.map((filter) => {
    const problem = filterProblem(filter);
    if (problem !== null) return problem;
    const matched = found(image, filter);
    for (const [id] of matched) ids.add(id);
    return matched.map(([, acl]) => acl);
  });
  if (ids.size > CHANGES_MAX) return { records: [], results: filters.map(() => TOO_MANY) };
  return {
    records: Array.from(ids, (id) => encodeMetadata(RemoveAccessControlEntryRecord, { id })),
    results,
  };
}

function found(image: AclImage, filter: AclFilter): [id: string, acl: Acl][] {
  return [...image.entries()]
    .filter(([, acl]) => matches(filter, acl))
    .sort(
      ([, a], [, b]) =>
        a.resourceType - b.resourceType ||
        compare(a.resourceName, b.resourceName) ||
        a.patternType - b.patternType ||
        compare(a.principal, b.principal) ||
        compare(a.host, b.host) ||
        a.operation - b.operation ||
        a.permissionType - b.permissionType,
    );
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const isWithin = (value: number, first: number, last: number): boolean => value >= first && value <= last;

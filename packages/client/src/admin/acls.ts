// ACLs: who may do what to which resource (KIP-11, KIP-290). A call that names several does what it can for each, and
// throws the first refusal when all are decided. SECURITY_DISABLED is thrown where the broker has no authorizer.

import { DescribeAcls } from '@klamm/protocol/api/29-describe-acls';
import { CreateAcls } from '@klamm/protocol/api/30-create-acls';
import { DeleteAcls } from '@klamm/protocol/api/31-delete-acls';
import type { Cluster } from '../cluster.ts';
import {
  type AclOperation,
  type AclPatternType,
  type AclPermission,
  type AclResourceType,
  operationName,
  operationNumber,
  patternTypeName,
  patternTypeNumber,
  permissionName,
  permissionNumber,
  resourceTypeName,
  resourceTypeNumber,
} from './acl-names.ts';
import { throwFirst } from './topics.ts';

export interface NewAcl {
  readonly resourceType: AclResourceType;
  /** `*` is every name; of the cluster it is `kafka-cluster`. */
  readonly resourceName: string;
  /** Default `literal`. */
  readonly patternType?: AclPatternType;
  /** `User:alice`; `User:*` is everybody. */
  readonly principal: string;
  /** An address; default `*`, every host. */
  readonly host?: string;
  readonly operation: AclOperation;
  /** Default `allow`. */
  readonly permission?: AclPermission;
}

/** `unknown` stands for what a newer broker has that this client has no word for. */
export interface Acl {
  readonly resourceType: AclResourceType | 'unknown';
  readonly resourceName: string;
  readonly patternType: AclPatternType | 'unknown';
  readonly principal: string;
  readonly host: string;
  readonly operation: AclOperation | 'unknown';
  readonly permission: AclPermission | 'unknown';
}

/** What is left out matches everything. */
export interface AclFilter {
  readonly resourceType?: AclResourceType;
  readonly resourceName?: string;
  /** `match`: whatever applies to a resource of that name, prefixes and `*` included. */
  readonly patternType?: AclPatternType | 'match';
  readonly principal?: string;
  readonly host?: string;
  readonly operation?: AclOperation;
  readonly permission?: AclPermission;
}

export async function createAcls(cluster: Cluster, acls: readonly NewAcl[]): Promise<void> {
  if (acls.length === 0) return;
  const { results } = await cluster.request(CreateAcls, {
    creations: acls.map((acl) => ({
      resourceType: resourceTypeNumber(acl.resourceType),
      resourceName: acl.resourceName,
      resourcePatternType: patternTypeNumber(acl.patternType ?? 'literal'),
      principal: acl.principal,
      host: acl.host ?? '*',
      operation: operationNumber(acl.operation),
      permissionType: permissionNumber(acl.permission ?? 'allow'),
    })),
  });
  throwFirst(
    results.map(({ errorCode, errorMessage }, i) => ({
      what: `The ACL ${aclText(acls[i])} was not created`,
      errorCode,
      errorMessage,
    })),
  );
}

export async function describeAcls(cluster: Cluster, filter: AclFilter): Promise<Acl[]> {
  const { errorCode, errorMessage, resources } = await cluster.request(DescribeAcls, wire(filter));
  throwFirst([{ what: 'The ACLs cannot be read', errorCode, errorMessage }]);
  return resources.flatMap(({ acls, ...resource }) => acls.map((acl) => named({ ...resource, ...acl })));
}

/** Resolves with the ACLs that were deleted. */
export async function deleteAcls(cluster: Cluster, filters: readonly AclFilter[]): Promise<Acl[]> {
  if (filters.length === 0) return [];
  const { filterResults } = await cluster.request(DeleteAcls, { filters: filters.map(wire) });
  throwFirst(
    filterResults.flatMap(({ errorCode, errorMessage, matchingAcls }) => [
      { what: 'The ACLs were not deleted', errorCode, errorMessage },
      ...matchingAcls.map((acl) => ({
        what: `The ACL ${aclText(named(acl))} was not deleted`,
        errorCode: acl.errorCode,
        errorMessage: acl.errorMessage,
      })),
    ]),
  );
  return filterResults.flatMap(({ matchingAcls }) => matchingAcls.map(named));
}

function wire(filter: AclFilter) {
  return {
    resourceTypeFilter: resourceTypeNumber(filter.resourceType),
    resourceNameFilter: filter.resourceName ?? null,
    patternTypeFilter: patternTypeNumber(filter.patternType),
    principalFilter: filter.principal ?? null,
    hostFilter: filter.host ?? null,
    operation: operationNumber(filter.operation),
    permissionType: permissionNumber(filter.permission),
  };
}

function named(acl: {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly patternType: number;
  readonly principal: string;
  readonly host: string;
  readonly operation: number;
  readonly permissionType: number;
}): Acl {
  return {
    resourceType: resourceTypeName(acl.resourceType),
    resourceName: acl.resourceName,
    patternType: patternTypeName(acl.patternType),
    principal: acl.principal,
    host: acl.host,
    operation: operationName(acl.operation),
    permission: permissionName(acl.permissionType),
  };
}

function aclText(acl: NewAcl | Acl | undefined): string {
  if (acl === undefined) return '';
  const { permission = 'allow', principal, operation, resourceType, resourceName } = acl;
  return `"${permission} ${principal} ${operation} ${resourceType} ${resourceName}"`;
}

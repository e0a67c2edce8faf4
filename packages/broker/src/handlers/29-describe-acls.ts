// DescribeAcls v1 to v3 (KIP-140). Behavior: the ACLs that a filter matches, by resource. Version notes: v1 has prefixed
// names (KIP-290), v3 the resource type user (KIP-373).

import { DescribeAcls } from '@klamm/protocol/api/29-describe-acls';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { defineHandler } from '../dispatch/handler.ts';
import { type Acl, Operation } from '../metadata/acl.ts';
import { filterProblem, matchingAcls } from '../metadata/acl-changes.ts';
import { NO_AUTHORIZER } from './acl-requests.ts';

export const describeAcls = defineHandler(DescribeAcls, {
  clusterOperation: Operation.describe,

  handle({ broker }, request) {
    if (broker.authorizer === undefined) return { ...NO_AUTHORIZER, resources: [] };
    const problem = filterProblem(request);
    if (problem !== null) return { ...problem, resources: [] };
    const resources = byResource(matchingAcls(broker.catalog.image.acls, request));
    return { errorCode: ErrorCode.NONE, errorMessage: null, resources };
  },
  onError: (_request, errorCode, errorMessage) => ({ errorCode, errorMessage, resources: [] }),
});

/** `acls` by kind and name of their resource. */
function byResource(acls: readonly Acl[]) {
  const resources: (Pick<Acl, 'resourceType' | 'resourceName' | 'patternType'> & { acls: Acl[] })[] = [];
  for (const acl of acls) {
    const last = resources.at(-1);
    const { resourceType, resourceName, patternType } = acl;
    const isSame =
      last?.resourceName === resourceName &&
      last.resourceType === resourceType &&
      last.patternType === patternType;
    if (last !== undefined && isSame) last.acls.push(acl);
    else resources.push({ resourceType, resourceName, patternType, acls: [acl] });
  }
  return resources;
}

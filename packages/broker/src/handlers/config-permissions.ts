// Who may describe or alter settings: those of a topic or a group who may do so to it, all others who may to the cluster.

import { ErrorCode, errorMeaning } from '@klamm/protocol/error-codes';
import { authorized } from '../dispatch/authorized.ts';
import type { RequestContext } from '../dispatch/context.ts';
import { AclResource, CLUSTER_NAME } from '../metadata/acl.ts';

/** Kinds of resources with settings (ConfigResource.Type): broker, broker logger, client metrics. */
const OF_CLUSTER: ReadonlySet<number> = new Set([4, 8, 16]);
const REFUSALS: Readonly<Record<number, number>> = {
  [AclResource.topic]: ErrorCode.TOPIC_AUTHORIZATION_FAILED,
  [AclResource.group]: ErrorCode.GROUP_AUTHORIZATION_FAILED,
};
const TOPIC = 2;
const GROUP = 32;

/**
 * Why a client may not describe or alter the settings of a resource; null where it may, or where there are no settings
 * of such a kind.
 */
export function configRefusal(
  context: RequestContext,
  operation: number,
  { resourceType, resourceName }: { readonly resourceType: number; readonly resourceName: string },
): { readonly errorCode: number; readonly errorMessage: string } | null {
  const [type, name] = aclResourceOf(resourceType, resourceName);
  if (type === undefined || authorized(context, operation, type, name)) return null;
  const errorCode = REFUSALS[type] ?? ErrorCode.CLUSTER_AUTHORIZATION_FAILED;
  return { errorCode, errorMessage: errorMeaning(errorCode) };
}

function aclResourceOf(resourceType: number, resourceName: string): [type: number | undefined, name: string] {
  if (OF_CLUSTER.has(resourceType)) return [AclResource.cluster, CLUSTER_NAME];
  if (resourceType === TOPIC) return [AclResource.topic, resourceName];
  return [resourceType === GROUP ? AclResource.group : undefined, resourceName];
}

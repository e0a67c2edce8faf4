// Whether whoever asks may do what a request wants: what handlers call, whichever resource it is about. Where the broker
// has no authorizer everything is allowed, at the cost of looking whether there is one.
//
// What must not be known by those who may not see a resource is the handler's to leave out: docs/authorization.md says,
// for each API, what is checked and what a refusal answers.

import { AclResource, CLUSTER_NAME } from '../metadata/acl.ts';
import type { RequestContext } from './context.ts';

/** Whether the client may do this (`Operation`) to a resource (`AclResource`); if not, the log is told. */
export function authorized(
  { broker, connection, apiName }: RequestContext,
  operation: number,
  resourceType: number,
  resourceName: string,
): boolean {
  const { authorizer } = broker;
  return (
    authorizer === undefined || authorizer.allows(connection, operation, resourceType, resourceName, apiName)
  );
}

export function authorizedOnCluster(context: RequestContext, operation: number): boolean {
  return authorized(context, operation, AclResource.cluster, CLUSTER_NAME);
}

/** As `authorized` where nobody asked for the resource: it is only left out, and the log is not told. */
export function sees(
  { broker, connection }: RequestContext,
  operation: number,
  resourceType: number,
  resourceName: string,
): boolean {
  const { authorizer } = broker;
  return (
    authorizer === undefined ||
    authorizer.allows(connection, operation, resourceType, resourceName, undefined)
  );
}

/** Whether it is allowed on some resource of a kind, whichever that is (KIP-679). */
export function authorizedOnSome(
  { broker, connection, apiName }: RequestContext,
  operation: number,
  resourceType: number,
): boolean {
  return broker.authorizer?.allowsSome(connection, operation, resourceType, apiName) ?? true;
}

// Whether whoever asks may do what a request wants: what handlers call, whichever resource it is about. Where the broker
// has no authorizer everything is allowed, at the cost of looking whether there is one.
//
// What must not be known by those who may not see a resource is the handler's to leave out: docs/authorization.md says,
// for each API, what is checked and what a refusal answers.

import { AclResource, CLUSTER_NAME, type Operation } from '../metadata/acl.ts';
import type { RequestContext } from './context.ts';

/** A number of `Operation`. */
type AnyOperation = (typeof Operation)[keyof typeof Operation];

/** Whether the client may do this; if not, the log is told. */
export function authorized(
  { broker, connection, apiName }: RequestContext,
  operation: number,
  resourceType: number,
  resourceName: string,
): boolean {
  const { authorizer } = broker;
  return authorizer?.allows(connection, operation, resourceType, resourceName, apiName) ?? true;
}

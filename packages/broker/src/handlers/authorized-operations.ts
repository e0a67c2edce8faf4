// The operations a client may do on a resource, as one bit each, by the numbers of AclOperation (KIP-430). Without an
// authorizer these are all that the resource knows (AclEntry.supportedOperations).

import { authorizedOnCluster, sees } from '../dispatch/authorized.ts';
import type { RequestContext } from '../dispatch/context.ts';
import { AclResource, CLUSTER_NAME, Operation } from '../metadata/acl.ts';

const { read, write, create, alter, describe, clusterAction } = Operation;
const { describeConfigs, alterConfigs, idempotentWrite } = Operation;

const TOPIC = [read, write, create, Operation.delete, alter, describe, describeConfigs, alterConfigs];
const GROUP = [read, Operation.delete, describe, describeConfigs, alterConfigs];
const CLUSTER = [create, alter, describe, clusterAction, describeConfigs, alterConfigs, idempotentWrite];

export function topicOperations(context: RequestContext, topic: string): number {
  return bits(context, TOPIC, AclResource.topic, topic);
}

export function groupOperations(context: RequestContext, groupId: string): number {
  return bits(context, GROUP, AclResource.group, groupId);
}

/** None where the client may not describe the cluster. */
export function clusterOperations(context: RequestContext): number {
  return authorizedOnCluster(context, describe)
    ? bits(context, CLUSTER, AclResource.cluster, CLUSTER_NAME)
    : 0;
}

function bits(context: RequestContext, operations: readonly number[], type: number, name: string): number {
  return operations.reduce(
    (sum, operation) => (sees(context, operation, type, name) ? sum | (1 << operation) : sum),
    0,
  );
}

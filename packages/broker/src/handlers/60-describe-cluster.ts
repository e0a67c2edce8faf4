// DescribeCluster v0 to v2. Behavior: the cluster's id and its one node (KIP-700). Version notes: v1 can ask for
// controllers (KIP-919); the node answers for both.

import { DescribeCluster } from '@klamm/protocol/api/60-describe-cluster';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { defineHandler } from '../dispatch/handler.ts';
import { clusterOperations } from './authorized-operations.ts';

export const describeCluster = defineHandler(DescribeCluster, {
  handle(context, request) {
    const { broker, connection } = context;
    const { host, port } = broker.endpointFor(connection.listenerName);
    const { clusterId, nodeId } = broker.catalog;
    return {
      errorCode: ErrorCode.NONE,
      endpointType: request.endpointType,
      clusterId,
      controllerId: nodeId,
      brokers: [{ brokerId: nodeId, host, port, rack: broker.settings.optional('broker.rack') ?? null }],
      ...(request.includeClusterAuthorizedOperations
        ? { clusterAuthorizedOperations: clusterOperations(context) }
        : {}),
    };
  },
  onError: (_request, errorCode, errorMessage) => ({ errorCode, errorMessage }),
});

// WriteTxnMarkers v1 and v2. Behavior: brokers send it to each other, and administrators to abort a transaction that
// hangs (KIP-664); each partition is marked by itself. Version notes: v2 says whether a marker must raise the epoch.

import { WriteTxnMarkers } from '@klamm/protocol/api/27-write-txn-markers';
import { ErrorCode } from '@klamm/protocol/error-codes';
import type { Decoded } from '@klamm/protocol/schema/fields';
import { EPOCH_PER_TRANSACTION } from '../coordinators/transactions/transaction.ts';
import { authorizedOnCluster, sees } from '../dispatch/authorized.ts';
import { defineHandler } from '../dispatch/handler.ts';
import { AclResource, CLUSTER_NAME, Operation } from '../metadata/acl.ts';

export const writeTxnMarkers = defineHandler(WriteTxnMarkers, {
  async handle(context, request) {
    const { broker } = context;
    const isAdmin = sees(context, Operation.alter, AclResource.cluster, CLUSTER_NAME);
    if (!isAdmin && !authorizedOnCluster(context, Operation.clusterAction))
      return refused(request, ErrorCode.CLUSTER_AUTHORIZATION_FAILED);
    const markers = request.markers.map(async (each) => {
      const { producerId, producerEpoch, coordinatorEpoch } = each;
      const marker = {
        producerId,
        producerEpoch,
        coordinatorEpoch,
        committed: each.transactionResult,
        epochPerTransaction: each.transactionVersion >= EPOCH_PER_TRANSACTION,
      };
      const topics = each.topics.map(async ({ name, partitionIndexes }) => ({
        name,
        partitions: await Promise.all(
          partitionIndexes.map(async (partitionIndex) => ({
            partitionIndex,
            errorCode: await broker.writeMarker({ topic: name, partition: partitionIndex }, marker),
          })),
        ),
      }));
      return { producerId, topics: await Promise.all(topics) };
    });
    return { markers: await Promise.all(markers) };
  },
  onError: refused,
});

function refused({ markers }: Decoded<(typeof WriteTxnMarkers)['request']['fields']>, errorCode: number) {
  return {
    markers: markers.map(({ producerId, topics }) => ({
      producerId,
      topics: topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, errorCode })),
      })),
    })),
  };
}

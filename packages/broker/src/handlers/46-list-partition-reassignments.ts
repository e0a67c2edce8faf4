// ListPartitionReassignments v0. Behavior: one node has nowhere to move a partition to, so that none is moving (KIP-455).

import { ListPartitionReassignments } from '@klamm/protocol/api/46-list-partition-reassignments';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { defineHandler } from '../dispatch/handler.ts';
import { Operation } from '../metadata/acl.ts';

export const listPartitionReassignments = defineHandler(ListPartitionReassignments, {
  clusterOperation: Operation.describe,
  handle: () => ({ errorCode: ErrorCode.NONE, errorMessage: null, topics: [] }),
  onError: (_request, errorCode, errorMessage) => ({ errorCode, errorMessage, topics: [] }),
});

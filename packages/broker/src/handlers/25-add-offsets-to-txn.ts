// AddOffsetsToTxn v0 to v4. Behavior: the partition of `__consumer_offsets` that keeps the group becomes part of the
// transaction. Version notes: none but the error of a fenced producer.

import { AddOffsetsToTxn } from '@klamm/protocol/api/25-add-offsets-to-txn';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { OFFSETS_TOPIC } from '../coordinators/group-coordinator.ts';
import { authorized } from '../dispatch/authorized.ts';
import { defineHandler } from '../dispatch/handler.ts';
import { AclResource, Operation } from '../metadata/acl.ts';
import { fencedBefore } from './transaction-errors.ts';

export const addOffsetsToTxn = defineHandler(AddOffsetsToTxn, {
  async handle(context, { groupId, ...owner }) {
    const { broker, apiVersion } = context;
    if (!authorized(context, Operation.write, AclResource.transactionalId, owner.transactionalId))
      return { errorCode: ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED };
    if (!authorized(context, Operation.read, AclResource.group, groupId))
      return { errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED };
    if (owner.transactionalId === '') return { errorCode: ErrorCode.INVALID_REQUEST };
    const unprepared = await broker.groups.prepare();
    if (unprepared !== ErrorCode.NONE) return { errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE };
    const place = { topic: OFFSETS_TOPIC, partition: broker.groups.partitionFor(groupId) };
    const errorCode = await broker.transactions.addPartitions(owner, [place]);
    return { errorCode: fencedBefore(apiVersion, errorCode) };
  },
  onError: (_request, errorCode) => ({ errorCode }),
});

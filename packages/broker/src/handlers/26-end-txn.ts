// EndTxn v0 to v5. Behavior: the end is decided once and for all when it is durable; the answer waits until its markers
// are written, so that whoever it reaches reads what was committed (Apache Kafka answers when it is decided).
// Version notes: from v5 on every end gives the producer its next epoch (KIP-890).

import { EndTxn } from '@klamm/protocol/api/26-end-txn';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { EPOCH_PER_TRANSACTION } from '../coordinators/transactions/transaction.ts';
import { authorized } from '../dispatch/authorized.ts';
import { defineHandler } from '../dispatch/handler.ts';
import { AclResource, Operation } from '../metadata/acl.ts';
import { fencedBefore } from './transaction-errors.ts';

const EPOCHS_SINCE = 5;

export const endTxn = defineHandler(EndTxn, {
  async handle(context, request) {
    const { broker, apiVersion } = context;
    if (!authorized(context, Operation.write, AclResource.transactionalId, request.transactionalId))
      return { errorCode: ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED };
    if (request.transactionalId === '') return { errorCode: ErrorCode.INVALID_REQUEST };
    const clientVersion = apiVersion >= EPOCHS_SINCE ? EPOCH_PER_TRANSACTION : 0;
    const ended = await broker.transactions.end({ ...request, clientVersion });
    return { ...ended, errorCode: fencedBefore(apiVersion, ended.errorCode) };
  },
  onError: (_request, errorCode) => ({ errorCode }),
});

// ListTransactions v0 to v2. Behavior: the transactional ids that pass every filter (KIP-664). Version notes: v1 filters
// by how long a transaction has been open (KIP-994), v2 by an RE2 pattern, which must match the whole id (KIP-1152).

import { ListTransactions } from '@klamm/protocol/api/66-list-transactions';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { compilePattern } from '../coordinators/consumer/topic-patterns.ts';
import { STATE_NAMES, type Transaction } from '../coordinators/transactions/transaction.ts';
import { sees } from '../dispatch/authorized.ts';
import { defineHandler } from '../dispatch/handler.ts';
import { AclResource, Operation } from '../metadata/acl.ts';

export const listTransactions = defineHandler(ListTransactions, {
  async handle(context, request) {
    const { broker } = context;
    const { stateFilters, producerIdFilters, durationFilter, transactionalIdPattern } = request;
    const pattern = transactionalIdPattern ? compilePattern(transactionalIdPattern) : undefined;
    if (typeof pattern === 'object') return { errorCode: ErrorCode.INVALID_REGULAR_EXPRESSION };
    const now = broker.clock.now();
    const isWanted = (each: Transaction): boolean =>
      (stateFilters.length === 0 || stateFilters.includes(STATE_NAMES[each.state] ?? '')) &&
      (producerIdFilters.length === 0 || producerIdFilters.includes(each.producerId)) &&
      (durationFilter < 0 || now - each.startTimestamp > durationFilter) &&
      (pattern === undefined || pattern(each.transactionalId)) &&
      sees(context, Operation.describe, AclResource.transactionalId, each.transactionalId);
    const shards = await broker.transactions.shards();
    // A transaction that is left out would be taken for one that hangs.
    if (shards === undefined) return { errorCode: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS };
    return {
      unknownStateFilters: stateFilters.filter((name) => !STATE_NAMES.includes(name)),
      transactionStates: shards.flatMap((shard) =>
        [...shard.all()].filter(isWanted).map(({ transactionalId, producerId, state }) => ({
          transactionalId,
          producerId,
          transactionState: STATE_NAMES[state] ?? '',
        })),
      ),
    };
  },
  onError: (_request, errorCode) => ({ errorCode }),
});

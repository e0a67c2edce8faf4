// DescribeTransactions v0. Behavior: where each transactional id stands, as its coordinator has it (KIP-664).

import { DescribeTransactions } from '@klamm/protocol/api/65-describe-transactions';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { STATE_NAMES } from '../coordinators/transactions/transaction.ts';
import { authorized } from '../dispatch/authorized.ts';
import type { RequestContext } from '../dispatch/context.ts';
import { defineHandler } from '../dispatch/handler.ts';
import { AclResource, Operation } from '../metadata/acl.ts';

export const describeTransactions = defineHandler(DescribeTransactions, {
  async handle(context, { transactionalIds }) {
    return { transactionStates: await Promise.all(transactionalIds.map((id) => describe(context, id))) };
  },
  onError: ({ transactionalIds }, errorCode) => ({
    transactionStates: transactionalIds.map((transactionalId) => ({ transactionalId, errorCode })),
  }),
});

async function describe(context: RequestContext, transactionalId: string) {
  const { transactions } = context.broker;
  if (!authorized(context, Operation.describe, AclResource.transactionalId, transactionalId))
    return { transactionalId, errorCode: ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED };
  if (transactionalId === '') return { transactionalId, errorCode: ErrorCode.INVALID_REQUEST };
  const shard = await transactions.shardOf(transactionalId);
  if (typeof shard === 'number') return { transactionalId, errorCode: shard };
  const found = shard?.get(transactionalId);
  if (found === undefined) return { transactionalId, errorCode: ErrorCode.TRANSACTIONAL_ID_NOT_FOUND };
  return {
    transactionalId,
    transactionState: STATE_NAMES[found.state] ?? '',
    transactionTimeoutMs: found.timeoutMs,
    transactionStartTimeMs: found.startTimestamp,
    producerId: found.producerId,
    producerEpoch: found.producerEpoch,
    topics: Array.from(found.partitions, ([topic, partitions]) => ({
      topic,
      partitions: [...partitions],
    })).filter(({ topic }) => authorized(context, Operation.describe, AclResource.topic, topic)),
  };
}

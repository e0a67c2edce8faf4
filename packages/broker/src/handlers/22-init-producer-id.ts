// InitProducerId v0 to v6. Behavior: gives an idempotent producer an id that no other ever had, also where it names one
// of its own: that could be of another cluster. A transactional id is given its producer by the coordinator, which
// ends first what an earlier one left open. Version notes: below v4 a fenced producer is told INVALID_PRODUCER_EPOCH
// (KIP-588); v6 is answered, and not advertised: its two-phase commit is not offered (KIP-939), as in Apache
// Kafka where it is not enabled.

import { InitProducerId } from '@klamm/protocol/api/22-init-producer-id';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { authorized, authorizedOnSome, sees } from '../dispatch/authorized.ts';
import type { RequestContext } from '../dispatch/context.ts';
import { defineHandler } from '../dispatch/handler.ts';
import { AclResource, CLUSTER_NAME, Operation } from '../metadata/acl.ts';

const FENCED_SINCE = 4;

export const initProducerId = defineHandler(InitProducerId, {
  advertised: [0, 5],
  async handle(context, request) {
    const { broker, apiVersion } = context;
    const { transactionalId, transactionTimeoutMs, producerId, producerEpoch, enable2Pc, keepPreparedTxn } =
      request;
    const refusal = refusalOf(context, transactionalId);
    if (refusal !== ErrorCode.NONE) return refused(refusal);
    const hasProducer = producerId >= 0 && producerEpoch >= 0;
    if (transactionalId === '' || producerId >= 0 !== producerEpoch >= 0)
      return refused(ErrorCode.INVALID_REQUEST);
    if (transactionalId === null) {
      await broker.producerIds.ready();
      const newId = broker.producerIds.next();
      if (newId === undefined) return refused(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
      return { producerId: newId, producerEpoch: 0 };
    }
    if (keepPreparedTxn) return refused(ErrorCode.UNSUPPORTED_VERSION);
    if (enable2Pc) return refused(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
    const expected = hasProducer ? { producerId, producerEpoch } : undefined;
    const given = await broker.transactions.init({
      transactionalId,
      timeoutMs: transactionTimeoutMs,
      expected,
    });
    const isOldFenced = given.errorCode === ErrorCode.PRODUCER_FENCED && apiVersion < FENCED_SINCE;
    return isOldFenced ? { ...given, errorCode: ErrorCode.INVALID_PRODUCER_EPOCH } : given;
  },
  onError: (_request, errorCode) => refused(errorCode),
});

/** An idempotent producer must be allowed to write to the cluster at large, or to some topic (KIP-679). */
function refusalOf(context: RequestContext, transactionalId: string | null): number {
  if (transactionalId !== null) {
    return authorized(context, Operation.write, AclResource.transactionalId, transactionalId)
      ? ErrorCode.NONE
      : ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
  }
  return sees(context, Operation.idempotentWrite, AclResource.cluster, CLUSTER_NAME) ||
    authorizedOnSome(context, Operation.write, AclResource.topic)
    ? ErrorCode.NONE
    : ErrorCode.CLUSTER_AUTHORIZATION_FAILED;
}

function refused(errorCode: number) {
  return { errorCode, producerId: -1, producerEpoch: -1 };
}

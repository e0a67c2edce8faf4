// FindCoordinator v0 to v6. Behavior: this node coordinates everything there is; the topic that keeps the state of
// groups, or of transactions, is created when somebody first asks for their coordinator, of those they may describe.
// Version notes: v4 asks for many keys at once (KIP-699).

import { FindCoordinator } from '@klamm/protocol/api/10-find-coordinator';
import { ErrorCode, errorMeaning } from '@klamm/protocol/error-codes';
import { authorized, authorizedOnCluster } from '../dispatch/authorized.ts';
import type { RequestContext } from '../dispatch/context.ts';
import { defineHandler } from '../dispatch/handler.ts';
import { AclResource, Operation } from '../metadata/acl.ts';

const GROUP = 0;
const TRANSACTION = 1;
const SHARE = 2;
const KEY_TYPE_MAX = 2;
const MANY_SINCE = 4;

export const findCoordinator = defineHandler(FindCoordinator, {
  async handle(context, request) {
    const { broker, connection, apiVersion } = context;
    const { keyType } = request;
    const keys = apiVersion >= MANY_SINCE ? request.coordinatorKeys : [request.key];
    const answer = (placeOf: (key: string) => Place) =>
      apiVersion >= MANY_SINCE
        ? { coordinators: keys.map((key) => ({ key, ...placeOf(key) })) }
        : placeOf(request.key);
    if (keyType < 0 || keyType > KEY_TYPE_MAX) {
      const errorMessage = `Coordinator type ${keyType} is unknown; 0 (group), 1 (transaction) and 2 (share) exist.`;
      return answer(() => refused(ErrorCode.INVALID_REQUEST, errorMessage));
    }
    const refusals = new Map(keys.map((key) => [key, refusalOf(context, keyType, key)]));
    const isAnyAllowed = [...refusals.values()].includes(ErrorCode.NONE);
    if (isAnyAllowed && (keyType === GROUP || keyType === TRANSACTION)) {
      const { groups, transactions } = broker;
      const errorCode = await (keyType === GROUP ? groups : transactions).prepare();
      if (errorCode !== ErrorCode.NONE) {
        const errorMessage = 'The topic of the coordinator could not be created; see the log of the broker.';
        return answer(() => refused(ErrorCode.COORDINATOR_NOT_AVAILABLE, errorMessage));
      }
    }
    const { host, port } = broker.endpointFor(connection.listenerName);
    const { nodeId } = broker.catalog;
    const found = { errorCode: ErrorCode.NONE, errorMessage: null, nodeId, host, port };
    return answer((key) => {
      const errorCode = refusals.get(key) ?? ErrorCode.NONE;
      return errorCode === ErrorCode.NONE ? found : refused(errorCode, errorMeaning(errorCode));
    });
  },
  onError: (request, errorCode, errorMessage) => ({
    ...refused(errorCode, errorMessage),
    coordinators: request.coordinatorKeys.map((key) => ({ key, ...refused(errorCode, errorMessage) })),
  }),
});

interface Place {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}

function refused(errorCode: number, errorMessage: string): Place {
  return { errorCode, errorMessage, nodeId: -1, host: '', port: -1 };
}

/** Who may describe a group or a transactional id may know where it is; state of share groups is the brokers' own. */
function refusalOf(context: RequestContext, keyType: number, key: string): number {
  if (keyType === SHARE) {
    const isBroker = authorizedOnCluster(context, Operation.clusterAction);
    return isBroker ? ErrorCode.NONE : ErrorCode.CLUSTER_AUTHORIZATION_FAILED;
  }
  const isGroup = keyType === GROUP;
  const resourceType = isGroup ? AclResource.group : AclResource.transactionalId;
  if (authorized(context, Operation.describe, resourceType, key)) return ErrorCode.NONE;
  return isGroup ? ErrorCode.GROUP_AUTHORIZATION_FAILED : ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
}

// FindCoordinator v0 to v6. Behavior: this node coordinates everything there is; the topic that keeps the state of
// groups, or of transactions, is created when somebody first asks for their coordinator. Version notes: v4 asks for many keys at once
// (KIP-699).

import { FindCoordinator } from '@klamm/protocol/api/10-find-coordinator';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { defineHandler } from '../dispatch/handler.ts';

const GROUP = 0;
const TRANSACTION = 1;
const KEY_TYPE_MAX = 2;

export const findCoordinator = defineHandler(FindCoordinator, {
  async handle({ broker, connection, apiVersion }, request) {
    const { host, port } = broker.endpointFor(connection.listenerName);
    const { nodeId } = broker.catalog;
    if (request.keyType < 0 || request.keyType > KEY_TYPE_MAX) {
      const errorMessage = `Coordinator type ${request.keyType} is unknown; 0 (group), 1 (transaction) and 2 (share) exist.`;
      const refused = { errorCode: ErrorCode.INVALID_REQUEST, errorMessage, nodeId: -1, host: '', port: -1 };
      return { ...refused, coordinators: request.coordinatorKeys.map((key) => ({ key, ...refused })) };
    }
    if (request.keyType === GROUP || request.keyType === TRANSACTION) {
      const { groups, transactions } = broker;
      const errorCode = await (request.keyType === GROUP ? groups : transactions).prepare();
      if (errorCode !== ErrorCode.NONE) {
        const errorMessage = 'The topic of the coordinator could not be created; see the log of the broker.';
        const unavailable = {
          errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE,
          errorMessage,
          nodeId: -1,
          host: '',
          port: -1,
        };
        return {
          ...unavailable,
          coordinators: request.coordinatorKeys.map((key) => ({ key, ...unavailable })),
        };
      }
    }
    const found = { errorCode: ErrorCode.NONE, errorMessage: null, nodeId, host, port };
    return apiVersion >= 4
      ? { coordinators: request.coordinatorKeys.map((key) => ({ key, ...found })) }
      : found;
  },
  onError: (request, errorCode, errorMessage) => ({
    errorCode,
    errorMessage,
    nodeId: -1,
    host: '',
    port: -1,
    coordinators: request.coordinatorKeys.map((key) => ({
      key,
      errorCode,
      errorMessage,
      nodeId: -1,
      host: '',
      port: -1,
    })),
  }),
});

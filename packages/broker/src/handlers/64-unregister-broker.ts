// UnregisterBroker v0. Behavior: forgets a broker that was once of this cluster, as a directory from Apache Kafka may tell
// of (KIP-631). This node itself stays: Apache Kafka would take its registration away while it goes on serving.

import { UnregisterBroker } from '@klamm/protocol/api/64-unregister-broker';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { UnregisterBrokerRecord } from '@klamm/protocol/stored/metadata';
import { encodeMetadata } from '@klamm/protocol/stored/metadata-frame';
import { defineHandler } from '../dispatch/handler.ts';
import { Operation } from '../metadata/acl.ts';

export const unregisterBroker = defineHandler(UnregisterBroker, {
  clusterOperation: Operation.alter,
  handle({ broker: { catalog } }, { brokerId }) {
    return catalog.change<object>(({ brokerEpochs }) => {
      if (brokerId === catalog.nodeId) {
        const errorMessage = `Broker ${brokerId} is the one that answers; stop it rather.`;
        return { records: [], result: { errorCode: ErrorCode.INVALID_REQUEST, errorMessage } };
      }
      const brokerEpoch = brokerEpochs.get(brokerId);
      if (brokerEpoch === undefined) {
        const errorMessage = `No broker ${brokerId} is registered.`;
        return { records: [], result: { errorCode: ErrorCode.BROKER_ID_NOT_REGISTERED, errorMessage } };
      }
      const records = [encodeMetadata(UnregisterBrokerRecord, { brokerId, brokerEpoch })];
      return { records, result: { errorCode: ErrorCode.NONE, errorMessage: '' } };
    });
  },
  onError: (_request, errorCode, errorMessage) => ({ errorCode, errorMessage }),
});

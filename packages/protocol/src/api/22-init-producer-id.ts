// InitProducerId.

import { boolean, int16, int32, int64, nullable, since, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const InitProducerId = api({
  key: 22,
  name: 'InitProducerId',
  versions: [0, 6],
  flexibleFrom: 2,
  request: {
    transactionalId: nullable(string()),
    transactionTimeoutMs: int32(),
    producerId: since(3, int64(-1)),
    producerEpoch: since(3, int16(-1)),
    enable2Pc: since(6, boolean()),
    keepPreparedTxn: since(6, boolean()),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    producerId: int64(-1),
    producerEpoch: int16(),
    ongoingTxnProducerId: since(6, int64(-1)),
    ongoingTxnProducerEpoch: since(6, int16(-1)),
  },
});
